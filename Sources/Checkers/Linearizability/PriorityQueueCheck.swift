/// Linearizability of a priority queue into which values of different priorities are put at most once, in O(n log n).
///
/// From the highest priority down: what sees a value needs an instant at which nothing higher is surely there, and what
/// finds nothing one at which there is surely nothing at all; that is enough (Lee and Mathur, OOPSLA 2025). For the value
/// can be put in just before the first and taken out just after the last of these instants where they lie outside the time
/// in which it is surely there: between them and that time there is surely something higher.
struct PriorityQueueCheck: ContainerCheck {
    private let values: ContainerValues
    private let own: OwnInstants
    private(set) var violations: [ObjectViolation] = []
    private var free: FreeInstants
    /// The values by priority, the highest first.
    private var byPriority: [Int32] = []
    /// By value: what saw it and left it there.
    private var peeks: [Int32: [Int32]] = [:]
    /// Where the operations took effect that saw a value, or none.
    private var sights: [(rank: Int32, position: Int32)] = []
    /// What removals of unknown value are assumed to have taken out, by position.
    private var assumed: [Int32: Int32] = [:]

    init(_ values: ContainerValues) {
        self.values = values
        own = OwnInstants(values.operations)
        free = FreeInstants(count: own.instants.count)
        let priority = values.operations.amount
        byPriority = values.values.sorted { priority[$0] > priority[$1] }
        for peek in values.peeks { peeks[values.operations.result[peek], default: []].append(peek) }
        for (index, value) in byPriority.enumerated() {
            let removal = values.removal[value]
            if removal >= 0, values.operations.ret[removal] == .max { assumed[removal] = value }
            see(value, index)
            free.cover(between: own.rank(values.end(value)), and: own.rank(values.high(value)))
        }
        for empty in values.empties {
            let operations = values.operations
            find(empty, operations.call[empty], operations.ret[empty], nearest: 0, byPriority.count)
        }
    }

    /// Looks for the instants at which a value was seen, near to the time in which it is surely there.
    private mutating func see(_ value: Int32, _ index: Int) {
        let operations = values.operations
        let removal = values.removal[value]
        let end = removal < 0 ? .max : operations.ret[removal]
        let high = values.high(value)
        for peek in peeks[value] ?? [] {
            let first = max(operations.call[peek], values.begin(value))
            find(peek, first, min(operations.ret[peek], end), nearest: min(values.end(value), high), index)
        }
        if removal >= 0 { find(removal, high, end, nearest: high, index) }
    }

    /// Looks for an instant from `first` to `last` at which none of the `higher` values of highest priority is surely there.
    private mutating func find(_ position: Int32, _ first: Int32, _ last: Int32, nearest: Int32, _ higher: Int) {
        let start = own.rank(max(first, nearest))
        let rank = free.first(from: start, to: own.rank(last)) ?? free.last(before: start, from: own.rank(first))
        if let rank { return sights.append((rank, position)) }
        guard violations.count < ObjectVerdict.mostViolations else { return }
        let candidates = values.sorted(Array(byPriority[..<higher]), by: values.end)
        guard let chain = values.cover(first, min(last, values.operations.ret[position]), candidates) else {
            preconditionFailure("instants are covered that no value covers")
        }
        let witnesses = chain.flatMap { values.endWitness($0) + values.highWitness($0) }
        let seen = values.operations.result[position]
        violations.append(
            values.violation(
                [position] + witnesses + (seen > 0 ? limits(position, seen) : []),
                seen > 0 ? "there was something higher all the time" : "there was something all the time"))
    }

    /// What else says when a value was seen: when it was put in, and when it was taken out or seen last.
    private func limits(_ position: Int32, _ value: Int32) -> [Int32] {
        position == values.removal[value]
            ? values.highWitness(value) : [values.insertion[value], values.removal[value]].filter { $0 >= 0 }
    }
}

// MARK: - Removals of unknown value

extension PriorityQueueCheck {
    /// Each removal in the order of their invocations takes the highest of the values that remain and had been put in.
    static func assign(_ values: inout ContainerValues) -> ObjectViolation? {
        let priority = values.operations.amount
        var left = values.remaining.sorted { priority[$0] > priority[$1] }
        for removal in values.unknownRemovals {
            let call = values.operations.call[removal]
            guard let index = left.firstIndex(where: { values.end($0) <= call }) ?? left.indices.first else {
                break
            }
            values.assign(removal, to: left.remove(at: index))
        }
        return nil
    }
}

// MARK: - The order

extension PriorityQueueCheck {
    /// What takes effect at one instant: first the values that had been there are seen, the highest first; then those that
    /// come and go at this instant, one after the other, and what finds nothing; then those that stay, the lowest first.
    private struct Step {
        var rank: Int32
        /// 0: the value was there before. 1: it comes and goes now, or there is none. 2: it stays.
        var phase: Int8
        /// The place of the value in its phase.
        var place: Int
        /// An insertion, a peek, a removal.
        var kind: Int8
        var position: Int32

        var key: (Int32, Int8, Int, Int8, Int32) { (rank, phase, place, kind, position) }
    }

    func order() -> [Int32] {
        var ranks: [Int32: (first: Int32, last: Int32)] = [:]
        for (rank, position) in sights {
            let value = value(position)
            let known = ranks[value]
            ranks[value] = (min(known?.first ?? rank, rank), max(known?.last ?? rank, rank))
        }
        var steps: [Step] = []
        for (place, value) in byPriority.enumerated() {
            let last = values.removal[value] < 0 ? .max : ranks[value]?.last ?? .max
            let come = min(own.rank(values.end(value)), ranks[value]?.first ?? .max)
            steps.append(
                Step(
                    rank: come, phase: last == come ? 1 : 2, place: last == come ? place : -place, kind: 0,
                    position: values.insertion[value]))
            ranks[value] = (come, last)
        }
        let place = Dictionary(uniqueKeysWithValues: byPriority.enumerated().map { ($1, $0) })
        for (rank, position) in sights {
            let value = value(position)
            guard value > 0, let stay = ranks[value], let place = place[value] else {
                steps.append(Step(rank: rank, phase: 1, place: byPriority.count, kind: 0, position: position))
                continue
            }
            let phase: Int8 = stay.first < rank ? 0 : stay.last == rank ? 1 : 2
            let kind: Int8 = position == values.removal[value] ? 2 : 1
            steps.append(
                Step(rank: rank, phase: phase, place: phase == 2 ? -place : place, kind: kind, position: position))
        }
        return steps.sorted { $0.key < $1.key }.map(\.position)
    }

    /// The value that an operation saw or is assumed to have taken out; 0 for none.
    private func value(_ position: Int32) -> Int32 {
        let seen = values.operations.result[position]
        return seen >= 0 ? seen : assumed[position] ?? 0
    }
}
