/// The state that a prefix of the log makes.
public struct Store: Sendable {
    /// One value with the entry that last changed it.
    private struct Versioned<Value: Sendable>: Sendable {
        var value: Value
        var version: Position
        /// Where the row lies among the others at this replica.
        let place: UInt64
        /// Of a set or list: what its elements take, as `SizeLimit.value` counts.
        var weight = 0
    }

    /// The last entry applied.
    public private(set) var position: Position
    /// Tells replicas that execute the same statement apart.
    public var replica: UInt64
    /// How pages of a log are read, whatever they say of themselves; `nil` believes them.
    public var pageLayout: PageLayout?
    /// A planted bug: a row is the one that lies where another replica said, which counts deleted rows, too.
    var findsByPlace = false
    // Each type has a dictionary of its own, so that a large value is changed in its place.
    private var registers: [[UInt8]: Versioned<[UInt8]>] = [:]
    private var sets: [[UInt8]: Versioned<Set<[UInt8]>>] = [:]
    private var lists: [[UInt8]: Versioned<[[UInt8]]>] = [:]
    private var reservations: [[UInt8]: Versioned<Reservation>] = [:]

    private var places: UInt64 = 0
    /// The keys by the number of their page, where somebody keeps pages.
    private var pages: [UInt64: Set<[UInt8]>]?

    public init(position: Position = .start, replica: UInt64 = 0) {
        self.position = position
        self.replica = replica
    }

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
    /// What the elements of a set or list take, as `SizeLimit.value` counts.
    func weight(_ key: [UInt8]) -> Int { sets[key]?.weight ?? lists[key]?.weight ?? 0 }
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

    /// Does what an entry says before or after its turn; `settle` ends that.
    mutating func apply(_ change: Change, at position: Position) {
        self.position = position
        apply(change)
    }

    /// All entries up to there have been applied, in whatever order.
    mutating func settle(at position: Position) { self.position = position }

    /// Does what an entry says, at the position that the state has.
    mutating func apply(_ change: Change) {
        switch change {
        case .noop, .timeline: break
        case .put(let key, let value): if let key = findsByPlace ? keyInPlace(of: key) : key { put(key, value) }
        case .delete(let key): forget(key)
        case .increment(let key, let amount): increment(key, by: amount)
        case .add(let key, let elements):
            add(elements, to: key)
            sets[key]?.version = position
        case .remove(let key, let elements): remove(elements, from: key)
        case .append(let key, let elements):
            append(elements, to: key)
            lists[key]?.version = position
        case .reserve(let slot, let holder, let operation):
            reserve(slot, Reservation(holder: holder, operation: operation), version: position)
        case .batch(let changes): changes.forEach { apply($0) }
        case .statement(let record): execute(record)
        case .pages(let pages): pages.forEach { apply($0) }
        }
    }

    private func keyInPlace(of key: [UInt8]) -> [UInt8]? {
        guard let place = registers[key]?.place else { return key }
        let keys = keysInRowOrder
        return place <= keys.count ? keys[Int(place) - 1] : nil
    }

    private mutating func execute(_ record: StatementRecord) {
        guard let statement = try? Statement(record.text) else { return }
        let surroundings = record.surroundings(at: replica, lsn: position.lsn)
        statement.evaluate(on: self, in: surroundings).changes.forEach { apply($0) }
    }

    private mutating func forget(_ key: [UInt8], but kept: StoredValue.Kind? = nil) {
        guard let there = kind(of: key), there != kept else { return }
        registers[key] = nil
        sets[key] = nil
        lists[key] = nil
        reservations[key] = nil
        pages?[PageImage.number(of: key)]?.remove(key)
    }

    private mutating func newPlace(_ key: [UInt8]) -> UInt64 {
        pages?[PageImage.number(of: key), default: []].insert(key)
        places += 1
        return places
    }

    private mutating func put(_ key: [UInt8], _ value: [UInt8], version: Position? = nil) {
        if let index = registers.index(forKey: key) {
            registers.values[index].value = value
            registers.values[index].version = version ?? position
        } else {
            forget(key)
            registers[key] = Versioned(value: value, version: version ?? position, place: newPlace(key))
        }
    }

    /// A replica that was led astray may hold what is no number there: it leaves that as it is.
    private mutating func increment(_ key: [UInt8], by amount: Int64) {
        guard let number = IntegerText.parse(registers[key]?.value ?? IntegerText.text(0)) else { return }
        put(key, IntegerText.text(number &+ amount))
    }

