/// The order of a list's elements: the longest read gives it, because a list contains its own history (Kingsbury and
/// Alvaro: "Elle", PVLDB 14(3), 2020).
///
/// What a transaction sees of its own appends lies on top of what others left, and is no version yet: only what is below
/// counts, which is the *outer* part of a read.
struct ListOrders {
    private let table: TransactionTable
    /// By micro-operation: how many elements the outer part of a read has.
    private(set) var outer: [Int32]
    /// By key: the read whose outer part is longest; -1: none.
    private(set) var longest: [Int32]
    /// By version: its place in the longest read, from 1; 0: not in it.
    private(set) var place: [Int32]
    /// Reads that do not agree with the longest one: they belong to no order of versions.
    private(set) var isIncompatible: [Bool]
    /// By key: whether it has incompatible reads.
    private(set) var isContradicted: [Bool]
    /// By key: why its versions cannot be told apart.
    private(set) var problems: [String?]
    private(set) var findings: [Finding] = []

    init(_ table: TransactionTable) {
        self.table = table
        outer = table.listCount
        longest = [Int32](repeating: -1, count: table.keyCount)
        place = [Int32](repeating: 0, count: table.versionCount)
        isIncompatible = [Bool](repeating: false, count: table.kind.count)
        isContradicted = [Bool](repeating: false, count: table.keyCount)
        problems = table.keyProblem
        var own = NumbersByKey(table.keyCount)
        for transaction in 0..<table.count { strip(transaction, &own) }
        for micro in table.kind.indices where isRead(micro) {
            let key = Int(table.key[micro])
            if longest[key] < 0 || outer[Int(longest[key])] < outer[micro] { longest[key] = Int32(micro) }
        }
        for key in longest.indices where longest[key] >= 0 { number(key) }
        for micro in table.kind.indices where isRead(micro) { compare(micro) }
    }

    /// Whether it is a read of a list whose answer counts.
    func isRead(_ micro: Int) -> Bool {
        let key = Int(table.key[micro])
        return table.kind[micro] == .read && table.isKnown[micro] && table.isList[key] && table.value[micro] < 0
            && problems[key] == nil
    }

    /// The version at a place of a key's order, from 0.
    func version(_ key: Int, at place: Int) -> Int {
        Int(table.elements[Int(table.listFirst[Int(longest[key])]) + place])
    }

    /// How many versions of a key are in the order.
    func count(_ key: Int) -> Int {
        longest[key] < 0 ? 0 : Int(outer[Int(longest[key])])
    }

    /// The elements of the outer part of a read.
    private func elements(_ micro: Int) -> ArraySlice<Int32> {
        let start = Int(table.listFirst[micro])
        return table.elements[start..<start + Int(outer[micro])]
    }

    /// Finds the outer parts of a transaction's reads: what it has appended itself has to lie on top, in order.
    private mutating func strip(_ transaction: Int, _ own: inout NumbersByKey) {
        own.begin()
        let micros = table.micros(transaction)
        for micro in micros {
            let key = Int(table.key[micro])
            if table.kind[micro] == .append {
                own[key] = micro
            } else if let last = own[key], isRead(micro) {
                var count = Int(outer[micro])
                let first = Int(table.listFirst[micro])
                let appended = micros.clamped(to: micros.lowerBound..<last + 1).reversed().filter {
                    table.kind[$0] == .append && table.key[$0] == table.key[micro]
                }
                var missing: Int?
                for write in appended {
                    guard count > 0, table.elements[first + count - 1] == table.value[write] else {
                        missing = write
                        break
                    }
                    count -= 1
                }
                outer[micro] = Int32(count)
                if let missing { report(.internalRead, micro, Int(table.value[missing])) }
            }
        }
    }

    private mutating func number(_ key: Int) {
        let micro = Int(longest[key])
        let known = elements(micro)
        if known.contains(where: { table.isRepeated[Int($0)] }) {
            problems[key] = "an element that was read was appended more than once"
            return
        }
        for position in known.indices {
            let version = Int(known[position])
            guard place[version] == 0 else {
                report(.duplicateElements, micro, version)
                continue
            }
            place[version] = Int32(position - known.startIndex + 1)
            check(version, micro, next: position + 1 < known.endIndex ? Int(known[position + 1]) : -1)
        }
    }

    /// Notes an element that should not be there at all.
    private mutating func check(_ version: Int, _ micro: Int, next: Int) {
        let writer = table.writer(version)
        guard writer < 0 || table.status[writer] == .fail else { return }
        let known = writer < 0 ? [] : [Finding.Step(Int32(writer), .seenWrite)]
        report(writer < 0 ? .phantomRead : .abortedRead, micro, version, known)
        guard writer >= 0, next >= 0, table.writer(next) >= 0, table.status[table.writer(next)] != .fail else {
            return
        }
        report(.dirtyUpdate, micro, version, known + [Finding.Step(Int32(table.writer(next)), .expectedWrite)])
    }

    private mutating func report(_ kind: Anomaly.Kind, _ micro: Int, _ version: Int, _ steps: [Finding.Step] = []) {
        let last = Finding.Step(table.owner[micro], .violatingRead)
        findings.append(Finding(kind, key: table.key[micro], version: Int32(version), steps + [last]))
    }

    /// Compares a read with the longest one of its key.
    private mutating func compare(_ micro: Int) {
        let key = Int(table.key[micro])
        let (own, known) = (elements(micro), elements(Int(longest[key])))
        // Reads that agreed when the table was made share their elements.
        guard own.startIndex != known.startIndex, !own.elementsEqual(known.prefix(own.count)) else { return }
        if own.contains(where: { table.isRepeated[Int($0)] }) {
            problems[key] = "an element that was read was appended more than once"
            return
        }
        isIncompatible[micro] = true
        isContradicted[key] = true
        report(.incompatibleOrder, micro, -1, [Finding.Step(table.owner[Int(longest[key])], .earlierRead)])
        var seen: Set<Int> = []
        for element in own {
            let version = Int(element)
            if !seen.insert(version).inserted { report(.duplicateElements, micro, version) }
            if place[version] == 0 { check(version, micro, next: -1) }
        }
    }
}

/// A number by key for one transaction at a time, empty again without being cleared.
struct NumbersByKey {
    private var stamps: [Int32]
    private var values: [Int32]
    private var current: Int32 = 0

    init(_ keys: Int) {
        stamps = [Int32](repeating: 0, count: keys)
        values = stamps
    }

    mutating func begin() { current += 1 }

    subscript(key: Int) -> Int? {
        get { stamps[key] == current ? Int(values[key]) : nil }
        set {
            guard let newValue else { return }
            stamps[key] = current
            values[key] = Int32(newValue)
        }
    }
}
