/// The values of a history, each scalar once: what a `ValueRef` stands for.
public struct ValueStore: Sendable {
    /// All lists, one after the other: a length (as bits), then so many elements. `range(ofList:)` says where.
    public internal(set) var lists: [ValueRef] = []
    /// All objects: how many members, then name and value of each.
    var objects: [ValueRef] = []
    var strings = InternTable()
    var numbers = NumberTable()

    init() {}

    /// Where the elements of a list stand in `lists`; empty for what is no list.
    @inlinable
    public func range(ofList ref: ValueRef) -> Range<Int> {
        guard ref.isList else { return 0..<0 }
        let first = Int(ref.bits) + 1
        return first..<first + Int(lists[first - 1].bits)
    }

    /// The elements of a list, `nil` for what is none.
    @inlinable
    public func elements(_ ref: ValueRef) -> ArraySlice<ValueRef>? {
        ref.isList ? lists[range(ofList: ref)] : nil
    }

    /// The whole number, if it is one that fits 64 bits.
    @inlinable
    public func int(_ ref: ValueRef) -> Int64? {
        if let small = ref.smallInt { return Int64(small) }
        return wideInt(ref)
    }

    @usableFromInline
    func wideInt(_ ref: ValueRef) -> Int64? { ref.numberPlace.flatMap { numbers[$0].int } }

    /// The text, if it is one.
    public func string(_ ref: ValueRef) -> String? { ref.isString ? strings[ref.stringNumber] : nil }

    /// How a key is named that is a text or a whole number; `nil` for what names no key.
    public func keyName(_ ref: ValueRef) -> String? {
        ref.isScalar && !ref.isNull ? value(ref).keyName : nil
    }

    /// True for a text or a whole number.
    public func isKeyName(_ ref: ValueRef) -> Bool {
        ref.isString || ref.smallInt != nil || keyName(ref) != nil
    }

    /// The truth value, if it is one.
    public func bool(_ ref: ValueRef) -> Bool? { ref == .true ? true : ref == .false ? false : nil }

    /// The value of a name, if this is an object that has it.
    public func member(_ name: String, of ref: ValueRef) -> ValueRef? {
        guard ref.isObject, let name = self.ref(of: .string(name)) else { return nil }
        return members(ref).first { $0.name == name }?.value
    }

    /// The value of a name given by reference, if this is an object that has it; quicker than by text.
    public func member(named name: ValueRef, of ref: ValueRef) -> ValueRef? {
        guard ref.isObject else { return nil }
        let place = ref.objectPlace
        for member in 0..<Int(objects[place].bits) where objects[place + 1 + 2 * member] == name {
            return objects[place + 2 + 2 * member]
        }
        return nil
    }

    /// Names and values of an object in the order in which they were written; none for what is no object.
    public func members(_ ref: ValueRef) -> [(name: ValueRef, value: ValueRef)] {
        guard ref.isObject else { return [] }
        let place = ref.objectPlace
        return (0..<Int(objects[place].bits)).map { (objects[place + 1 + 2 * $0], objects[place + 2 + 2 * $0]) }
    }

    /// The reference of a scalar, if the history has it anywhere; `nil` for lists and objects.
    public func ref(of value: Value) -> ValueRef? {
        switch value {
        case .null: .null
        case .bool(let bool): bool ? .true : .false
        case .int(let int):
            ValueRef(smallInt: int)
                ?? numbers.find(UInt64(bitPattern: int), .int).map(ValueRef.init(number:))
        case .double(let double): numbers.find(Self.bits(double), .double).map(ValueRef.init(number:))
        case .digits(let digits): numbers.find(digits: digits).map(ValueRef.init(number:))
        case .string(let string): strings.find(string).map(ValueRef.init(string:))
        case .list, .object: nil
        }
    }

    /// The value in full.
    public func value(_ ref: ValueRef) -> Value {
        if let small = ref.smallInt { return .int(Int64(small)) }
        if ref.isList { return .list(lists[range(ofList: ref)].map(value)) }
        if ref.isString { return .string(strings[ref.stringNumber]) }
        if ref.isObject {
            return .object(members(ref).map { Value.Member(string($0.name) ?? "", value($0.value)) })
        }
        if let place = ref.numberPlace { return numbers[place] }
        return ref.isNull ? .null : .bool(ref == .true)
    }

    /// True if both stand for the same value; objects are the same if their members are, in the same order.
    public func areEqual(_ left: ValueRef, _ right: ValueRef) -> Bool {
        if left == right { return true }
        if left.isList, right.isList {
            let (left, right) = (range(ofList: left), range(ofList: right))
            return left.count == right.count
                && zip(left, right).allSatisfy { areEqual(lists[$0], lists[$1]) }
        }
        guard left.isObject, right.isObject else { return false }
        let (mine, others) = (members(left), members(right))
        return mine.count == others.count
            && zip(mine, others).allSatisfy { $0.name == $1.name && areEqual($0.value, $1.value) }
    }

    /// Zero has two spellings that are equal.
    static func bits(_ double: Double) -> UInt64 { double == 0 ? 0 : double.bitPattern }
}
