/// A list that is appended to, replaced by writes and read as a whole, seen as a register: every prefix of what a read shows
/// is a version, and the append of its last element is a cas on the version before it.
///
/// Exact where every element is appended or written at most once, because then a read tells all the versions that led to it:
/// its first element says which write replaced the list, if any, and the longest read of each such base has all the others
/// as prefixes. An append that nobody saw changed the list after the last read of some base: a version of its own.
struct ListVersions {
    let operations: ObjectOperations
    /// By number: the position of the operation that appended or wrote it, -1 for none.
    private(set) var writer: [Int32]
    /// By number of a base (the element with which a write began the list, 0 for the list that was there at first): the
    /// position of the longest read, -1 for none.
    private(set) var longest: [Int32]
    /// By number: the base of the list in which it was seen, -1 for none.
    private(set) var base: [Int32]
    /// By number: its place in that list, from 1.
    private(set) var place: [Int32]
    private(set) var violations: [ListViolation] = []

    init(_ operations: ObjectOperations) {
        self.operations = operations
        let none = [Int32](repeating: -1, count: operations.valueCount)
        (writer, longest, base, place) = (none, none, none, none)
        for (position, function) in operations.function.enumerated() where function != .read {
            writer[operations.argument[position]] = Int32(position)
        }
        findLongest()
        placeElements()
        comparePrefixes()
    }

    private var reads: [Int32] {
        operations.function.indices.filter { operations.function[$0] == .read }.map(Int32.init)
    }

    private func elements(_ position: Int32) -> ArraySlice<Int32> { operations.elements[Int(position)] }

    /// With what the list of a read began: the element of a write, or 0.
    private func base(_ read: Int32) -> Int32 {
        guard let first = elements(read).first, writer[first] >= 0 else { return 0 }
        return operations.function[writer[first]] == .write ? first : 0
    }

    private mutating func findLongest() {
        for read in reads {
            let base = base(read)
            if longest[base] < 0 || elements(read).count > elements(longest[base]).count { longest[base] = read }
        }
    }

    /// Gives each element its only place.
    private mutating func placeElements() {
        for start in longest.indices where longest[start] >= 0 {
            let read = longest[start]
            for (index, element) in elements(read).enumerated() {
                if let flaw = flaw(element, index, read) {
                    violations.append(flaw)
                    break
                }
                base[element] = Int32(start)
                place[element] = Int32(index + 1)
            }
        }
    }

    private func flaw(_ element: Int32, _ index: Int, _ read: Int32) -> ListViolation? {
        guard writer[element] >= 0 else { return .phantom(read) }
        if index > 0, operations.function[writer[element]] == .write { return .unreplaced(read, writer[element]) }
        guard base[element] >= 0 else { return nil }
        let other = longest[base[element]]
        return other == read ? .repeated(read) : .disagreement(other, read)
    }

    private mutating func comparePrefixes() {
        for read in reads where violations.count < ObjectVerdict.mostViolations {
            let other = longest[base(read)]
            guard other != read, !elements(other).starts(with: elements(read)) else { continue }
            violations.append(own(read) ?? .disagreement(other, read))
        }
    }

    /// What is wrong with a read by itself.
    private func own(_ read: Int32) -> ListViolation? {
        var seen: Set<Int32> = []
        for (index, element) in elements(read).enumerated() {
            guard writer[element] >= 0 else { return .phantom(read) }
            guard seen.insert(element).inserted else { return .repeated(read) }
            if index > 0, operations.function[writer[element]] == .write {
                return .unreplaced(read, writer[element])
            }
        }
        return nil
    }
}

/// Why reads of a list cannot all be right, by positions.
enum ListViolation {
    /// Nobody appended one of the elements.
    case phantom(Int32)
    /// An element is there twice.
    case repeated(Int32)
    /// An element is in front of what a write replaced the whole list with.
    case unreplaced(Int32, Int32)
    /// Neither of two reads of the same list is a prefix of the other, or an element is in two lists.
    case disagreement(Int32, Int32)
}

extension ListVersions {
    /// The operations as those of a register of versions, at the same positions; only where there is no violation.
    func register() -> ObjectOperations {
        var register = operations
        var first = [Int32](repeating: -1, count: operations.valueCount)
        // Version 0 is the empty list.
        var count: Int32 = 1
        for start in longest.indices where longest[start] >= 0 {
            first[start] = start == 0 ? 0 : count - 1
            count += Int32(elements(longest[start]).count)
        }
        /// The version in which an element is the last.
        func version(_ element: Int32) -> Int32 { first[base[element]] + place[element] }
        for (position, function) in operations.function.enumerated() {
            if function == .read {
                register.result[position] = elements(Int32(position)).last.map(version) ?? 0
                continue
            }
            let element = operations.argument[position]
            let isSeen = base[element] >= 0
            register.argument[position] = isSeen ? version(element) : count
            if !isSeen { count += 1 }
            let isLink = isSeen && function == .append
            register.function[position] = isLink ? .cas : .write
            register.expected[position] = isLink ? version(element) - 1 : -1
        }
        register.elements = Lists()
        register.valueCount = Int(count)
        return register
    }
}
