/// The Castagnoli checksum (polynomial 0x1EDC6F41, reflected), of peer frames, log records and snapshots.
public enum CRC32C {
    /// The checksum of the bytes; of no bytes it is 0.
    public static func of(_ bytes: [UInt8]) -> UInt32 { ~update(~0, bytes.span) }

    public static func of(_ bytes: ArraySlice<UInt8>) -> UInt32 { ~update(~0, bytes.span) }

    /// Eight bytes at a time: eight tables, one for each distance from the end of the word.
    private static func update(_ start: UInt32, _ bytes: Span<UInt8>) -> UInt32 {
        let table = tables.span
        var crc = start
        var index = 0
        while index + 8 <= bytes.count {
            let low = crc ^ word(bytes, index)
            let high = word(bytes, index + 4)
            crc = table[1792 + Int(low & 0xFF)] ^ table[1536 + Int(low >> 8 & 0xFF)]
            crc ^= table[1280 + Int(low >> 16 & 0xFF)] ^ table[1024 + Int(low >> 24)]
            crc ^= table[768 + Int(high & 0xFF)] ^ table[512 + Int(high >> 8 & 0xFF)]
            crc ^= table[256 + Int(high >> 16 & 0xFF)] ^ table[Int(high >> 24)]
            index += 8
        }
        while index < bytes.count {
            crc = crc >> 8 ^ table[Int((crc ^ UInt32(bytes[index])) & 0xFF)]
            index += 1
        }
        return crc
    }

    private static func word(_ bytes: Span<UInt8>, _ index: Int) -> UInt32 {
        let low = UInt32(bytes[index]) | UInt32(bytes[index + 1]) << 8
        return low | UInt32(bytes[index + 2]) << 16 | UInt32(bytes[index + 3]) << 24
    }

    /// Table `n` holds the checksum of a byte followed by `n` zero bytes.
    private static let tables: [UInt32] = {
        var tables = [UInt32](repeating: 0, count: 8 * 256)
        for byte in 0..<256 {
            var crc = UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 0 ? crc >> 1 : crc >> 1 ^ 0x82F6_3B78 }
            tables[byte] = crc
        }
        for index in 256..<tables.count {
            let shorter = tables[index - 256]
            tables[index] = shorter >> 8 ^ tables[Int(shorter & 0xFF)]
        }
        return tables
    }()
}
