/// A column in which most rows hold nothing: rows with their contents while they are few, every row once they are not.
struct SparseColumn: Sendable {
    /// What a row holds that was never set.
    private let nothing: UInt32
    /// The rows that hold something, ascending; empty once `all` is used.
    private var rows: [Int32] = []
    private var contents: [UInt32] = []
    private var all: [UInt32] = []

    init(nothing: UInt32) { self.nothing = nothing }

    /// Sets a row; rows come in ascending order, each at most once.
    mutating func append(_ content: UInt32, row: Int) {
        guard content != nothing else { return }
        if !all.isEmpty { return appendDense(content, row) }
        rows.append(Int32(truncatingIfNeeded: row))
        contents.append(content)
        // A pair takes as much as two rows of a full column, and is slower to find: with every answer carrying metadata,
        // which is every other event, the full column is better.
        if rows.count >= 64, 5 * rows.count > 2 * row { fill() }
    }

    /// Sets a row that may have been set before.
    mutating func replace(_ content: UInt32, row: Int) {
        guard all.isEmpty else {
            while all.count <= row { all.append(nothing) }
            all[row] = content
            return
        }
        let place = rows.partitioningIndex { $0 >= row }
        if place == rows.count || rows[place] != row {
            rows.insert(Int32(truncatingIfNeeded: row), at: place)
            contents.insert(content, at: place)
        }
        contents[place] = content
    }

    subscript(row: Int) -> UInt32 {
        if !all.isEmpty { return row < all.count ? all[row] : nothing }
        guard !rows.isEmpty else { return nothing }
        let place = rows.partitioningIndex { $0 >= row }
        return place < rows.count && rows[place] == row ? contents[place] : nothing
    }

    private mutating func appendDense(_ content: UInt32, _ row: Int) {
        while all.count < row { all.append(nothing) }
        all.append(content)
    }

    private mutating func fill() {
        for (place, row) in rows.enumerated() { appendDense(contents[place], Int(row)) }
        rows = []
        contents = []
    }
}

extension Array {
    /// The first position whose element belongs to the second part, in an array that is so divided.
    func partitioningIndex(_ belongsToSecond: (Element) -> Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if belongsToSecond(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
