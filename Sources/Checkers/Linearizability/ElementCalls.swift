/// The operations on one element of a set by what they say; all lists in the order of the invocations.
struct ElementCalls {
    /// The only operation that may have put it there.
    private(set) var add: Int32?
    /// The only operation that may have taken it away.
    private(set) var remove: Int32?
    /// What found it there and changed nothing.
    private(set) var present: [Int32] = []
    /// What did not find it and changed nothing.
    private(set) var absent: [Int32] = []
    /// The remove, if it says that it took the element away.
    private(set) var certainRemove: Int32?
    /// The remove, if it was acknowledged and does not say whether it changed anything.
    private(set) var acknowledgedRemove: [Int32] = []
    /// False if more than one operation may have put the element there, or taken it away.
    private(set) var isUnambiguous = true

    /// The operations by element.
    static func all(_ operations: ObjectOperations) -> [ElementCalls] {
        var elements: [ElementCalls] = []
        var number = [Int32](repeating: -1, count: operations.valueCount)
        for position in Int32(0)..<Int32(operations.count) {
            let element = operations.argument[position]
            if number[element] < 0 {
                number[element] = Int32(elements.count)
                elements.append(ElementCalls())
            }
            elements[Int(number[element])].take(position, operations)
        }
        return elements
    }

    private mutating func take(_ position: Int32, _ operations: ObjectOperations) {
        let isYes = operations.result[position] == 1
        let isNo = operations.result[position] == 0
        switch operations.function[position] {
        case .add where !isNo:
            if add != nil { isUnambiguous = false }
            add = position
        case .remove where !isNo:
            if remove != nil { isUnambiguous = false }
            remove = position
            if isYes { certainRemove = position }
            if !isYes, operations.ret[position] != .max { acknowledgedRemove = [position] }
        // An add that changed nothing found the element.
        case .add: present.append(position)
        case .contains where isYes: present.append(position)
        default: absent.append(position)
        }
    }
}
