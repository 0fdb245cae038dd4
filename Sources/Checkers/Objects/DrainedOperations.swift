extension ObjectOperations {
    /// Gives the removals of each drain intervals of their own, one behind the other.
    ///
    /// Where nothing else begins or ends during a drain that loses nothing: whatever overlaps it overlaps all of it. With
    /// `whereAlone` others are left as they are: then their removals only seem to be concurrent, as in a tie, and only a
    /// violation is proven. Without, they all come right after the drain began, and only an order is proven.
    mutating func split(_ drains: [Range<Int>], whereAlone: Bool) {
        let alone = whereAlone ? drains.filter(isAlone(among: drains)) : drains
        if alone.count < drains.count { hasTies = true }
        var next = 0
        var added: Int32 = 0
        // By drain: the instant at which it begins, and how far all that comes later moves.
        var shifts: [(begin: Int32, by: Int32)] = []
        for drain in alone {
            added += 2 * Int32(drain.count)
            shifts.append((call[drain.lowerBound], added))
        }
        func moved(_ instant: Int32) -> Int32 {
            guard instant != .max else { return instant }
            let place = shifts.partitioningIndex { $0.begin >= instant }
            return instant + (place == 0 ? 0 : shifts[place - 1].by)
        }
        for position in function.indices {
            while next < alone.count, alone[next].upperBound <= position { next += 1 }
            let (begin, end) = (moved(call[position]), moved(ret[position]))
            let isPart = next < alone.count && alone[next].contains(position)
            let place = isPart ? Int32(position - alone[next].lowerBound) : 0
            call[position] = begin + 2 * place
            ret[position] = isPart ? begin + 2 * place + 1 : end
        }
    }

    /// Whether nothing else begins or ends while a drain is under way.
    private func isAlone(among drains: [Range<Int>]) -> (Range<Int>) -> Bool {
        var isFollowing = [Bool](repeating: false, count: count)
        for drain in drains { for position in drain.dropFirst() { isFollowing[position] = true } }
        let own = function.indices.filter { !isFollowing[$0] }
        let instants = (own.map { call[$0] } + own.map { ret[$0] }).sorted()
        return { drain in
            let first = instants.partitioningIndex { $0 >= call[drain.lowerBound] }
            return instants.partitioningIndex { $0 > ret[drain.lowerBound] } - first == 2
        }
    }
}
