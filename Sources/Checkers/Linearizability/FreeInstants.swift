/// Instants that are covered one stretch after another, and never freed (union-find with path halving).
struct FreeInstants {
    /// By rank: itself if the instant is free, otherwise a later one that leads to the next free one.
    private var next: [Int32]
    /// By rank from -1 on: itself if the instant is free, otherwise an earlier one that leads to the free one before.
    private var previous: [Int32]
    private let count: Int32

    /// The ranks `0..<count` are free; `count` and -1 stand for none.
    init(count: Int) {
        next = (0...Int32(count)).map(\.self)
        previous = (-1..<Int32(count)).map(\.self)
        self.count = Int32(count)
    }

    /// The first free rank from this one on, `nil` if there is none up to `last`.
    mutating func first(from rank: Int32, to last: Int32) -> Int32? {
        let free = first(from: rank)
        return free <= last && free < count ? free : nil
    }

    /// The last free rank before this one, `nil` if there is none from `first` on.
    mutating func last(before rank: Int32, from first: Int32) -> Int32? {
        var rank = rank - 1
        while previous[rank + 1] != rank {
            previous[rank + 1] = previous[previous[rank + 1] + 1]
            rank = previous[rank + 1]
        }
        return rank >= first && rank >= 0 ? rank : nil
    }

    /// Covers the ranks between two, both excluded.
    mutating func cover(between low: Int32, and high: Int32) {
        var rank = first(from: low + 1)
        while rank < high {
            next[rank] = rank + 1
            previous[rank + 1] = rank - 1
            rank = first(from: rank + 1)
        }
    }

    private mutating func first(from rank: Int32) -> Int32 {
        var rank = min(rank, count)
        while next[rank] != rank {
            next[rank] = next[next[rank]]
            rank = next[rank]
        }
        return rank
    }
}

/// The instants at which something of one object begins or ends, by rank: in between nothing is different.
struct OwnInstants {
    /// Ascending, each once.
    private(set) var instants: [Int32] = []
    /// By instant: its rank, while there are not many more instants than ranks.
    private var ranks: [Int32] = []

    init(_ operations: ObjectOperations) {
        let ends = operations.ret.lazy.filter { $0 != .max }
        let highest = Int(max(operations.call.last ?? 0, ends.max() ?? 0))
        if highest < 8 * operations.count + 64 {
            ranks = [Int32](repeating: 0, count: highest + 1)
            for instant in operations.call { ranks[instant] = 1 }
            for instant in ends { ranks[instant] = 1 }
            for instant in ranks.indices {
                if ranks[instant] == 1 { instants.append(Int32(instant)) }
                ranks[instant] = Int32(instants.count) - ranks[instant]
            }
        } else {
            for instant in (operations.call + ends).sorted() where instants.last != instant {
                instants.append(instant)
            }
        }
    }

    /// The rank of an instant of the object; the number of ranks for `Int32.max`.
    func rank(_ instant: Int32) -> Int32 {
        guard instant < .max else { return Int32(instants.count) }
        return ranks.isEmpty ? Int32(instants.partitioningIndex { $0 >= instant }) : ranks[instant]
    }
}
