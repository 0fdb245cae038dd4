/// Writes the fields of messages, entries and snapshots: variable-length integers and counted bytes.
public struct ByteWriter: Sendable {
    public var bytes: [UInt8] = []

    public init() {}

    public mutating func byte(_ value: UInt8) { bytes.append(value) }

    /// Seven bits a byte, the lowest first.
    public mutating func number(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    /// Near 0 on either side is short.
    public mutating func signed(_ value: Int64) {
        number(UInt64(bitPattern: value << 1) ^ UInt64(bitPattern: value >> 63))
    }

    public mutating func elements(_ values: [[UInt8]]) {
        number(UInt64(values.count))
        values.forEach { counted($0) }
    }

    public mutating func counted(_ value: [UInt8]) {
        number(UInt64(value.count))
        bytes += value
    }

    public mutating func text(_ value: String) { counted(Array(value.utf8)) }

    public mutating func position(_ value: Position) {
        number(UInt64(value.timeline))
        number(value.lsn)
    }
}

/// Bytes that do not say what they should.
public struct DecodingFailure: Error, Hashable, Sendable, CustomStringConvertible {
    public var what: String

    public init(_ what: String) { self.what = what }

    public var description: String { "malformed bytes: \(what)" }
}

/// Reads what `ByteWriter` wrote; every read is checked against the end.
public struct ByteReader: Sendable {
    private let bytes: [UInt8]
    private var offset = 0

    public init(_ bytes: [UInt8]) { self.bytes = bytes }

    public var isAtEnd: Bool { offset == bytes.count }

    public mutating func byte() throws(DecodingFailure) -> UInt8 {
        guard offset < bytes.count else { throw DecodingFailure("ended too early") }
        defer { offset += 1 }
        return bytes[offset]
    }

    public mutating func number() throws(DecodingFailure) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while shift < 64 {
            let next = try byte()
            value |= UInt64(next & 0x7F) << shift
            if next < 0x80 { return value }
            shift += 7
        }
        throw DecodingFailure("a number of more than 64 bits")
    }

    public mutating func signed() throws(DecodingFailure) -> Int64 {
        let value = try number()
        return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }

    public mutating func elements() throws(DecodingFailure) -> [[UInt8]] {
        var result: [[UInt8]] = []
        for _ in 0..<(try count()) { result.append(try counted()) }
        return result
    }

    public mutating func timeline() throws(DecodingFailure) -> UInt32 {
        guard let value = UInt32(exactly: try number()) else {
            throw DecodingFailure("a timeline of more than 32 bits")
        }
        return value
    }

    public mutating func counted() throws(DecodingFailure) -> [UInt8] {
        let count = try number()
        guard count <= UInt64(bytes.count - offset) else {
            throw DecodingFailure("\(count) bytes announced, \(bytes.count - offset) there")
        }
        defer { offset += Int(count) }
        return Array(bytes[offset..<offset + Int(count)])
    }

    public mutating func text() throws(DecodingFailure) -> String {
        String(decoding: try counted(), as: UTF8.self)
    }

    /// Throws `DecodingFailure` for a place that no log reaches, so that there is always one behind it.
    public mutating func position() throws(DecodingFailure) -> Position {
        let position = Position(timeline: try timeline(), lsn: try number())
        guard position.lsn <= Self.lastPlace else { throw DecodingFailure("a log of \(position.lsn) records") }
        return position
    }

    private static let lastPlace: LSN = 1 << 62

    /// A count of things that follow, each at least one byte long.
    public mutating func count() throws(DecodingFailure) -> Int {
        let value = try number()
        guard value <= UInt64(bytes.count - offset) else {
            throw DecodingFailure("\(value) items announced, \(bytes.count - offset) bytes there")
        }
        return Int(value)
    }

    public func finish() throws(DecodingFailure) {
        guard isAtEnd else { throw DecodingFailure("\(bytes.count - offset) bytes too many") }
    }
}
