import SequentialModels

/// Depth-first search for an order that explains the operations of one object (Wing and Gong 1993), which remembers where it
/// has been (Lowe 2017).
///
/// It shares with the frontier search what operations there are and what the model makes of them, and nothing else: it is
/// there to be compared with it. What it remembers takes a bit for each operation and place, so that long histories reach
/// the limit.
struct DepthFirstSearch<Model: SequentialModel> {
    private let operations: SearchOperations
    private let states: ModelStates<Model>
    /// Calls and returns in the order of time, linked both ways; even numbers are calls, and 0 is the end that they meet at.
    private var following: [Int32]
    private var preceding: [Int32]
    /// By position: what must have taken effect before, because it is of the same process and ended as this began.
    private let predecessors: [Int32]
    private var returnsLeft = 0
    private var taken: [(position: Int32, before: Int32)] = []
    private var isTaken: [UInt64]
    private var known: Set<Place> = []

    private struct Place: Hashable {
        var taken: [UInt64]
        var state: Int32
    }

    init(_ operations: SearchOperations, _ states: ModelStates<Model>) {
        self.operations = operations
        self.states = states
        let walk = SearchWalk(operations)
        predecessors = walk.predecessors
        following = [Int32](repeating: 0, count: 2 * operations.count + 2)
        preceding = following
        isTaken = [UInt64](repeating: 0, count: operations.count / 64 + 1)
        var last: Int32 = 0
        for moment in walk.moments {
            let position = Int(moment >> 1)
            if operations.isIndefinite(position), states.isRead(operations.number[position]) { continue }
            let entry = Int32(moment) + 2
            following[Int(last)] = entry
            preceding[Int(entry)] = last
            last = entry
            returnsLeft += moment & 1 == 1 ? 1 : 0
        }
        preceding[0] = last
    }

    /// The positions in an order, `nil` if there is none.
    mutating func decide(_ budget: inout SearchBudget) throws(LimitReached) -> [Int32]? {
        for start in states.starts() {
            if let order = try decide(from: start, &budget) { return order }
        }
        return nil
    }

    private mutating func decide(
        from start: Int32, _ budget: inout SearchBudget
    ) throws(LimitReached) -> [Int32]? {
        var state = start
        var entry = following[0]
        while returnsLeft > 0 {
            if entry & 1 == 0, entry > 0 {
                let position = entry / 2 - 1
                try budget.spend(1 + states.size(of: state))
                let next = isReady(position) ? states.next(state, operations.number[position]) : -1
                if next != TransitionTable.impossible, try isNew(position, next, &budget) {
                    take(position, state)
                    state = next
                    entry = following[0]
                } else {
                    entry = following[Int(entry)]
                }
            } else {
                guard let (position, before) = taken.popLast() else { return nil }
                giveBack(position)
                state = before
                entry = following[Int(2 * position + 2)]
            }
        }
        return taken.map(\.position)
    }

    private func isReady(_ position: Int32) -> Bool {
        guard !predecessors.isEmpty, predecessors[position] >= 0 else { return true }
        return isTaken(predecessors[position])
    }

    private func isTaken(_ position: Int32) -> Bool {
        isTaken[Int(position) / 64] >> UInt64(position % 64) & 1 == 1
    }

    /// Whether the search was never there before.
    private mutating func isNew(
        _ position: Int32, _ state: Int32, _ budget: inout SearchBudget
    ) throws(LimitReached) -> Bool {
        var place = Place(taken: isTaken, state: state)
        place.taken[Int(position) / 64] |= 1 << UInt64(position % 64)
        try budget.hold(known.count * (isTaken.count * 8 + 64) + states.bytes)
        return known.insert(place).inserted
    }

    private mutating func take(_ position: Int32, _ state: Int32) {
        taken.append((position, state))
        isTaken[Int(position) / 64] |= 1 << UInt64(position % 64)
        unlink(2 * position + 2)
        guard !operations.isIndefinite(Int(position)) else { return }
        unlink(2 * position + 3)
        returnsLeft -= 1
    }

    private mutating func giveBack(_ position: Int32) {
        isTaken[Int(position) / 64] &= ~(1 << UInt64(position % 64))
        if !operations.isIndefinite(Int(position)) {
            relink(2 * position + 3)
            returnsLeft += 1
        }
        relink(2 * position + 2)
    }

    private mutating func unlink(_ entry: Int32) {
        following[Int(preceding[Int(entry)])] = following[Int(entry)]
        preceding[Int(following[Int(entry)])] = preceding[Int(entry)]
    }

    private mutating func relink(_ entry: Int32) {
        following[Int(preceding[Int(entry)])] = entry
        preceding[Int(following[Int(entry)])] = entry
    }
}
