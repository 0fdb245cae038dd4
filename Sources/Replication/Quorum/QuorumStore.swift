/// What readers of one replica see, with the hash trees of its ranges and what it keeps for others.
struct QuorumStore: Sendable {
    private var registers: [[UInt8]: QuorumCell] = [:]
    private var sets: [[UInt8]: [[UInt8]: QuorumCell]] = [:]
    /// The leaves of each range: the exclusive or of what is in them, so that a change costs one step.
    private var trees: [[UInt64]]
    private var places: [[Set<QuorumPlace>]]
    private var tombstones: Set<QuorumPlace> = []
    /// What all that is known of a key's set takes.
    private var setWeights: [[UInt8]: Int] = [:]
    /// By the replica that it is meant for.
    private(set) var hints: [NodeName: [QuorumPlace: QuorumCell]] = [:]
    private let ring: QuorumRing
    /// Whether trees see values only: an element that was removed has the same as one that is there, none.
    private let isBlind: Bool

    init(_ configuration: QuorumConfiguration) {
        ring = QuorumRing(configuration)
        isBlind = configuration.mutants.contains(.merkleBlind)
        let ranges = configuration.members.count
        trees = Array(repeating: Array(repeating: 0, count: QuorumLimit.leaves), count: ranges)
        places = Array(repeating: Array(repeating: [], count: QuorumLimit.leaves), count: ranges)
    }

    subscript(place: QuorumPlace) -> QuorumCell? {
        guard let element = place.element else { return registers[place.key] }
        return sets[place.key]?[element]
    }

    // MARK: Reading

    func entries(_ query: QuorumQuery) -> [QuorumEntry] {
        switch query {
        case .registers(let keys):
            keys.compactMap { key in registers[key].map { QuorumEntry(key: key, element: nil, cell: $0) } }
        case .set(let key):
            (sets[key] ?? [:]).map { QuorumEntry(key: key, element: $0.key, cell: $0.value) }
                .sorted { $0.place < $1.place }
        }
    }

    /// Everything in some leaves of a range, in the order of places.
    func entries(range: Int, leaves: [Int]) -> [QuorumEntry] {
        leaves.flatMap { places[range][$0] }.sorted().compactMap { place in
            self[place].map { QuorumEntry(key: place.key, element: place.element, cell: $0) }
        }
    }

    /// Of some leaves of a range the first ones, as many as one comparison is about; at least one.
    func first(of leaves: [Int], range: Int) -> [Int] {
        guard leaves.count > 1 else { return leaves }
        return leaves.first(bytes: QuorumLimit.comparisonBytes) { entries(range: range, leaves: [$0]).weight }
    }

    /// What is in a leaf, in order.
    func places(range: Int, leaf: Int) -> [QuorumPlace] { places[range][leaf].sorted() }

    var all: [QuorumEntry] { trees.indices.flatMap { entries(range: $0, leaves: Array(0..<QuorumLimit.leaves)) } }

    /// What somebody wrote for `home` and left here, as far as it is asked for.
    func hints(for home: NodeName, _ query: QuorumQuery) -> [QuorumEntry] {
        let keys = Set(query.keys)
        let isSet = if case .set = query { true } else { false }
        return hints(for: home).filter { keys.contains($0.key) && ($0.element != nil) == isSet }
    }

    func hints(for home: NodeName) -> [QuorumEntry] {
        (hints[home] ?? [:]).map { QuorumEntry(key: $0.key.key, element: $0.key.element, cell: $0.value) }
            .sorted { $0.place < $1.place }
    }

    var hintCount: Int { hints.values.reduce(0) { $0 + $1.count } }
    var count: Int { registers.count + sets.count }

    // MARK: Changing

    mutating func merge(_ entry: QuorumEntry) {
        let there = self[entry.place]
        put(there?.merged(with: entry.cell) ?? entry.cell, at: entry.place, over: there)
    }

    /// Puts it there whatever is there.
    mutating func replace(_ entry: QuorumEntry) { put(entry.cell, at: entry.place, over: self[entry.place]) }

    private mutating func put(_ cell: QuorumCell, at place: QuorumPlace, over there: QuorumCell?) {
        guard cell != there else { return }
        if let element = place.element {
            sets[place.key, default: [:]][element] = cell
            setWeights[place.key, default: 0] += weight(place, cell) - weight(place, there)
        } else {
            registers[place.key] = cell
        }
        if cell.isTombstone { tombstones.insert(place) } else { tombstones.remove(place) }
        let (range, leaf) = address(place)
        places[range][leaf].insert(place)
        trees[range][leaf] ^= hash(place, there) ^ hash(place, cell)
    }

