internal import Replication
internal import WireProtocol

/// A record on disk: `len u32 | crc32c u32 | timeline u32 | lsn u64 | kind u8 | payload`, little-endian.
///
/// `len` counts, and the checksum covers, everything behind the checksum.
enum LogRecord {
    static let headSize = 8
    static let fixedSize = 13
    /// No record is longer, so a longer one is damage.
    static let sizeLimit = 64 * 1024 * 1024

    static func append(_ record: StoredRecord, to bytes: inout [UInt8]) {
        bytes.appendLittleEndian(UInt32(fixedSize + record.payload.count))
        let checksum = bytes.count
        bytes.appendLittleEndian(UInt32(0))
        bytes.appendLittleEndian(record.timeline)
        bytes.appendLittleEndian(record.lsn)
        bytes.append(record.kind)
        bytes += record.payload
        let sum = CRC32C.of(bytes[(checksum + 4)...])
        for index in 0..<4 { bytes[checksum + index] = UInt8(truncatingIfNeeded: sum >> (8 * UInt32(index))) }
    }

    /// The record that begins at `offset` and where the next one begins; `nil` when there is none that is whole.
    static func read(_ bytes: [UInt8], at offset: Int) -> (record: StoredRecord, next: Int)? {
        guard bytes.count - offset >= headSize + fixedSize else { return nil }
        let length = Int(bytes.littleEndian(at: offset, as: UInt32.self))
        guard length >= fixedSize, length <= sizeLimit, bytes.count - offset - headSize >= length else {
            return nil
        }
        let start = offset + headSize
        let body = bytes[start..<start + length]
        guard CRC32C.of(body) == bytes.littleEndian(at: offset + 4, as: UInt32.self) else { return nil }
        let record = StoredRecord(
            timeline: bytes.littleEndian(at: start), lsn: bytes.littleEndian(at: start + 4),
            kind: bytes[start + 12], payload: Array(body.dropFirst(fixedSize)))
        return (record, start + length)
    }

    /// A record that was torn off, taken for a whole one: a bug that is switched on to be caught.
    static func torn(_ bytes: [UInt8], at offset: Int) -> StoredRecord? {
        guard bytes.count - offset >= headSize + fixedSize else { return nil }
        let start = offset + headSize
        return StoredRecord(
            timeline: bytes.littleEndian(at: start), lsn: bytes.littleEndian(at: start + 4),
            kind: bytes[start + 12], payload: Array(bytes[(start + fixedSize)...]))
    }

    /// Where the first record behind `lsn` begins, as far as whole records reach; `nil` if there is none.
    static func offset(behind lsn: LSN, in bytes: [UInt8]) -> Int? {
        var offset = 0
        while let (record, next) = read(bytes, at: offset) {
            if record.lsn > lsn { return offset }
            offset = next
        }
        return nil
    }

    /// Whether a whole record of a later entry stands anywhere behind `offset`: then the bad bytes before it are
    /// damage, and not a write that a crash cut off.
    static func follows(_ bytes: [UInt8], after offset: Int, lsn: LSN) -> Bool {
        next(bytes, after: offset, lsn: lsn) != nil
    }

    /// The first whole record of a later entry behind `offset`.
    static func next(_ bytes: [UInt8], after offset: Int, lsn: LSN) -> (lsn: LSN, offset: Int)? {
        var index = offset + 1
        while index + headSize + fixedSize <= bytes.count {
            let candidate: LSN = bytes.littleEndian(at: index + headSize + 4)
            if candidate > lsn, candidate - lsn < 1_000_000, read(bytes, at: index) != nil {
                return (candidate, index)
            }
            index += 1
        }
        return nil
    }
}
