/// The state of one replica among several leaders: versions and types of each key, and what readers are shown of them.
struct MultiStore: Sendable {
    let rules: ConflictRules
    /// All that was applied here.
    private(set) var vector = VersionVector()
    /// What readers see.
    private(set) var view = Store()
    private(set) var versions: [[UInt8]: [MultiVersion]] = [:]
    private(set) var sets: [[UInt8]: ObservedSet] = [:]
    private(set) var counters: [[UInt8]: SharedCounter] = [:]
    private(set) var lists: [[UInt8]: GrowableList] = [:]
    /// Keys that were moved away from where they were at first.
    private(set) var homes: [[UInt8]: HomeMove] = [:]

    /// A version that was there when a concurrent one came, and the key.
    struct Conflict: Sendable {
        var key: [UInt8]
        var new: MultiVersion
        var old: MultiVersion
    }

    init(_ rules: ConflictRules) { self.rules = rules }

    /// Fills an empty store with what another one held.
    mutating func load(
        _ vector: VersionVector, _ versions: [[UInt8]: [MultiVersion]], _ sets: [[UInt8]: ObservedSet],
        _ counters: [[UInt8]: SharedCounter], _ lists: [[UInt8]: GrowableList], _ homes: [[UInt8]: HomeMove]
    ) {
        self.vector = vector
        self.versions = versions
        self.sets = sets
        self.counters = counters
        self.lists = lists
        self.homes = homes
        let keys = Set(versions.keys).union(sets.keys).union(counters.keys).union(lists.keys)
        for key in keys.sorted(by: { $0.lexicographicallyPrecedes($1) }) { show(key) }
    }

    private func has(_ mutant: Mutant) -> Bool { rules.mutants.contains(mutant) }

    /// Applies a record; gives what it conflicts with.
    @discardableResult
    mutating func apply(_ record: MultiRecord) -> [Conflict] {
        vector.insert(record.dot)
        if let settlement = record.settlement { vector.insert(settlement.dot) }
        var conflicts: [Conflict] = []
        for change in record.changes { apply(change, record, &conflicts) }
        return conflicts
    }

    private mutating func apply(_ change: MultiChange, _ record: MultiRecord, _ conflicts: inout [Conflict]) {
        switch change {
        case .assign(let key, let value):
            let past = record.context ?? record.past
            let new = MultiVersion(value: value, stamp: record.stamp, dot: record.dot, past: past)
            let rivals = rules.add(new, to: &versions[key, default: []])
            conflicts += rivals.map { Conflict(key: key, new: new, old: $0) }
            show(key)
        case .add(let key, let elements):
            for element in elements { sets[key, default: ObservedSet()].add(element, tag: record.dot) }
            if view.holds(key, .set) { view.apply(.add(key: key, elements: elements)) } else { show(key) }
        case .remove(let key, let elements):
            let takesAll = has(.orsetRemoveUnseen)
            for element in elements { sets[key]?.remove(element, unseenToo: takesAll) }
            if sets[key]?.isEmpty == true { sets[key] = nil }
            show(key)
        case .count(let key, let share):
            let adds = has(.pncounterSum)
            counters[key, default: SharedCounter()].merge(share, of: record.origin, adds: adds)
            show(key)
        case .insert(let key, let after, let counter, let elements):
            insert(key, after, counter, elements, record.origin)
            show(key)
        case .drop(let key, let ids):
            for id in ids { lists[key]?.drop(id) }
            show(key)
        case .home(let key, let move):
            if let known = homes[key], known >= move { return }
            homes[key] = move
        }
    }

    private mutating func insert(
        _ key: [UInt8], _ after: ElementID?, _ counter: UInt64, _ elements: [[UInt8]], _ origin: NodeName
    ) {
        var left = after
        let byArrival = has(.rgaArrivalOrder)
        for (offset, element) in elements.enumerated() {
            let id = ElementID(counter: counter + UInt64(offset), replica: origin)
            lists[key, default: GrowableList()].insert(element, id, after: left, byArrival: byArrival)
            left = id
        }
    }

    /// Forgets that a key was deleted by that write, if nothing was written since.
    mutating func forget(_ key: [UInt8], _ dot: Dot) {
        guard let versions = versions[key], versions.map(\.dot) == [dot] else { return }
        self.versions[key] = nil
    }

    /// Shows readers what the key holds now.
    private mutating func show(_ key: [UInt8]) {
        view.apply(.delete(key: key))
        if let value = value(key) { view.load(StoredRow(key: key, value: value, version: .start)) }
    }

    /// What a key holds; of several types the first of this order.
    private func value(_ key: [UInt8]) -> StoredValue? {
        if let set = sets[key], !set.isEmpty { return .set(set.elements) }
        if let list = lists[key], !list.values.isEmpty { return .list(list.values) }
        let register = versions[key].flatMap { rules.value($0) }
        guard let counter = counters[key] else { return register }
        // A register with a number is what the counter began from.
        guard let register else { return .register(IntegerText.text(counter.sum)) }
        guard case .register(let text) = register, let base = IntegerText.parse(text) else { return register }
        return .register(IntegerText.text(base &+ counter.sum))
    }

