/// Numbers of versions by key and value, for millions of them: open addressing, made for as many as it will hold.
struct VersionMap {
    private struct Entry {
        /// 0 while it is free.
        var tag: UInt64 = 0
        var number: Int32 = -1
    }

    private var entries: [Entry]
    private let mask: Int

    init(capacity: Int) {
        var size = 16
        while size < 2 * capacity { size *= 2 }
        entries = Array(repeating: Entry(), count: size)
        mask = size - 1
    }

    /// The number of a value of a key, -1 if it has none.
    func find(_ key: Int32, _ value: UInt32) -> Int32 {
        let tag = Self.tag(key, value)
        var slot = home(tag)
        while entries[slot].tag != tag {
            if entries[slot].tag == 0 { return -1 }
            slot = (slot + 1) & mask
        }
        return entries[slot].number
    }

    /// The number that a value of a key has already; failing that, -1, and it has this one from now on.
    mutating func insert(_ key: Int32, _ value: UInt32, _ number: Int32) -> Int32 {
        let tag = Self.tag(key, value)
        var slot = home(tag)
        while entries[slot].tag != 0 {
            if entries[slot].tag == tag { return entries[slot].number }
            slot = (slot + 1) & mask
        }
        entries[slot] = Entry(tag: tag, number: number)
        return -1
    }

    /// Never 0: keys count from 1 here.
    private static func tag(_ key: Int32, _ value: UInt32) -> UInt64 {
        UInt64(UInt32(bitPattern: key) &+ 1) << 32 | UInt64(value)
    }

    /// Four numbers that follow one another share a line of the cache.
    private func home(_ tag: UInt64) -> Int {
        var hash = (tag >> 2) &* 0x9E37_79B9_7F4A_7C15
        hash ^= hash >> 32
        return Int(truncatingIfNeeded: (hash << 2) | (tag & 3)) & mask
    }
}