    private mutating func add(_ elements: [[UInt8]], to key: [UInt8], version: Position? = nil) {
        if sets[key] == nil {
            forget(key)
            sets[key] = Versioned(value: [], version: version ?? position, place: newPlace(key))
        }
        guard let index = sets.index(forKey: key) else { return }
        for element in elements where sets.values[index].value.insert(element).inserted {
            sets.values[index].weight += element.count + SizeLimit.element
        }
    }

    private mutating func append(_ elements: [[UInt8]], to key: [UInt8], version: Position? = nil) {
        if lists[key] == nil {
            forget(key)
            lists[key] = Versioned(value: [], version: version ?? position, place: newPlace(key))
        }
        lists[key]?.value += elements
        lists[key]?.weight += SizeLimit.weight(elements)
    }

    private mutating func reserve(_ slot: [UInt8], _ reservation: Reservation, version: Position) {
        let place = reservations[slot]?.place
        if place == nil { forget(slot) }
        reservations[slot] = Versioned(value: reservation, version: version, place: place ?? newPlace(slot))
    }

    private mutating func remove(_ elements: [[UInt8]], from key: [UInt8]) {
        for element in elements where sets[key]?.value.remove(element) != nil {
            sets[key]?.weight -= element.count + SizeLimit.element
        }
        sets[key]?.version = position
        if sets[key]?.value.isEmpty == true { forget(key) }
    }

    // MARK: Rows

    /// All keys in order.
    public var sortedKeys: [[UInt8]] {
        let keys = [Array(registers.keys), Array(sets.keys), Array(lists.keys), Array(reservations.keys)]
        return keys.joined().sorted { $0.lexicographicallyPrecedes($1) }
    }

    /// All keys in the order in which their rows lie at this replica: that in which they came to be here.
    public var keysInRowOrder: [[UInt8]] {
        var keys = registers.map { ($0.value.place, $0.key) }
        keys += sets.map { ($0.value.place, $0.key) }
        keys += lists.map { ($0.value.place, $0.key) }
        keys += reservations.map { ($0.value.place, $0.key) }
        return keys.sorted { $0.0 < $1.0 }.map(\.1)
    }

    /// The keys of registers that begin so, in the order of rows.
    func registersInRowOrder(from prefix: [UInt8]) -> [[UInt8]] {
        let found = registers.filter { $0.key.starts(with: prefix) }
        return found.sorted { $0.value.place < $1.value.place }.map(\.key)
    }

    /// From now on the keys of a page are known without looking at all keys.
    public mutating func keepPages() {
        guard pages == nil else { return }
        pages = Dictionary(grouping: sortedKeys) { PageImage.number(of: $0) }.mapValues { Set($0) }
    }

    func keysOfPage(_ number: UInt64) -> [[UInt8]] {
        guard let pages else { return sortedKeys.filter { PageImage.number(of: $0) == number } }
        return (pages[number] ?? []).sorted { $0.lexicographicallyPrecedes($1) }
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
        case .register(let value): put(row.key, value, version: row.version)
        case .set(let elements): add(elements, to: row.key, version: row.version)
        case .list(let elements): append(elements, to: row.key, version: row.version)
        case .reservation(let value): reserve(row.key, value, version: row.version)
        }
    }

    /// A state with these keys alone; it shares their values until one of both changes them.
    func excerpt(_ keys: [[UInt8]]) -> Store {
        var copy = Store(position: position, replica: replica)
        copy.places = places
        for key in keys {
            copy.registers[key] = registers[key]
            copy.sets[key] = sets[key]
            copy.lists[key] = lists[key]
            copy.reservations[key] = reservations[key]
        }
        return copy
    }

    /// Equal stores have equal hashes, whatever their versions.
    public var contentHash: UInt64 { rows.contentHash }
}

extension Store {
    /// Whether a register or list that a change grows stays within `SizeLimit.value`.
    func hasRoom(for change: Change) -> Bool {
        switch change {
        case .append(let key, let elements): weight(key) + SizeLimit.weight(elements) <= SizeLimit.value
        case .put(_, let value): value.count <= SizeLimit.value
        default: true
        }
    }
}

extension [StoredRow] {
    /// FNV-1a over keys and values in order.
    var contentHash: UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for row in self {
            var writer = ByteWriter()
            writer.counted(row.key)
            writer.value(row.value)
            for byte in writer.bytes { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        }
        return hash
    }
}
