/// Pairs of reads that saw two writes in opposite orders: each missed what the other saw.
///
/// The versions that reads show of a key get ranks, as far as their order is known: the initial state is before all, a
/// set before one that includes it, a list before a longer one, and what one session wrote is in its order. Two reads are a fork if each has the lower rank of one key; of the reads of two keys,
/// sorted by the first, ranks of the second never go down if there is none. So this is exact for what is known of orders.
struct LongForks {
    private let facts: OrderFacts
    private let sets: SetLevelsSeen
    private(set) var violations: [OrderViolation] = []
    private(set) var further = 0
    /// Reads that share at least two keys with another one.
    private(set) var comparable = 0
    private(set) var doubts: [String] = []
    private var reads: [Int32] = []
    private var told: Set<[Int32]> = []

    /// What a read shows of a key or set.
    private struct Sight {
        /// A position in `reads`.
        var read: Int32
        var key: Int32
        var rank: Int32
        /// Who wrote what was seen, -1: nobody.
        var writer: Int32
    }

    /// So many forks are told.
    private static let most = 50
    /// So many pairs of keys may reads show in all.
    private static let pairLimit = 20_000_000

    init(_ facts: OrderFacts) {
        self.facts = facts
        sets = SetLevelsSeen(facts)
        for fork in sets.forks { tell(fork.first, fork.second, [fork.seenBySecond, fork.seenByFirst]) }
        compareLists()
        let sights = allSights()
        let pairs = sights.reduce(0) { $0 + $1.count * $1.count / 2 }
        if pairs > Self.pairLimit {
            doubts.append("reads show too many keys at once: \(pairs) pairs of keys; check less at once")
        } else {
            compareAll(sights)
        }
    }

    /// By read of several keys: what it shows, keys ascending.
    private mutating func allSights() -> [[Sight]] {
        let ranks = VersionPlaces(facts)
        var all: [[Sight]] = []
        for transaction in 0..<facts.table.count where facts.table.status[transaction] == .ok {
            var sights: [Sight] = []
            var isSeen: Set<Int32> = []
            for reading in facts.reads.readings(transaction) {
                let key = sets.set[Int(reading.key)]
                guard isSeen.insert(key).inserted else { continue }
                let isSet = sets.isSet(key)
                guard let rank = isSet ? sets.level(transaction, key) : ranks.rank(reading) else { continue }
                sights.append(
                    Sight(read: Int32(reads.count), key: key, rank: rank, writer: isSet ? -1 : reading.writer))
            }
            guard sights.count > 1 else { continue }
            reads.append(Int32(transaction))
            all.append(sights.sorted { $0.key < $1.key })
        }
        return all
    }

    private struct Pair: Hashable {
        var first: Int32
        var second: Int32
    }

    private mutating func compareAll(_ all: [[Sight]]) {
        var byPair: [Pair: [(first: Sight, second: Sight)]] = [:]
        for sights in all {
            for (position, first) in sights.enumerated() {
                for second in sights[(position + 1)...] {
                    byPair[Pair(first: first.key, second: second.key), default: []].append((first, second))
                }
            }
        }
        var isComparable = [Bool](repeating: false, count: reads.count)
        for pair in byPair.keys.sorted(by: { ($0.first, $0.second) < ($1.first, $1.second) }) {
            guard let sights = byPair[pair], sights.count > 1 else { continue }
            for sight in sights { isComparable[Int(sight.first.read)] = true }
            compare(sights)
        }
        comparable = isComparable.count { $0 } + sets.comparable
    }

    /// Looks for one that saw less of the first key and more of the second than a later one in the order of the first.
    private mutating func compare(_ sights: [(first: Sight, second: Sight)]) {
        let sorted = sights.sorted {
            ($0.first.rank, $0.second.rank, $0.first.read) < ($1.first.rank, $1.second.rank, $1.first.read)
        }
        var highest: (first: Sight, second: Sight)?
        var last: (first: Sight, second: Sight)?
        for late in sorted {
            if let before = last, before.first.rank < late.first.rank {
                if highest.map({ $0.second.rank < before.second.rank }) ?? true { highest = before }
            }
            last = late
            guard let early = highest, early.second.rank > late.second.rank else { continue }
            tell(
                reads[Int(early.first.read)], reads[Int(late.first.read)],
                [
                    writer(late.first, unseenBy: early.first), early.first.writer,
                    writer(early.second, unseenBy: late.second), late.second.writer,
                ])
        }
    }

    /// A write that one read shows and the other one does not.
    private func writer(_ sight: Sight, unseenBy other: Sight) -> Int32 {
        guard sets.isSet(sight.key) else { return sight.writer }
        return sets.writer(seenBy: Int(reads[Int(sight.read)]), not: Int(reads[Int(other.read)]), sight.key)
    }

    private mutating func tell(_ first: Int32, _ second: Int32, _ writers: [Int32]) {
        guard told.insert([min(first, second), max(first, second)]).inserted else { return }
        guard violations.count < Self.most else { further += 1; return }
        violations.append(
            OrderViolation(
                .longFork,
                Set(writers).sorted().filter { $0 >= 0 }.map { Finding.Step($0, .seenWrite) }
                    + [min(first, second), max(first, second)].map { Finding.Step($0, .violatingRead) }))
    }

