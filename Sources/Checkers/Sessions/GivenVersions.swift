import HistoryModel

/// The versions that the system gave to what was written, in the metadata of its answers.
///
/// An answer may carry `version`, `mod_revision` or `revision`: of the key, in answers to reads and writes. `lsn` counts in
/// answers to writes alone, because a read's is that of its node. A timeline `tli` goes before the number: after a failover
/// numbers are given anew.
struct GivenVersions {
    /// By key: whether all versions that matter have a number, and no two the same.
    private(set) var isComplete: [Bool]
    /// By version.
    private(set) var rank: [Int64]
    /// By version whose number is not from its own write: the row of the read that told it.
    private(set) var teller: [Int32: Int32] = [:]
    /// Keys whose numbers contradict themselves.
    private(set) var contradictory = 0

    /// What an answer says.
    private struct Given {
        var number: Int64
        var timeline: Int64
    }

    private let table: AccessTable
    private let history: History
    private let names: [ValueRef]
    private let positionName: ValueRef?
    private let timelineName: ValueRef?
    private var timeline: [Int64]
    private var isContradictory: [Bool]

    /// For the wanted keys; `nil` if no answer carries a version.
    init?(_ table: AccessTable, _ history: History, _ isWanted: [Bool]) {
        let values = history.values
        names = ["version", "mod_revision", "revision"].compactMap { values.ref(of: .string($0)) }
        positionName = values.ref(of: "lsn")
        timelineName = values.ref(of: "tli")
        guard !names.isEmpty || positionName != nil else { return nil }
        self.table = table
        self.history = history
        isComplete = isWanted
        isContradictory = Array(repeating: false, count: isComplete.count)
        rank = Array(repeating: VersionRanks.unknown, count: table.versionCount)
        timeline = Array(repeating: 0, count: table.versionCount)
        let rows = table.rowsByOperation()
        noteWrites(rows)
        noteReads(rows)
        findGaps()
        rankTimelines()
        findDuplicates()
        for key in isComplete.indices where isContradictory[key] { isComplete[key] = false }
        contradictory = isContradictory.count { $0 }
        guard isComplete.contains(true) || contradictory > 0 else { return nil }
    }

    /// What an answer says; a read's is not asked for a position.
    private func given(_ row: Int, isWrite: Bool) -> Given? {
        let meta = history.metas(Int(table.operation[row])).completion
        guard meta.isObject else { return nil }
        var number: Int64?
        for name in names where number == nil { number = self.number(name, meta) }
        if number == nil, isWrite, let positionName { number = self.number(positionName, meta) }
        guard let number else { return nil }
        return Given(number: number, timeline: timelineName.flatMap { self.number($0, meta) } ?? 0)
    }

    private func number(_ name: ValueRef, _ meta: ValueRef) -> Int64? {
        history.values.member(named: name, of: meta).flatMap { history.values.int($0) }
    }

    private mutating func noteWrites(_ rows: [Int32]) {
        for row in rows where table.isOK(Int(row)) {
            let accesses = table.accesses(Int(row))
            guard accesses.contains(where: { table.kind[$0] == .write && isComplete[Int(table.key[$0])] }) else {
                continue
            }
            guard let given = given(Int(row), isWrite: true) else { continue }
            for access in accesses where table.kind[access] == .write {
                rank[Int(table.version[access])] = given.number
                timeline[Int(table.version[access])] = given.timeline
            }
        }
    }

    /// What reads say must agree; it also names what no acknowledgement did, as long as there is one timeline.
    private mutating func noteReads(_ rows: [Int32]) {
        let written = table.keys.count..<table.versionCount
        var known = written.first { rank[$0] != VersionRanks.unknown }.map { timeline[$0] }
        let isSingle = written.allSatisfy { rank[$0] == VersionRanks.unknown || timeline[$0] == known }
        for row in rows where table.isOK(Int(row)) && table.accesses(Int(row)).count == 1 {
            let access = Int(table.first[Int(row)])
            let version = Int(table.version[access])
            guard table.kind[access] == .read, version >= table.keys.count, isComplete[Int(table.key[access])],
                let given = given(Int(row), isWrite: false)
            else { continue }
            if rank[version] != VersionRanks.unknown {
                if rank[version] != given.number { isContradictory[Int(table.key[access])] = true }
            } else if isSingle, known == nil || given.timeline == known {
                known = given.timeline
                rank[version] = given.number
                timeline[version] = given.timeline
                teller[Int32(version)] = row
            }
        }
    }

    /// Keys of which some version was seen or acknowledged that has no number.
    private mutating func findGaps() {
        for row in 0..<table.count {
            for access in table.accesses(row)
            where table.kind[access] == .read || table.kind[access] == .write && table.isOK(row) {
                let version = Int(table.version[access])
                guard version >= table.keys.count, rank[version] == VersionRanks.unknown else { continue }
                isComplete[Int(table.key[access])] = false
            }
        }
    }

    /// With several timelines ranks are places in the order of timelines and numbers.
    private mutating func rankTimelines() {
        let known = (table.keys.count..<table.versionCount).filter { rank[$0] != VersionRanks.unknown }
        guard let first = known.first, known.contains(where: { timeline[$0] != timeline[first] }) else { return }
        let order = known.sorted { (timeline[$0], rank[$0], $0) < (timeline[$1], rank[$1], $1) }
        var place: Int64 = 0
        var previous: (Int64, Int64)?
        for version in order {
            let position = (timeline[version], rank[version])
            if let previous, previous != position { place += 1 }
            previous = position
            rank[version] = place
        }
    }

    private mutating func findDuplicates() {
        var numbers: [[Int64]] = Array(repeating: [], count: table.keys.count)
        for version in table.keys.count..<table.versionCount where rank[version] != VersionRanks.unknown {
            let key = Int(table.versionKey[version])
            if isComplete[key] { numbers[key].append(rank[version]) }
        }
        for key in numbers.indices where numbers[key].count > 1 {
            let sorted = numbers[key].sorted()
            if zip(sorted, sorted.dropFirst()).contains(where: { $0 == $1 }) { isContradictory[key] = true }
        }
    }
}
