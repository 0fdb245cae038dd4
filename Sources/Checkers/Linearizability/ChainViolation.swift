/// Why the operations on one register of unique values fit into no order, by positions.
enum ChainViolation {
    /// This operation saw a value that nobody wrote.
    case phantom(seenBy: Int32)
    /// Two cas replaced the same value.
    case fork(Int32, Int32)
    /// Each of these cas needs another one of them before it.
    case ring([Int32])
    /// The chain puts `early` behind `late`, yet it had returned before `late` was invoked.
    case inversion(early: Int32, late: Int32)
    /// Two chains, each with an operation that returned before one of the other was invoked.
    case entangled(first: Ends, second: Ends)

    /// The operations of one chain that hinder it from coming as a whole before or after another chain.
    struct Ends {
        /// One that returned early; -1 for the initial value, which was there before everything.
        var early: Int32
        /// One that was invoked late.
        var late: Int32
    }
}

extension ChainViolation.Ends {
    /// The two operations of the chain that keep it from coming after an operation called at `after` (`early` returned
    /// before) and before one that returned at `before` (`late` was called after), with the fewest links in between.
    ///
    /// Among operations of one value the update is preferred: it is needed to understand the others anyway.
    init?(_ chain: [Int32], _ clusters: ValueClusters, returnsBefore after: Int32, calledAfter before: Int32) {
        var early: (index: Int, position: Int32)?
        var late: (index: Int, position: Int32)?
        var best: (distance: Int, ends: Self)?
        for (index, value) in chain.enumerated() {
            if let position = clusters.firstReturn(of: value, before: after) { early = (index, position) }
            if let position = clusters.lastCall(of: value, after: before) { late = (index, position) }
            guard let early, let late else { continue }
            let distance = abs(early.index - late.index)
            if best.map({ distance < $0.distance }) ?? true {
                best = (distance, Self(early: early.position, late: late.position))
            }
        }
        guard let best else { return nil }
        self = best.ends
    }
}

extension ValueClusters {
    /// An operation of this value that returned before an instant: its update if possible; -1 for the initial value.
    func firstReturn(of value: Int32, before instant: Int32) -> Int32? {
        guard writer[value] >= 0 else {
            return value == 0 ? -1 : readReturned(value, instant)
        }
        return operations.ret[writer[value]] < instant ? writer[value] : readReturned(value, instant)
    }

    private func readReturned(_ value: Int32, _ instant: Int32) -> Int32? {
        let read = earliestRead[value]
        return read >= 0 && operations.ret[read] < instant ? read : nil
    }

    /// An operation of this value that was invoked after an instant: its update if possible.
    func lastCall(of value: Int32, after instant: Int32) -> Int32? {
        for position in [writer[value], latestRead[value]] where position >= 0 {
            if operations.call[position] > instant { return position }
        }
        return nil
    }
}