    /// The values of a register that stand beside one another, in the order of their dots; empty for less than two.
    func rivals(_ key: [UInt8]) -> [(version: MultiVersion, value: [UInt8])] {
        guard rules.policy == .siblings, let versions = versions[key], versions.count > 1 else { return [] }
        return versions.compactMap { version in
            switch version.value {
            case .register(let value): (version, value)
            case .reservation(let value): (version, value.holder)
            case .set, .list, nil: nil
            }
        }
    }

    /// Those that are not shown.
    func siblings(_ key: [UInt8]) -> [[UInt8]] {
        let shown = versions[key].flatMap { rules.winner($0) }
        return rivals(key).filter { $0.version != shown }.map(\.value)
    }

    /// A row as dumps have it: of a register whose writes did not know each other, all values.
    func report(_ row: StoredRow) -> ReportValue {
        let values = rivals(row.key).map(\.value)
        guard values.count > 1 else { return row.report }
        return .list([.bytes(row.key), .list(values.map { .bytes($0) })])
    }

    /// FNV-1a over what readers see.
    var contentHash: UInt64 { view.contentHash }
}

// MARK: - Writing

extension MultiStore {
    /// What a change of the view is to other replicas, written by that one.
    func changes(of change: Change, by replica: NodeName) -> [MultiChange] {
        rules.policy.shipsOperations ? operations(of: change, by: replica) : assignments(of: change)
    }

    private func assignments(of change: Change) -> [MultiChange] {
        var seen: Set<[UInt8]> = []
        let keys = change.keys.filter { seen.insert($0).inserted }
        var copy = view.excerpt(keys)
        copy.apply(change)
        return keys.map { .assign(key: $0, copy.row($0)?.value) }
    }

    private func operations(of change: Change, by replica: NodeName) -> [MultiChange] {
        var scratch = self
        var found: [MultiChange] = []
        let parts = if case .batch(let changes) = change { changes } else { [change] }
        for part in parts {
            let next = scratch.operations(ofSingle: part, by: replica)
            found += next
            let dot = Dot(replica: replica, number: vector[replica] + 1)
            let stamp = Stamp(time: .max, replica: replica)
            scratch.apply(MultiRecord(dot: dot, stamp: stamp, past: vector, changes: next))
        }
        return found
    }

    private func operations(ofSingle change: Change, by replica: NodeName) -> [MultiChange] {
        switch change {
        case .put(let key, let value): return put(key, value)
        case .delete(let key): return deletion(of: key, by: replica)
        case .increment(let key, let amount):
            let share = (counters[key]?.share(of: replica) ?? CounterShare()).adding(amount)
            return [.count(key: key, share)]
        case .add(let key, let elements): return [.add(key: key, elements: elements)]
        case .remove(let key, let elements):
            return [.remove(key: key, elements.compactMap { sets[key]?.observed($0) })]
        case .append(let key, let elements):
            let list = lists[key] ?? GrowableList()
            return [.insert(key: key, after: list.last, counter: list.nextCounter, elements: elements)]
        case .reserve(let slot, let holder, let operation):
            return [.assign(key: slot, .reservation(Reservation(holder: holder, operation: operation)))]
        case .noop, .timeline, .batch, .statement, .pages: return []
        }
    }

    /// Where something was counted, the number is put so that the sum is right.
    private func put(_ key: [UInt8], _ value: [UInt8]) -> [MultiChange] {
        guard let sum = counters[key]?.sum, let number = IntegerText.parse(value) else {
            return [.assign(key: key, .register(value))]
        }
        return [.assign(key: key, .register(IntegerText.text(number &- sum)))]
    }

    private func deletion(of key: [UInt8], by replica: NodeName) -> [MultiChange] {
        var changes: [MultiChange] = []
        if let set = sets[key] { changes.append(.remove(key: key, set.elements.map { set.observed($0) })) }
        if let list = lists[key] { changes.append(.drop(key: key, list.elements.map(\.id))) }
        if let counter = counters[key] {
            changes.append(.count(key: key, counter.share(of: replica).adding(0 &- counter.sum)))
        }
        return versions[key] == nil ? changes : changes + [.assign(key: key, nil)]
    }
}

extension MultiStore {
    /// Whether the values that stand beside one another stay within `SizeLimit.value`, for a write that replaces what
    /// `past` covers.
    func hasRoom(for changes: [MultiChange], beside past: VersionVector) -> Bool {
        guard rules.policy == .siblings || rules.policy == .merge else { return true }
        return changes.allSatisfy { change in
            guard case .assign(let key, _) = change else { return true }
            let others = (versions[key] ?? []).filter { !past.contains($0.dot) }.compactMap(\.value)
            return others.reduce(change.weight) { $0 + SizeLimit.element + $1.weight } <= SizeLimit.value
        }
    }
}