    /// Lists that contradict one another: of two next to each other in size, does each have what the other lacks?
    private mutating func compareLists() {
        let (table, lists) = (facts.table, facts.reads.lists)
        for key in 0..<table.keyCount where lists.isContradicted[key] {
            let reads = table.kind.indices.filter { Int(table.key[$0]) == key && lists.isRead($0) }
                .map { (micro: $0, elements: elements($0)) }
                .sorted { ($0.elements.count, $0.micro) < ($1.elements.count, $1.micro) }
            let known = violations.count + further
            for (one, other) in zip(reads, reads.dropFirst()) {
                guard let more = one.elements.first(where: { !other.elements.contains($0) }),
                    let less = other.elements.first(where: { !one.elements.contains($0) })
                else { continue }
                tell(
                    table.owner[one.micro], table.owner[other.micro],
                    [Int32(table.writer(Int(more))), Int32(table.writer(Int(less)))])
            }
            if violations.count + further == known {
                doubts.append("key \"\(table.keyNames[key])\": reads show its elements in different orders")
            }
        }
    }

    private func elements(_ micro: Int) -> [Int32] {
        facts.table.list(micro).prefix(Int(facts.reads.lists.outer[micro])).map { facts.table.elements[$0] }
    }
}

/// Places of versions in the order of their key, as far as it is known.
private struct VersionPlaces {
    private let facts: OrderFacts
    /// By key: the one session that writes it; -1: nobody, -2: several.
    private var session: [Int32]

    init(_ facts: OrderFacts) {
        self.facts = facts
        let (table, writers) = (facts.table, facts.writers)
        session = [Int32](repeating: -1, count: table.keyCount)
        for key in 0..<table.keyCount {
            for position in writers.positions(key) {
                let own = table.session[Int(writers.writer[position])]
                session[key] = session[key] == -1 || session[key] == own ? own : -2
            }
        }
    }

    /// 0: the initial state. Where the order is not known, all that was written has the same rank.
    func rank(_ reading: ReadsFrom.Reading) -> Int32? {
        let key = Int(reading.key)
        if facts.table.isList[key] { return facts.versions.place(reading).map { Int32($0 + 1) } }
        guard reading.writer >= 0 else { return 0 }
        return session[key] == -2 ? 1 : reading.writer + 1
    }
}

/// Reads of sets in the order of inclusion: each set's reads are levels if all include one another.
private struct SetLevelsSeen {
    struct Fork {
        var first: Int32
        var second: Int32
        var seenByFirst: Int32
        var seenBySecond: Int32
    }

    private let facts: OrderFacts
    /// By key: the set that it is an element of, named by the first of its elements; itself for other keys.
    private(set) var set: [Int32]
    private var size: [Int32: Int] = [:]
    /// By set and reading transaction.
    private var levels: [Int32: [Int: Int32]] = [:]
    private(set) var forks: [Fork] = []
    private(set) var comparable = 0

    init(_ facts: OrderFacts) {
        self.facts = facts
        let table = facts.table
        set = (0..<table.keyCount).map { Int32($0) }
        var first: [String: Int32] = [:]
        for key in table.keyNames.indices where !table.isList[key] {
            let own = first[table.keyNames[key]] ?? Int32(key)
            first[table.keyNames[key]] = own
            set[key] = own
            size[own, default: 0] += 1
        }
        var seen: [Int32: [(transaction: Int, elements: [Int32])]] = [:]
        for transaction in 0..<table.count where table.status[transaction] == .ok {
            for (set, elements) in elements(transaction) { seen[set, default: []].append((transaction, elements)) }
        }
        for set in seen.keys.sorted() { compare(set, seen[set] ?? []) }
    }

    func isSet(_ key: Int32) -> Bool { size[key] ?? 1 > 1 }

    func level(_ transaction: Int, _ set: Int32) -> Int32? { levels[set]?[transaction] }

    func writer(seenBy one: Int, not other: Int, _ set: Int32) -> Int32 {
        let missed = Set(elements(other)[set] ?? [])
        let element = (elements(one)[set] ?? []).first { !missed.contains($0) }
        return element.flatMap { element in
            facts.reads.readings(one).first { $0.key == element }?.writer
        } ?? -1
    }

    /// By set: the elements that a transaction saw, ascending.
    private func elements(_ transaction: Int) -> [Int32: [Int32]] {
        var seen: [Int32: [Int32]] = [:]
        for reading in facts.reads.readings(transaction) where isSet(set[Int(reading.key)]) {
            let own = set[Int(reading.key)]
            seen[own, default: []] += reading.writer < 0 ? [] : [reading.key]
        }
        return seen.mapValues { $0.sorted() }
    }

    private mutating func compare(_ set: Int32, _ reads: [(transaction: Int, elements: [Int32])]) {
        comparable += reads.count > 1 ? reads.count : 0
        let sorted = reads.sorted { ($0.elements.count, $0.transaction) < ($1.elements.count, $1.transaction) }
        var level: Int32 = 0
        var known: [Int: Int32] = [:]
        for (position, read) in sorted.enumerated() {
            if position > 0, sorted[position - 1].elements != read.elements {
                level += 1
                let smaller = sorted[position - 1]
                if !Set(read.elements).isSuperset(of: smaller.elements) {
                    fork(smaller.transaction, read.transaction, set)
                    known = [:]
                    break
                }
            }
            known[read.transaction] = level
        }
        levels[set] = known
    }

    private mutating func fork(_ first: Int, _ second: Int, _ set: Int32) {
        forks.append(
            Fork(
                first: Int32(first), second: Int32(second), seenByFirst: writer(seenBy: first, not: second, set),
                seenBySecond: writer(seenBy: second, not: first, set)))
    }
}
