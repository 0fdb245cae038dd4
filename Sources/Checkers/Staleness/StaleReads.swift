/// How far each read is behind what was known before it began: in versions, and since when. Both are lower bounds that were
/// observed.
///
/// A read of a register is behind by the versions that come after the one it saw and that are known to have taken effect
/// before it began; this needs a known order of versions. A read of a set or list is behind by the elements that it misses.
struct StaleReads {
    /// One read of one key.
    struct Reading {
        var access: Int32
        var row: Int32
        /// How many versions or elements it missed.
        var count: Int
        /// The version that shows that it missed something, -1 if it missed nothing.
        var missed: Int32
        /// The row that showed this version.
        var teller: Int32
    }

    let table: AccessTable
    let known: KnownVersions
    /// In the order of keys, those of a key in the order of rows.
    private(set) var readings: [Reading] = []
    /// Reads that began after something of their key was known.
    private(set) var opportunities = 0
    /// By key: its reads cannot be judged, because nobody knows the order of its versions.
    private(set) var isUnordered: [Bool]
    /// By key: some reads do not tell which write they saw.
    private(set) var isUnclear: [Bool]
    /// By key: the order is the real-time order of its writes, which somebody claims.
    private(set) var isAssumed: [Bool]
    private let ranks: VersionRanks

    init(_ table: AccessTable, _ ranks: VersionRanks, _ options: CheckOptions) {
        self.table = table
        self.ranks = ranks
        known = KnownVersions(table)
        let keyCount = table.keys.count
        isUnordered = Array(repeating: false, count: keyCount)
        isUnclear = isUnordered
        isAssumed = isUnordered
        var reads: [[(access: Int32, row: Int32)]] = Array(repeating: [], count: keyCount)
        for row in 0..<table.count where table.isOK(row) {
            for access in table.accesses(row) where isJudged(access, row) {
                reads[Int(table.key[access])].append((Int32(access), Int32(row)))
            }
        }
        var versions: [[Int32]] = Array(repeating: [], count: keyCount)
        for version in keyCount..<table.versionCount {
            versions[Int(table.versionKey[version])].append(Int32(version))
        }
        for key in 0..<keyCount where !reads[key].isEmpty {
            if table.keys.kind[key] != .register {
                judgeElements(reads[key], versions[key])
            } else if ranks.isRanked(key) || options.assumesRealTimeWrites {
                isAssumed[key] = !ranks.isRanked(key)
                judgeRegister(key, reads[key], versions[key])
            } else {
                isUnordered[key] = true
            }
        }
    }

    private func isJudged(_ access: Int, _ row: Int) -> Bool {
        switch table.kind[access] {
        case .read: !table.isInternal(access, row)
        case .readAll: true
        case .write, .add, .append: false
        }
    }

    // Registers.

    private mutating func judgeRegister(
        _ key: Int, _ reads: [(access: Int32, row: Int32)], _ versions: [Int32]
    ) {
        let entries = versions.compactMap { version -> Succession.Entry? in
            let writer = Int(table.writer[Int(version)])
            let place = isAssumed[key] ? Int64(table.call[writer]) : ranks.rank[Int(version)]
            guard place != VersionRanks.unknown else { return nil }
            return Succession.Entry(
                version: version, place: place, known: known.since[Int(version)], teller: version)
        }
        let order =
            isAssumed[key] ? Succession(entries.filter { $0.known != .max }) : Succession.ranked(entries)
        let clear = reads.filter { table.version[Int($0.access)] >= 0 }
        if clear.count < reads.count { isUnclear[key] = true }
        let ends = clear.map { (end: end(table.version[Int($0.access)], key), call: table.call[Int($0.row)]) }
        let first = entries.map(\.known).min() ?? .max
        for (read, missed) in zip(clear, order.missed(ends)) {
            if first < table.call[Int(read.row)] { opportunities += 1 }
            add(read, missed?.count ?? 0, missed?.first.teller)
        }
    }

    /// Where a version ends for those that come after it.
    private func end(_ version: Int32, _ key: Int) -> Int64 {
        if table.isInitial(version) { return VersionRanks.initial }
        return isAssumed[key] ? Int64(known.since[Int(version)]) : ranks.rank[Int(version)]
    }

    private mutating func add(_ read: (access: Int32, row: Int32), _ count: Int, _ missed: Int32?) {
        readings.append(
            Reading(
                access: read.access, row: read.row, count: count, missed: missed ?? -1,
                teller: missed.map { known.teller[Int($0)] } ?? -1))
    }

    // Sets and lists.

    private mutating func judgeElements(_ reads: [(access: Int32, row: Int32)], _ versions: [Int32]) {
        let order = versions.filter { known.since[Int($0)] != .max }.sorted {
            known.since[Int($0)] < known.since[Int($1)]
        }
        var shown: Set<Int32> = []
        for read in reads {
            let call = table.call[Int(read.row)]
            let expected = order.partitioningIndex { known.since[Int($0)] >= call }
            if expected > 0 { opportunities += 1 }
            shown.removeAll(keepingCapacity: true)
            for element in table.list(Int(read.access)) where Int(element) < table.versionCount {
                if known.since[Int(element)] < call { shown.insert(element) }
            }
            let missed = shown.count < expected ? order.first { !shown.contains($0) } : nil
            add(read, expected - shown.count, missed)
        }
    }
}
