/// One message between nodes: `len u32 | crc32c u32 | proto u8 | type u8 | epoch u64 | from u16 | seq u64 | payload`.
///
/// Numbers are little-endian. `len` counts, and the checksum covers, everything behind the checksum.
public struct PeerFrame: Hashable, Sendable {
    /// What the connection is for.
    public var proto: UInt8
    public var type: UInt8
    /// The sender's timeline or term.
    public var epoch: UInt64
    /// The sender's place in the list of members.
    public var from: UInt16
    /// Counts the frames of a connection, from 1.
    public var sequence: UInt64
    public var payload: [UInt8]

    public init(
        proto: UInt8 = PeerFrame.stream, type: UInt8, epoch: UInt64, from: UInt16, sequence: UInt64,
        payload: [UInt8]
    ) {
        self.proto = proto
        self.type = type
        self.epoch = epoch
        self.from = from
        self.sequence = sequence
        self.payload = payload
    }

    /// Messages of a stream: in order and without loss, while the connection lasts.
    public static let stream: UInt8 = 1
    /// Messages that stand alone; the first frame says who sends them.
    public static let messages: UInt8 = 2
    /// The largest payload: a batch of entries or a piece of a snapshot, with room for one large value.
    public static let payloadLimit = 32 * 1024 * 1024
    /// Whether a receiver takes it.
    public var fits: Bool { payload.count <= Self.payloadLimit }
    /// Bytes of the fields that the checksum covers.
    static let fixedSize = 20

    /// The frame on the wire; it must fit.
    public var encoded: [UInt8] {
        precondition(fits, "a payload is larger than any receiver takes")
        var body: [UInt8] = []
        body.reserveCapacity(Self.fixedSize + payload.count)
        body.append(proto)
        body.append(type)
        body.appendLittleEndian(epoch)
        body.appendLittleEndian(from)
        body.appendLittleEndian(sequence)
        body += payload
        var bytes: [UInt8] = []
        bytes.reserveCapacity(8 + body.count)
        bytes.appendLittleEndian(UInt32(body.count))
        bytes.appendLittleEndian(CRC32C.of(body))
        bytes += body
        return bytes
    }
}

extension [UInt8] {
    /// Appends a number, its lowest byte first.
    public mutating func appendLittleEndian(_ value: some FixedWidthInteger & UnsignedInteger) {
        var rest = UInt64(value)
        for _ in 0..<(type(of: value).bitWidth / 8) {
            append(UInt8(truncatingIfNeeded: rest))
            rest >>= 8
        }
    }

    /// The number whose lowest byte stands at `offset`; the bytes must be there.
    public func littleEndian<Number: FixedWidthInteger & UnsignedInteger>(
        at offset: Int, as type: Number.Type = Number.self
    ) -> Number {
        var value: UInt64 = 0
        for index in (0..<(Number.bitWidth / 8)).reversed() {
            value = value << 8 | UInt64(self[offset + index])
        }
        return Number(truncatingIfNeeded: value)
    }
}
