import HistoryModel

/// Where the versions of a key have their order from.
enum VersionEvidence: UInt8, CaseIterable {
    /// One session writes the key with ascending numbers: the numbers are the order.
    case numbers
    /// The system gave every version a number of its own.
    case system
    /// Every read shows the whole list.
    case positions
    /// Nothing but what the history proves: sessions' order, and who read whose write.
    case happensBefore
    /// A set, or a list whose reads do not fit together: there is no order, but each read shows all elements.
    case elements
    /// Nothing of it can be judged, or nobody touched it.
    case none
}

/// The order of the versions of keys where it is known, as ranks.
struct VersionRanks {
    /// By key.
    private(set) var evidence: [VersionEvidence]
    /// By version: greater is later. Comparable within a key, where the evidence is `numbers`, `system` or `positions`;
    /// `unknown` for versions that were neither read nor acknowledged.
    private(set) var rank: [Int64]
    /// By key: the row of the longest read of a list, -1 for none.
    private(set) var longest: [Int32]
    /// By version that only a read told the rank of: the row of that read.
    private(set) var teller: [Int32: Int32] = [:]
    /// Keys whose versions, as the system gave them, contradict themselves.
    private(set) var contradictory = 0

    static let unknown = Int64.min
    static let initial = Int64.min + 1

    /// With `allowed`, only keys that are named there with some evidence can have it.
    init(_ table: AccessTable, _ history: History, allowed: [String?: VersionEvidence]? = nil) {
        let kinds = table.keys.kind
        evidence = kinds.indices.map { key in
            if table.keys.problem[key] != nil { return .none }
            return kinds[key] == .register ? .happensBefore : kinds[key] == .other ? .none : .elements
        }
        rank = Array(repeating: Self.unknown, count: table.versionCount)
        longest = Array(repeating: -1, count: kinds.count)
        for key in 0..<table.keys.count { rank[key] = Self.initial }
        let evidence = table.keys.names.map { allowed?[$0] }
        rankNumbers(table, history, evidence.map { $0 ?? .numbers == .numbers })
        rankSystem(table, history, evidence.map { $0 ?? .system == .system })
        rankPositions(table, evidence.map { $0 ?? .positions == .positions })
    }

    /// By key name, for parts of the history.
    func evidence(_ keys: KeyTable) -> [String?: VersionEvidence] {
        Dictionary(uniqueKeysWithValues: zip(keys.names, evidence))
    }

    func isRanked(_ key: Int) -> Bool { [.numbers, .system, .positions].contains(evidence[key]) }

    /// Which of two written versions of a key is older; `nil` if one of them has no rank.
    func isOlder(_ first: Int32, than second: Int32) -> Bool? {
        let (first, second) = (rank[Int(first)], rank[Int(second)])
        guard first != Self.unknown, second != Self.unknown else { return nil }
        return first < second
    }

    /// The rows of the reads that told the ranks of two versions, where their own writes did not.
    func tellers(_ first: Int32, _ second: Int32) -> [Int] {
        [first, second].compactMap { teller[$0].map(Int.init) }
    }

    // Numbers.

    private mutating func rankNumbers(_ table: AccessTable, _ history: History, _ isAllowed: [Bool]) {
        let keyCount = table.keys.count
        var session = [Int32](repeating: -1, count: keyCount)
        var last = [Int64](repeating: Self.initial, count: keyCount)
        var isCounter = (0..<keyCount).map { evidence[$0] == .happensBefore && isAllowed[$0] }
        let values = history.values
        for version in keyCount..<table.versionCount {
            let key = Int(table.versionKey[version])
            guard isCounter[key] else { continue }
            let owner = table.owner[Int(table.writer[version])]
            guard session[key] < 0 || session[key] == owner, let number = values.int(table.value[version]),
                number > last[key]
            else {
                isCounter[key] = false
                continue
            }
            session[key] = owner
            last[key] = number
        }
        for key in 0..<keyCount where isCounter[key] { evidence[key] = .numbers }
        for version in keyCount..<table.versionCount where isCounter[Int(table.versionKey[version])] {
            rank[version] = values.int(table.value[version]) ?? Self.unknown
        }
    }

    // What the system says.

    private mutating func rankSystem(_ table: AccessTable, _ history: History, _ isAllowed: [Bool]) {
        let isWanted = evidence.indices.map { evidence[$0] == .happensBefore && isAllowed[$0] }
        guard isWanted.contains(true), let positions = GivenVersions(table, history, isWanted) else { return }
        contradictory = positions.contradictory
        teller = positions.teller
        for key in 0..<table.keys.count where positions.isComplete[key] { evidence[key] = .system }
        for version in table.keys.count..<table.versionCount
        where positions.isComplete[Int(table.versionKey[version])] {
            rank[version] = positions.rank[version]
        }
    }

    // Places in lists.

    /// Where each read is the beginning of the longest one, an element's place is its rank.
    private mutating func rankPositions(_ table: AccessTable, _ isAllowed: [Bool]) {
        guard table.keys.kind.contains(.list) else { return }
        let whole = longestReads(table)
        var isOrdered = evidence.indices.map {
            evidence[$0] == .elements && table.keys.kind[$0] == .list && isAllowed[$0]
        }
        for access in table.kind.indices where table.kind[access] == .readAll && isOrdered[Int(table.key[access])] {
            let key = Int(table.key[access])
            guard table.list[access] != whole[key] else { continue }
            let list = table.list(access)
            isOrdered[key] = list.elementsEqual(table.list(at: whole[key]).prefix(list.count))
        }
        for key in isOrdered.indices where isOrdered[key] && rankList(table.list(at: whole[key]), table) {
            evidence[key] = .positions
        }
        // What no read shows comes after all that any shows.
        for version in table.keys.count..<table.versionCount {
            let key = Int(table.versionKey[version])
            if evidence[key] == .positions, rank[version] == Self.unknown { rank[version] = Int64.max }
        }
    }

    /// By key: where the longest read of a list has its elements.
    private mutating func longestReads(_ table: AccessTable) -> [Int32] {
        var whole = [Int32](repeating: 0, count: table.keys.count)
        for row in 0..<table.count {
            for access in table.accesses(row) where table.kind[access] == .readAll {
                let key = Int(table.key[access])
                guard table.keys.kind[key] == .list, table.list(access).count > table.list(at: whole[key]).count
                else {
                    continue
                }
                whole[key] = table.list[access]
                longest[key] = Int32(row)
            }
        }
        return whole
    }

    /// False if an element is there twice, or was appended twice.
    private mutating func rankList(_ list: ArraySlice<Int32>, _ table: AccessTable) -> Bool {
        for (place, version) in list.enumerated() where Int(version) < table.versionCount {
            guard !table.isRepeated[Int(version)], rank[Int(version)] == Self.unknown else { return false }
            rank[Int(version)] = Int64(place + 1)
        }
        return true
    }
}
