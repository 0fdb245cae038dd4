/// Which included transactions write which keys.
struct KeyWriters {
    /// Keys written by a transaction, each once and ascending: `entries(t)`.
    private(set) var firstKey: [Int32] = [0]
    private(set) var writtenKey: [Int32] = []
    /// By entry of `writtenKey`: the version that the transaction left there.
    private(set) var version: [Int32] = []
    /// Writers of key `k`, ascending: `writers(k)`.
    private(set) var firstWriter: [Int32] = []
    private(set) var writer: [Int32] = []

    init(_ reads: ReadsFrom) {
        let table = reads.table
        var counts = [Int32](repeating: 0, count: table.keyCount + 1)
        for transaction in 0..<table.count {
            if reads.isIncluded[transaction] {
                for micro in table.micros(transaction) where reads.isLastWrite(micro) {
                    insert(table.key[micro], table.value[micro], from: Int(firstKey[transaction]))
                    counts[Int(table.key[micro]) + 1] += 1
                }
            }
            firstKey.append(Int32(writtenKey.count))
        }
        for key in 0..<table.keyCount { counts[key + 1] += counts[key] }
        firstWriter = counts
        writer = [Int32](repeating: 0, count: writtenKey.count)
        for transaction in 0..<table.count {
            for entry in firstKey[transaction]..<firstKey[transaction + 1] {
                let key = Int(writtenKey[Int(entry)])
                writer[Int(counts[key])] = Int32(transaction)
                counts[key] += 1
            }
        }
    }

    /// Adds a key to those from `first` on, which ascend: transactions write few keys.
    private mutating func insert(_ key: Int32, _ left: Int32, from first: Int) {
        writtenKey.append(key)
        version.append(left)
        var place = writtenKey.count - 1
        while place > first, writtenKey[place - 1] > key {
            writtenKey.swapAt(place - 1, place)
            version.swapAt(place - 1, place)
            place -= 1
        }
    }

    /// The entries of `writtenKey` of a transaction.
    func entries(_ transaction: Int) -> Range<Int> {
        Int(firstKey[transaction])..<Int(firstKey[transaction + 1])
    }

    /// The positions in `writer` of a key's writers.
    func positions(_ key: Int) -> Range<Int> {
        Int(firstWriter[key])..<Int(firstWriter[key + 1])
    }

    /// The version that a transaction left of a key, `nil` if it does not write it.
    func version(_ transaction: Int, of key: Int) -> Int? {
        var (low, high) = (Int(firstKey[transaction]), Int(firstKey[transaction + 1]))
        let end = high
        while low < high {
            let middle = (low + high) / 2
            if Int(writtenKey[middle]) < key { low = middle + 1 } else { high = middle }
        }
        return low < end && Int(writtenKey[low]) == key ? Int(version[low]) : nil
    }

    /// Whether a transaction writes a key.
    func writes(_ transaction: Int, _ key: Int) -> Bool {
        version(transaction, of: key) != nil
    }
}
