/// Byte strings in UTF-8, numbered from 0 in the order in which they first came.
///
/// Strings are the same if their bytes are: what a system under test tells apart is told apart here, also where Unicode
/// counts two spellings of a letter as one.
struct InternTable: Sendable {
    /// All strings, one after the other.
    private var bytes: [UInt8] = []
    /// Where each string ends in `bytes`.
    private var ends: [UInt32] = []
    /// Open addressing: the hash in the upper half, the number plus one in the lower; 0 is free.
    private var slots = [UInt64](repeating: 0, count: 16)

    var count: Int { ends.count }

    /// The number of a string, new if it has none yet.
    ///
    /// Throws `badSyntax` for what is no UTF-8, and `tooLarge` when `limit` strings are there already.
    @inline(__always)
    mutating func number(_ utf8: UnsafeRawBufferPointer, limit: Int) throws(HistoryError) -> Int {
        let hash = unsafe Self.hash(utf8)
        var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
        while slots[slot] != 0 {
            if let number = unsafe match(slots[slot], hash, utf8) { return number }
            slot = (slot + 1) & (slots.count - 1)
        }
        return try unsafe insert(utf8, hash, slot, limit)
    }

    /// The number of a string that is there.
    func find(_ utf8: UnsafeRawBufferPointer) -> Int? {
        let hash = unsafe Self.hash(utf8)
        var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
        while slots[slot] != 0 {
            if let number = unsafe match(slots[slot], hash, utf8) { return number }
            slot = (slot + 1) & (slots.count - 1)
        }
        return nil
    }

    subscript(number: Int) -> String {
        unsafe bytes.withUnsafeBytes { all in
            unsafe String(decoding: UnsafeRawBufferPointer(rebasing: all[range(number)]), as: UTF8.self)
        }
    }

    @inline(__always)
    private func range(_ number: Int) -> Range<Int> {
        (number == 0 ? 0 : Int(ends[number - 1]))..<Int(ends[number])
    }

    @inline(__always)
    private static func hash(_ utf8: UnsafeRawBufferPointer) -> UInt32 {
        guard let start = utf8.baseAddress else { return 0 }
        return unsafe ByteWords.hash(start, count: utf8.count)
    }

    @inline(__always)
    private func match(_ entry: UInt64, _ hash: UInt32, _ utf8: UnsafeRawBufferPointer) -> Int? {
        guard UInt32(truncatingIfNeeded: entry >> 32) == hash else { return nil }
        let number = Int(UInt32(truncatingIfNeeded: entry)) - 1
        let range = range(number)
        guard range.count == utf8.count else { return nil }
        let isSame = unsafe bytes.withUnsafeBytes { all in
            guard let mine = all.baseAddress, let other = utf8.baseAddress else { return true }
            return unsafe ByteWords.areEqual(mine + range.lowerBound, other, count: range.count)
        }
        return isSame ? number : nil
    }

    private mutating func insert(
        _ utf8: UnsafeRawBufferPointer, _ hash: UInt32, _ slot: Int, _ limit: Int
    ) throws(HistoryError) -> Int {
        guard ends.count < limit, let end = UInt32(exactly: bytes.count + utf8.count) else {
            throw HistoryError(.tooLarge, "more than \(ends.count) different names or strings")
        }
        guard unsafe utf8.allSatisfy({ $0 < 0x80 }) || String(validating: utf8, as: UTF8.self) != nil else {
            throw HistoryError(.badSyntax, "a string is not UTF-8")
        }
        unsafe bytes.append(contentsOf: utf8)
        ends.append(end)
        slots[slot] = UInt64(hash) << 32 | UInt64(ends.count)
        if 4 * ends.count > 3 * slots.count { grow() }
        return ends.count - 1
    }

    private mutating func grow() {
        let old = slots
        slots = [UInt64](repeating: 0, count: 2 * old.count)
        for entry in old where entry != 0 {
            var slot = Int(truncatingIfNeeded: entry >> 32) & (slots.count - 1)
            while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
            slots[slot] = entry
        }
    }
}

extension InternTable {
    mutating func number(_ text: String, limit: Int) throws(HistoryError) -> Int {
        var text = text
        let result = text.withUTF8 { utf8 in
            Result { () throws(HistoryError) in
                unsafe try number(UnsafeRawBufferPointer(utf8), limit: limit)
            }
        }
        return try result.get()
    }

    func find(_ text: String) -> Int? {
        var text = text
        return text.withUTF8 { unsafe find(UnsafeRawBufferPointer($0)) }
    }
}
