/// The state that a prefix of the log makes.
public struct Store: Sendable {
    /// One value with the entry that last changed it.
    private struct Versioned<Value: Sendable>: Sendable {
        var value: Value
        var version: Position
    }

    /// The last entry applied.
    public private(set) var position: Position
    // Each type has a dictionary of its own, so that a large value is changed in its place.
    private var registers: [[UInt8]: Versioned<[UInt8]>] = [:]
    private var sets: [[UInt8]: Versioned<Set<[UInt8]>>] = [:]
    private var lists: [[UInt8]: Versioned<[[UInt8]]>] = [:]
    private var reservations: [[UInt8]: Versioned<Reservation>] = [:]

    public init(position: Position = .start) { self.position = position }

    public var count: Int { registers.count + sets.count + lists.count + reservations.count }

    // MARK: Reading

    /// What kind of value is there, `nil` for none.
    public func kind(of key: [UInt8]) -> StoredValue.Kind? {
        if registers[key] != nil { return .register }
        if sets[key] != nil { return .set }
        if lists[key] != nil { return .list }
        return reservations[key] == nil ? nil : .reservation
    }

    /// Whether the key can be used as that kind: it holds one, or nothing.
    func holds(_ key: [UInt8], _ kind: StoredValue.Kind) -> Bool {
        let there = self.kind(of: key)
        return there == nil || there == kind
    }

    public func register(_ key: [UInt8]) -> [UInt8]? { registers[key]?.value }
    public func isMember(_ element: [UInt8], of key: [UInt8]) -> Bool {
        sets[key]?.value.contains(element) ?? false
    }
    public func memberCount(_ key: [UInt8]) -> Int { sets[key]?.value.count ?? 0 }
    public func listCount(_ key: [UInt8]) -> Int { lists[key]?.value.count ?? 0 }
    public func reservation(_ slot: [UInt8]) -> Reservation? { reservations[slot]?.value }

    /// The elements of a set, ascending; empty where there is none.
    public func members(_ key: [UInt8]) -> [[UInt8]] {
        sets[key]?.value.sorted { $0.lexicographicallyPrecedes($1) } ?? []
    }

    /// The elements of a list from `first` to `last`, both included; negative places count from the end.
    public func list(_ key: [UInt8], _ first: Int64 = 0, _ last: Int64 = -1) -> [[UInt8]] {
        guard let list = lists[key]?.value else { return [] }
        let count = Int64(list.count)
        let lower = max(0, first < 0 ? count + max(first, -count) : first)
        let upper = min(count - 1, last < 0 ? count + max(last, -count - 1) : last)
        return lower <= upper ? Array(list[Int(lower)...Int(upper)]) : []
    }

    /// Where a key was last changed; `nil` when it is absent.
    public func version(_ key: [UInt8]) -> Position? {
        registers[key]?.version ?? sets[key]?.version ?? lists[key]?.version ?? reservations[key]?.version
    }

    // MARK: Changing

    /// Applies the next entry.
    public mutating func apply(_ entry: LogEntry) {
        precondition(entry.lsn == position.lsn + 1, "entries are applied in order, none twice")
        position = entry.position
        apply(entry.change)
    }

    /// Does what an entry says, at the position that the state has.
    mutating func apply(_ change: Change) {
        switch change {
        case .noop, .timeline: break
        case .put(let key, let value):
            forget(key, but: .register)
            registers[key] = Versioned(value: value, version: position)
        case .delete(let key): forget(key)
        case .increment(let key, let amount): increment(key, by: amount)
        case .add(let key, let elements):
            forget(key, but: .set)
            sets[key, default: Versioned(value: [], version: position)].value.formUnion(elements)
            sets[key]?.version = position
        case .remove(let key, let elements): remove(elements, from: key)
        case .append(let key, let elements):
            forget(key, but: .list)
            lists[key, default: Versioned(value: [], version: position)].value += elements
            lists[key]?.version = position
        case .reserve(let slot, let holder, let operation):
            forget(slot, but: .reservation)
            let reservation = Reservation(holder: holder, operation: operation)
            reservations[slot] = Versioned(value: reservation, version: position)
        case .batch(let changes): changes.forEach { apply($0) }
        }
    }

    private mutating func forget(_ key: [UInt8], but kept: StoredValue.Kind? = nil) {
        guard let there = kind(of: key), there != kept else { return }
        registers[key] = nil
        sets[key] = nil
        lists[key] = nil
        reservations[key] = nil
    }

    /// A replica that was led astray may hold what is no number there: it leaves that as it is.
    private mutating func increment(_ key: [UInt8], by amount: Int64) {
        forget(key, but: .register)
        guard let number = IntegerText.parse(registers[key]?.value ?? IntegerText.text(0)) else { return }
        registers[key] = Versioned(value: IntegerText.text(number &+ amount), version: position)
    }

    private mutating func remove(_ elements: [[UInt8]], from key: [UInt8]) {
        elements.forEach { _ = sets[key]?.value.remove($0) }
        sets[key]?.version = position
        if sets[key]?.value.isEmpty == true { sets[key] = nil }
    }

    // MARK: Rows

    /// All keys in order.
    public var sortedKeys: [[UInt8]] {
        let keys = [Array(registers.keys), Array(sets.keys), Array(lists.keys), Array(reservations.keys)]
        return keys.joined().sorted { $0.lexicographicallyPrecedes($1) }
    }

    public func row(_ key: [UInt8]) -> StoredRow? {
        if let there = registers[key] {
            return StoredRow(key: key, value: .register(there.value), version: there.version)
        }
        if let there = sets[key] { return StoredRow(key: key, value: .set(members(key)), version: there.version) }
        if let there = lists[key] { return StoredRow(key: key, value: .list(there.value), version: there.version) }
        guard let there = reservations[key] else { return nil }
        return StoredRow(key: key, value: .reservation(there.value), version: there.version)
    }

    /// Everything, in the order of keys.
    public var rows: [StoredRow] { sortedKeys.compactMap(row) }

    /// Takes over a row of a snapshot. A large value comes in several rows.
    mutating func load(_ row: StoredRow) {
        switch row.value {
        case .register(let value): registers[row.key] = Versioned(value: value, version: row.version)
        case .set(let elements):
            sets[row.key, default: Versioned(value: [], version: row.version)].value.formUnion(elements)
        case .list(let elements):
            lists[row.key, default: Versioned(value: [], version: row.version)].value += elements
        case .reservation(let value): reservations[row.key] = Versioned(value: value, version: row.version)
        }
    }

    /// A state with these keys alone; it shares their values until one of both changes them.
    func excerpt(_ keys: [[UInt8]]) -> Store {
        var copy = Store(position: position)
        for key in keys {
            copy.registers[key] = registers[key]
            copy.sets[key] = sets[key]
            copy.lists[key] = lists[key]
            copy.reservations[key] = reservations[key]
        }
        return copy
    }

    /// FNV-1a over keys and values in order: equal stores have equal hashes, whatever their versions.
    public var contentHash: UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for row in rows {
            var writer = ByteWriter()
            writer.counted(row.key)
            writer.value(row.value)
            for byte in writer.bytes { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        }
        return hash
    }
}
