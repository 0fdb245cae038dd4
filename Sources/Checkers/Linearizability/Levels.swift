/// Groups of operations that must take effect one group after the other, those of one group in any order.
///
/// There is such an order exactly if no operation of a later level returned before one of an earlier level was invoked.
struct Levels {
    /// By position: the level of the operation, -1 if it does not take effect.
    let level: [Int32]
    /// Levels are `0..<count`.
    let count: Int

    init(_ level: [Int32], count: Int) {
        self.level = level
        self.count = count
    }

    /// Pairs of operations in the wrong order: `early`, of a later level, returned before `late` was invoked. Each late
    /// operation is named once, with one of the next levels that came too early.
    func inversions(_ operations: ObjectOperations) -> [(early: Int32, late: Int32)] {
        var first = [Int32](repeating: -1, count: count)
        var last = first
        for (position, level) in level.enumerated() where level >= 0 {
            if first[level] < 0 || operations.ret[position] < operations.ret[first[level]] {
                first[level] = Int32(position)
            }
            // Positions are in the order of invocations.
            last[level] = Int32(position)
        }
        var found: [(early: Int32, late: Int32)] = []
        var latest: Int32 = -1
        for level in first.indices where first[level] >= 0 {
            if latest >= 0, operations.ret[first[level]] < operations.call[latest], found.last?.late != latest {
                found.append((first[level], latest))
            }
            if latest < 0 || operations.call[last[level]] > operations.call[latest] { latest = last[level] }
        }
        return found
    }

    /// By level: the operation of it and of all levels before it that was invoked last, -1 for none.
    func latestCalls(_ operations: ObjectOperations) -> [Int32] {
        var latest = [Int32](repeating: -1, count: count)
        for (position, level) in level.enumerated() where level >= 0 { latest[level] = Int32(position) }
        for level in latest.indices.dropFirst() { latest[level] = max(latest[level], latest[level - 1]) }
        return latest
    }

    /// The positions of the operations that take effect, level after level, those of one level in the order of their
    /// invocations: an order of real time too if there are no inversions.
    func order() -> [Int32] {
        var starts = [Int32](repeating: 0, count: count + 1)
        for level in level where level >= 0 { starts[level + 1] += 1 }
        for index in 0..<count { starts[index + 1] += starts[index] }
        var order = [Int32](repeating: 0, count: Int(starts[count]))
        for (position, level) in level.enumerated() where level >= 0 {
            order[starts[level]] = Int32(position)
            starts[level] += 1
        }
        return order
    }
}
