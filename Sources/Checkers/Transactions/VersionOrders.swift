/// In which order the versions of each key were installed, as far as that follows from what was read.
///
/// A list contains its own history; a register's version is followed at once by the one of a transaction that read and
/// overwrote it, under levels that forbid lost updates (as in MTC, ICDE 2025, and the combined writes of Cobra, OSDI
/// 2020). What is left are segments: each is in order and without gaps, and the first follows the initial state.
struct VersionOrders {
    /// The transactions that install versions of one key.
    struct Key {
        /// Segment after segment.
        var members: [Int32] = []
        /// By member: whether it ends its segment.
        var isEnd: [Bool] = []
        /// How many members follow the initial state in known order: the first segment, which may be empty.
        var headCount = 0
        /// Segments beside the first.
        var looseCount = 0
        /// Whether the loose segments are single versions that nobody read.
        var isLooseUnread = true
        /// Whether two transactions replaced the same version.
        var isBranched = false

        /// The first transactions of the loose segments.
        var looseHeads: [Int] {
            (headCount..<members.count).filter { $0 == headCount || isEnd[$0 - 1] }.map { Int(members[$0]) }
        }
    }

    let reads: ReadsFrom
    private let writers: KeyWriters
    let isImmediate: Bool
    private(set) var keys: [Key] = []
    /// By version: the place among the members of its key, -1 if it is no version that a transaction left.
    private(set) var place: [Int32]
    /// By version that was left: whether another transaction read it.
    private var isRead: [Bool]
    /// By version: the transaction that read and replaced it, -1: none.
    private var next: [Int32]

    /// `isImmediate`: whether a transaction that reads and writes a key replaces just the version it read.
    init(_ reads: ReadsFrom, _ writers: KeyWriters, isImmediate: Bool) {
        self.reads = reads
        self.writers = writers
        self.isImmediate = isImmediate
        place = [Int32](repeating: -1, count: reads.table.versionCount)
        isRead = [Bool](repeating: false, count: reads.table.versionCount)
        next = place
        keys.reserveCapacity(reads.table.keyCount)
        for reading in reads.readings where reading.writer >= 0 {
            if let version = writers.version(Int(reading.writer), of: Int(reading.key)) { isRead[version] = true }
        }
        for key in 0..<reads.table.keyCount {
            keys.append(reads.table.isList[key] ? list(key) : register(key))
        }
    }

    /// The place of the version that a reading shows: -1 for the initial state, `nil` if it has none.
    func place(_ reading: ReadsFrom.Reading) -> Int? {
        guard reading.writer >= 0 else { return -1 }
        let key = Int(reading.key)
        guard reads.table.isList[key] else {
            guard let version = writers.version(Int(reading.writer), of: key), place[version] >= 0 else {
                return nil
            }
            return Int(place[version])
        }
        var length = Int(reading.length)
        while length > 0 {
            let version = reads.lists.version(key, at: length - 1)
            if place[version] >= 0, Int(reads.lists.place[version]) == length { return Int(place[version]) }
            length -= 1
        }
        return -1
    }

    // MARK: Lists

    private mutating func list(_ key: Int) -> Key {
        var result = Key()
        let table = reads.table
        guard reads.lists.problems[key] == nil else { return singles(key) }
        for position in 0..<reads.lists.count(key) {
            let version = reads.lists.version(key, at: position)
            let writer = table.writer(version)
            // An element that stands there again was not installed again.
            guard writer >= 0, table.status[writer] != .fail, Int(reads.lists.place[version]) == position + 1 else {
                continue
            }
            if result.members.last != Int32(writer) { result.members.append(Int32(writer)) }
            place[version] = Int32(result.members.count - 1)
        }
        // Where reads contradict one another, what one of them lacks may be in another.
        var rest =
            reads.lists.isContradicted[key]
            ? []
            : writers.positions(key).map { writers.writer[$0] }.filter { writer in
                writers.version(Int(writer), of: key).map { reads.lists.place[$0] == 0 } ?? false
            }
        if isImmediate, let follower = follower(key, rest), result.members.last != follower {
            result.members.append(follower)
            rest.removeAll { $0 == follower }
        }
        result.headCount = result.members.count
        result.isEnd = [Bool](repeating: false, count: result.headCount)
        if result.headCount > 0 { result.isEnd[result.headCount - 1] = true }
        for writer in rest { append(writer, to: &result) }
        return result
    }

    /// The only one of some transactions that read the whole list and appended to it.
    private func follower(_ key: Int, _ rest: [Int32]) -> Int32? {
        let count = reads.lists.count(key)
        let followers = rest.filter { writer in
            reads.readings(Int(writer)).contains { Int($0.key) == key && Int($0.length) == count }
        }
        return followers.count == 1 ? followers[0] : nil
    }

    private func append(_ writer: Int32, to key: inout Key) {
        key.members.append(writer)
        key.isEnd.append(true)
        key.looseCount += 1
    }

    // MARK: Registers

    private mutating func singles(_ key: Int) -> Key {
        var result = Key()
        for position in writers.positions(key) {
            let writer = writers.writer[position]
            if let version = writers.version(Int(writer), of: key) {
                place[version] = Int32(result.members.count)
                if isRead[version] { result.isLooseUnread = false }
            }
            append(writer, to: &result)
        }
        return result
    }

    private mutating func register(_ key: Int) -> Key {
        var result = Key()
        var first: Int32 = -1
        var heads: [Int32] = []
        for position in writers.positions(key) {
            let writer = writers.writer[position]
            switch predecessor(Int(writer), key) {
            case nil: heads.append(writer)
            case .some(-1):
                if first >= 0 { result.isBranched = true } else { first = writer }
            case let version?:
                if next[version] >= 0 { result.isBranched = true } else { next[version] = writer }
            }
        }
        let isTotal = heads.count + (first >= 0 ? 1 : 0) <= 1
        guard !result.isBranched, isImmediate || isTotal else {
            let isBranched = result.isBranched
            result = singles(key)
            result.isBranched = isBranched
            return result
        }
        if first >= 0 { follow(first, key, &result) }
        result.headCount = result.members.count
        for head in heads {
            let start = result.members.count
            follow(head, key, &result)
            result.looseCount += 1
            for writer in result.members[start...] {
                if let version = writers.version(Int(writer), of: key), isRead[version] {
                    result.isLooseUnread = false
                }
            }
        }
        return result
    }

    /// The version that a transaction read and replaced: -1 the initial one, `nil` if that is not known.
    private func predecessor(_ writer: Int, _ key: Int) -> Int? {
        var found: Int?
        for reading in reads.readings(writer) where Int(reading.key) == key {
            let left = reading.writer < 0 ? -1 : writers.version(Int(reading.writer), of: key)
            guard let version = left, found == nil || found == version else { return nil }
            found = version
        }
        return found
    }

    /// Adds a segment: a version, the one that replaced it, and so on.
    private mutating func follow(_ head: Int32, _ key: Int, _ result: inout Key) {
        var writer = head
        while writer >= 0, let version = writers.version(Int(writer), of: key), place[version] < 0 {
            place[version] = Int32(result.members.count)
            result.members.append(writer)
            result.isEnd.append(false)
            writer = next[version]
        }
        result.isEnd[result.isEnd.count - 1] = true
    }
}
