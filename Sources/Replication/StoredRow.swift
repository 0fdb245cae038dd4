/// What a key holds.
public enum StoredValue: Hashable, Sendable {
    case register([UInt8])
    /// Ascending.
    case set([[UInt8]])
    case list([[UInt8]])
    case reservation(Reservation)

    public enum Kind: Hashable, Sendable, CaseIterable { case register, set, list, reservation }
}

/// Who has a slot of a calendar, by which operation.
public struct Reservation: Hashable, Sendable {
    public var holder: [UInt8]
    public var operation: [UInt8]

    public init(holder: [UInt8], operation: [UInt8]) {
        self.holder = holder
        self.operation = operation
    }
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

extension StoredRow {
    /// Largest piece that rows are sent in, in bytes of content; a row larger than this goes alone.
    static let pieceLimit = 64 * 1024

    /// About how many bytes it takes in a message; for limits.
    var weight: Int { 32 + key.count + value.weight }

    /// A large set or list as several rows of the same key, to be loaded in this order.
    var parts: [StoredRow] {
        guard weight > Self.pieceLimit else { return [self] }
        switch value {
        case .register, .reservation: return [self]
        case .set(let elements): return slices(of: elements) { .set($0) }
        case .list(let elements): return slices(of: elements) { .list($0) }
        }
    }

    private func slices(of elements: [[UInt8]], _ value: ([[UInt8]]) -> StoredValue) -> [StoredRow] {
        var parts: [StoredRow] = []
        var rest = elements[...]
        while !rest.isEmpty {
            let slice = rest.prefix(1024).first(bytes: Self.pieceLimit, \.count)
            rest = rest.dropFirst(slice.count)
            parts.append(StoredRow(key: key, value: value(slice), version: version))
        }
        return parts
    }
}

extension StoredValue {
    /// About how many bytes it takes in a message; for limits.
    var weight: Int {
        switch self {
        case .register(let bytes): bytes.count
        case .set(let elements), .list(let elements): elements.reduce(0) { $0 + $1.count + 2 }
        case .reservation(let value): 2 + value.holder.count + value.operation.count
        }
    }
}

extension ByteWriter {
    public mutating func row(_ row: StoredRow) {
        counted(row.key)
        position(row.version)
        value(row.value)
    }

    mutating func value(_ value: StoredValue) {
        switch value {
        case .register(let value):
            byte(0)
            counted(value)
        case .set(let elements):
            byte(1)
            self.elements(elements)
        case .list(let elements):
            byte(2)
            self.elements(elements)
        case .reservation(let value):
            byte(3)
            counted(value.holder)
            counted(value.operation)
        }
    }
}

extension ByteReader {
    public mutating func row() throws(DecodingFailure) -> StoredRow {
        let key = try counted()
        let version = try position()
        return StoredRow(key: key, value: try value(), version: version)
    }

    mutating func value() throws(DecodingFailure) -> StoredValue {
        switch try byte() {
        case 0: .register(try counted())
        case 1: .set(try elements())
        case 2: .list(try elements())
        case 3: .reservation(Reservation(holder: try counted(), operation: try counted()))
        case let other: throw DecodingFailure("row of unknown kind \(other)")
        }
    }
}
