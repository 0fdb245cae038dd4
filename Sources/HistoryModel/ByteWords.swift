/// Bytes compared and mixed eight at a time.
enum ByteWords {
    /// True if both ranges, of `count` bytes each, hold the same.
    @inline(__always)
    static func areEqual(_ left: UnsafeRawPointer, _ right: UnsafeRawPointer, count: Int) -> Bool {
        guard count >= 8 else { return unsafe short(left, count) == short(right, count) }
        var offset = 0
        while offset + 8 <= count {
            guard unsafe word(left + offset) == word(right + offset) else { return false }
            offset += 8
        }
        // The last word overlaps the one before: bytes compared twice cost less than bytes compared alone.
        return unsafe word(left + count - 8) == word(right + count - 8)
    }

    /// A hash of `count` bytes by folded multiplication; the same on every run, so that nothing depends on chance.
    @inline(__always)
    static func hash(_ bytes: UnsafeRawPointer, count: Int) -> UInt32 {
        var mixed = UInt64(truncatingIfNeeded: count) ^ 0x9E37_79B9_7F4A_7C15
        guard count >= 8 else { return unsafe folded(mix(mixed, short(bytes, count))) }
        var offset = 0
        while offset + 8 <= count {
            mixed = unsafe mix(mixed, word(bytes + offset))
            offset += 8
        }
        return unsafe folded(mix(mixed, word(bytes + count - 8)))
    }

    /// A hash of one word.
    @inline(__always)
    static func hash(_ word: UInt64) -> UInt32 { folded(mix(0x9E37_79B9_7F4A_7C15, word)) }

    @inline(__always)
    private static func mix(_ state: UInt64, _ word: UInt64) -> UInt64 {
        let product = (state ^ word ^ 0xA076_1D64_78BD_642F).multipliedFullWidth(by: 0xE703_7ED1_A0B4_28DB)
        return product.high ^ product.low
    }

    @inline(__always)
    private static func folded(_ mixed: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: mixed ^ mixed >> 32) }

    @inline(__always)
    private static func word(_ bytes: UnsafeRawPointer) -> UInt64 {
        unsafe bytes.loadUnaligned(as: UInt64.self)
    }

    /// Fewer than eight bytes as one word; different bytes of one length give different words.
    @inline(__always)
    private static func short(_ bytes: UnsafeRawPointer, _ count: Int) -> UInt64 {
        if count >= 4 {
            let low = unsafe bytes.loadUnaligned(as: UInt32.self)
            let high = unsafe (bytes + count - 4).loadUnaligned(as: UInt32.self)
            return UInt64(low) | UInt64(high) << 32
        }
        guard count > 0 else { return 0 }
        let first = unsafe bytes.load(as: UInt8.self)
        let middle = unsafe (bytes + count / 2).load(as: UInt8.self)
        let last = unsafe (bytes + count - 1).load(as: UInt8.self)
        return UInt64(first) | UInt64(middle) << 8 | UInt64(last) << 16
    }
}
