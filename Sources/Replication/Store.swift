/// What a key holds.
public enum StoredValue: Hashable, Sendable {
    case register([UInt8])
    /// Ascending.
    case set([[UInt8]])
}

/// One key with its value and the position of the entry that last changed it.
public struct StoredRow: Hashable, Sendable {
    public var key: [UInt8]
    public var value: StoredValue
    public var version: Position

    public init(key: [UInt8], value: StoredValue, version: Position) {
        self.key = key
        self.value = value
        self.version = version
    }
}

/// The state that a prefix of the log makes.
public struct Store: Sendable {
    private struct Register: Sendable {
        var value: [UInt8]
        var version: Position
    }

    private struct Members: Sendable {
        var elements: Set<[UInt8]> = []
        var version: Position
    }

    /// The last entry applied.
    public private(set) var position: Position
    private var registers: [[UInt8]: Register] = [:]
    private var sets: [[UInt8]: Members] = [:]

    public init(position: Position = .start) { self.position = position }

    public var count: Int { registers.count + sets.count }

    public func register(_ key: [UInt8]) -> [UInt8]? { registers[key]?.value }
    public func isSet(_ key: [UInt8]) -> Bool { sets[key] != nil }
    public func isMember(_ element: [UInt8], of key: [UInt8]) -> Bool {
        sets[key]?.elements.contains(element) ?? false
    }
    public func memberCount(_ key: [UInt8]) -> Int { sets[key]?.elements.count ?? 0 }

    /// The elements of a set, ascending; empty where there is none.
    public func members(_ key: [UInt8]) -> [[UInt8]] {
        sets[key]?.elements.sorted { $0.lexicographicallyPrecedes($1) } ?? []
    }

    /// Where a key was last changed; `nil` when it is absent.
    public func version(_ key: [UInt8]) -> Position? {
        registers[key]?.version ?? sets[key]?.version
    }

    /// Applies the next entry.
    public mutating func apply(_ entry: LogEntry) {
        precondition(entry.lsn == position.lsn + 1, "entries are applied in order, none twice")
        position = entry.position
        switch entry.change {
        case .noop, .timeline: break
        case .put(let key, let value):
            sets[key] = nil
            registers[key] = Register(value: value, version: position)
        case .delete(let key):
            registers[key] = nil
            sets[key] = nil
        case .add(let key, let elements):
            registers[key] = nil
            sets[key, default: Members(version: position)].elements.formUnion(elements)
            sets[key]?.version = position
        case .remove(let key, let elements):
            elements.forEach { _ = sets[key]?.elements.remove($0) }
            sets[key]?.version = position
            if sets[key]?.elements.isEmpty == true { sets[key] = nil }
        }
    }

    /// All keys in order.
    public var sortedKeys: [[UInt8]] {
        (Array(registers.keys) + Array(sets.keys)).sorted { $0.lexicographicallyPrecedes($1) }
    }

    public func row(_ key: [UInt8]) -> StoredRow? {
        if let register = registers[key] {
            return StoredRow(key: key, value: .register(register.value), version: register.version)
        }
        guard let set = sets[key] else { return nil }
        return StoredRow(key: key, value: .set(members(key)), version: set.version)
    }

    /// Everything, in the order of keys.
    public var rows: [StoredRow] { sortedKeys.compactMap(row) }

    /// Takes over a row of a snapshot.
    mutating func load(_ row: StoredRow) {
        switch row.value {
        case .register(let value):
            registers[row.key] = Register(value: value, version: row.version)
        case .set(let elements):
            // A large set comes in several rows.
            sets[row.key, default: Members(version: row.version)].elements.formUnion(elements)
        }
    }

    /// FNV-1a over keys and values in order: equal stores have equal hashes, whatever their versions.
    public var contentHash: UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        func mix(_ bytes: [UInt8]) {
            for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        }
        for row in rows {
            var writer = ByteWriter()
            writer.counted(row.key)
            switch row.value {
            case .register(let value):
                writer.byte(0)
                writer.counted(value)
            case .set(let elements):
                writer.byte(1)
                writer.number(UInt64(elements.count))
                elements.forEach { writer.counted($0) }
            }
            mix(writer.bytes)
        }
        return hash
    }
}