    /// Forgets deletions from before that time; how many.
    mutating func forgetTombstones(before time: Int64) -> Int {
        let old = tombstones.filter { self[$0]?.isTombstone(before: time) ?? true }
        for place in old {
            let (range, leaf) = address(place)
            trees[range][leaf] ^= hash(place, self[place])
            places[range][leaf].remove(place)
            tombstones.remove(place)
            guard let element = place.element else {
                registers[place.key] = nil
                continue
            }
            setWeights[place.key, default: 0] -= weight(place, self[place])
            sets[place.key]?[element] = nil
            if sets[place.key]?.isEmpty == true { (sets[place.key], setWeights[place.key]) = (nil, nil) }
        }
        return old.count
    }

    mutating func keepHint(_ entry: QuorumEntry, for home: NodeName) {
        let there = hints[home]?[entry.place]
        hints[home, default: [:]][entry.place] = there?.merged(with: entry.cell) ?? entry.cell
    }

    /// It arrived; what came since then stays.
    mutating func dropHint(_ entry: QuorumEntry, for home: NodeName) {
        guard hints[home]?[entry.place] == entry.cell else { return }
        hints[home]?[entry.place] = nil
        if hints[home]?.isEmpty == true { hints[home] = nil }
    }

    private func weight(_ place: QuorumPlace, _ cell: QuorumCell?) -> Int {
        cell.map { QuorumEntry(key: place.key, element: place.element, cell: $0).weight } ?? 0
    }

    func setWeight(_ key: [UInt8]) -> Int { setWeights[key] ?? 0 }

    // MARK: Trees

    func leaves(range: Int) -> [UInt64] { trees[range] }

    func root(range: Int) -> UInt64 {
        trees[range].reduce(0) { QuorumHash.mixed($0 ^ $1) }
    }

    private func address(_ place: QuorumPlace) -> (range: Int, leaf: Int) {
        (ring.range(of: place.key), Int((QuorumHash.of(place.key) >> 32) % UInt64(QuorumLimit.leaves)))
    }

    private func hash(_ place: QuorumPlace, _ cell: QuorumCell?) -> UInt64 {
        guard let cell else { return 0 }
        var writer = ByteWriter()
        if isBlind {
            writer.place(place)
            writer.elements(cell.values.map { $0.bytes ?? [] })
        } else {
            writer.entry(QuorumEntry(key: place.key, element: place.element, cell: cell))
        }
        return QuorumHash.of(writer.bytes)
    }

    /// A digest of what readers see.
    var contentHash: UInt64 {
        all.reduce(0) { hash, entry in
            guard !entry.cell.isTombstone else { return hash }
            var writer = ByteWriter()
            writer.place(entry.place)
            writer.elements(entry.cell.shown)
            return hash ^ QuorumHash.of(writer.bytes)
        }
    }

    // MARK: Bytes

    var encoded: [UInt8] {
        var writer = ByteWriter()
        writer.entries(all)
        writer.number(UInt64(hints.count))
        for home in hints.keys.sorted() {
            writer.text(home)
            writer.entries(hints(for: home))
        }
        return writer.bytes
    }

    /// Takes in what `encoded` wrote.
    mutating func load(_ bytes: [UInt8]) throws(DecodingFailure) {
        var reader = ByteReader(bytes)
        for entry in try reader.entries() { merge(entry) }
        for _ in 0..<(try reader.count()) {
            let home = try reader.text()
            for entry in try reader.entries() { keepHint(entry, for: home) }
        }
        try reader.finish()
    }
}

/// What a record of the log says.
struct QuorumRecord: Hashable, Sendable {
    enum Kind: UInt8 {
        case entries = 1
        /// As `entries`, whatever is there.
        case replacement
        case hint
        case delivered
    }

    var kind: Kind
    /// Whether it is about what this replica has for itself.
    var isOwn: Bool { kind == .entries || kind == .replacement }
    /// For hints: whom they are meant for.
    var home: NodeName
    var entries: [QuorumEntry]

    init(_ kind: Kind, _ entries: [QuorumEntry], home: NodeName = "") {
        self.kind = kind
        self.entries = entries
        self.home = home
    }

    var payload: [UInt8] {
        var writer = ByteWriter()
        writer.text(home)
        writer.entries(entries)
        return writer.bytes
    }

    init(_ record: StoredRecord) throws(DecodingFailure) {
        guard let kind = Kind(rawValue: record.kind) else {
            throw DecodingFailure("record of unknown kind \(record.kind)")
        }
        var reader = ByteReader(record.payload)
        self.kind = kind
        home = try reader.text()
        entries = try reader.entries()
        try reader.finish()
    }

    func apply(to store: inout QuorumStore) {
        for entry in entries {
            switch kind {
            case .entries: store.merge(entry)
            case .replacement: store.replace(entry)
            case .hint: store.keepHint(entry, for: home)
            case .delivered: store.dropHint(entry, for: home)
            }
        }
    }
}
