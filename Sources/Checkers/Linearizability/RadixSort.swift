/// Sorts words by some of their bits in linear time, keeping the order of those that are equal in them.
enum RadixSort {
    private static var digitBits: UInt64 { 11 }
    /// Below this, comparing is faster.
    private static var few: Int { 200 }

    /// Sorts by the bits from `low` on.
    static func sort(_ words: inout [UInt64], byBitsFrom low: UInt64) {
        guard words.count > few else {
            // The standard library's sort is stable, but does not promise it: the position decides.
            let order = words.indices.sorted { (words[$0] >> low, $0) < (words[$1] >> low, $1) }
            words = order.map { words[$0] }
            return
        }
        var differing: UInt64 = 0
        let first = words[0]
        for word in words { differing |= word ^ first }
        var other = [UInt64](repeating: 0, count: words.count)
        var shift = low
        while shift < 64, differing >> shift != 0 {
            distribute(words, &other, shift)
            swap(&words, &other)
            shift += digitBits
        }
    }

    private static func distribute(_ from: [UInt64], _ to: inout [UInt64], _ shift: UInt64) {
        let mask = UInt64(1) << digitBits - 1
        var starts = [Int](repeating: 0, count: Int(mask) + 1)
        for word in from { starts[Int(word >> shift & mask)] += 1 }
        var sum = 0
        for digit in starts.indices {
            let count = starts[digit]
            starts[digit] = sum
            sum += count
        }
        for word in from {
            let digit = Int(word >> shift & mask)
            to[starts[digit]] = word
            starts[digit] += 1
        }
    }
}
