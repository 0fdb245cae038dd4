/// Linearizability of a first-in first-out queue into which each value is put at most once, in O(n log n).
///
/// Nothing may be seen before it is put in, taken out twice, or seen once it is gone; there must be an order of the values
/// that insertions and sights allow (`QueueOrder`); and whatever found the queue empty needs an instant at which no value
/// was surely there. That is enough (the aspects of Henzinger, Sezgin and Vafeiadis, CONCUR 2013): at such an instant each
/// value can be wholly before or wholly after, and what must go before a value that is before is before, too.
struct QueueCheck: ContainerCheck {
    private let values: ContainerValues
    private let queue: QueueOrder
    private(set) var violations: [ObjectViolation] = []
    private let empties: EmptyInstants

    init(_ values: ContainerValues) {
        self.values = values
        queue = QueueOrder(values)
        violations = queue.cycles.prefix(ObjectVerdict.mostViolations).map { Self.violation($0, values) }
        empties = EmptyInstants(values, most: ObjectVerdict.mostViolations - violations.count)
        violations += empties.violations
    }

    /// Each value of a cycle must go before the next.
    private static func violation(_ cycle: [Int32], _ values: ContainerValues) -> ObjectViolation {
        var positions: [Int32] = []
        for (index, value) in cycle.enumerated() {
            let next = cycle[(index + 1) % cycle.count]
            if values.end(value) < values.begin(next) {
                positions += values.endWitness(value) + [values.insertion[next]]
            } else {
                positions += [values.insertion[value], values.firstSight[value]] + values.highWitness(next)
            }
        }
        return values.violation(positions)
    }
}

// MARK: - Removals of unknown value

extension QueueCheck {
    /// A value that was put in before another one must be gone before that one is seen, and before a later operation finds
    /// the queue empty: removals of unknown value are given out by these deadlines, the earliest to the earliest.
    static func assign(_ values: inout ContainerValues) -> ObjectViolation? {
        let needs = Deadlines(values).needs
        let removals = values.unknownRemovals
        for (index, need) in needs.enumerated() {
            guard index < removals.count, values.operations.call[removals[index]] <= need.deadline else {
                // So many values must be gone by then, and too few removals had begun.
                let named = needs[...index].flatMap { values.endWitness($0.value) + $0.witness }
                return values.violation(named, "more was gone than was taken out")
            }
        }
        for (need, removal) in zip(needs, removals) { values.assign(removal, to: need.value) }
        return nil
    }
}

/// By when values must be gone that nobody is known to have taken out.
private struct Deadlines {
    struct Need {
        var value: Int32
        var deadline: Int32
        /// The positions of the operations that show it.
        var witness: [Int32]
    }

    /// By deadline.
    private(set) var needs: [Need] = []

    init(_ values: ContainerValues) {
        let later = values.sorted(values.values.filter { values.low($0) < .max }, by: values.begin)
        let earliest = Self.suffixMinima(later.map(values.low))
        let empties = values.empties
        let emptyEarliest = Self.suffixMinima(empties.map { values.operations.ret[$0] })
        for value in values.remaining {
            let end = values.end(value)
            var need = Need(value: value, deadline: .max, witness: [])
            let next = later.partitioningIndex { values.begin($0) > end }
            if next < later.count {
                let other = later[earliest[next]]
                need = Need(
                    value: value, deadline: values.low(other),
                    witness: [values.insertion[other], values.firstSight[other]])
            }
            let empty = empties.partitioningIndex { values.operations.call[$0] > end }
            if empty < empties.count {
                let found = empties[emptyEarliest[empty]]
                let end = values.operations.ret[found]
                if end < need.deadline { need = Need(value: value, deadline: end, witness: [found]) }
            }
            if need.deadline < .max { needs.append(need) }
        }
        needs.sort { ($0.deadline, $0.value) < ($1.deadline, $1.value) }
    }

    /// By index: where the least of the numbers from there on is.
    private static func suffixMinima(_ numbers: [Int32]) -> [Int] {
        var minima = Array(numbers.indices)
        for index in numbers.indices.dropLast().reversed() where numbers[minima[index + 1]] < numbers[index] {
            minima[index] = minima[index + 1]
        }
        return minima
    }
}

// MARK: - The order

extension QueueCheck {
    /// Values are wholly before or after each instant at which the queue was found empty; in between, insertions come as
    /// early and sights as late as possible.
    func order() -> [Int32] {
        let empty = empties.instants.sorted { ($0.instant, $0.position) < ($1.instant, $1.position) }
        var parts = [[Int32]](repeating: [], count: empty.count + 1)
        for value in queue.order {
            parts[empty.partitioningIndex { $0.instant > values.end(value) }].append(value)
        }
        var peeks: [Int32: [Int32]] = [:]
        for peek in values.peeks { peeks[values.operations.result[peek], default: []].append(peek) }
        var order: [Int32] = []
        for (index, part) in parts.enumerated() {
            let from = index == 0 ? Int32.min : empty[index - 1].instant
            let to = index < empty.count ? empty[index].instant : Int32.max
            order += self.order(part, peeks, from, to)
            if index < empty.count { order.append(empty[index].position) }
        }
        return order
    }

    private func order(_ part: [Int32], _ peeks: [Int32: [Int32]], _ from: Int32, _ to: Int32) -> [Int32] {
        let operations = values.operations
        var sights: [(instant: Int32, position: Int32)] = []
        var instant = to
        for value in part.reversed() {
            let own = (peeks[value] ?? []).sorted { operations.ret[$0] < operations.ret[$1] }
            for position in ([values.removal[value]].filter { $0 >= 0 } + own.reversed()) {
                instant = min(instant, operations.ret[position])
                sights.append((instant, position))
            }
        }
        var order: [Int32] = []
        instant = from
        for value in part {
            instant = max(instant, values.begin(value))
            while let next = sights.last, next.instant < instant { order.append(sights.removeLast().position) }
            order.append(values.insertion[value])
        }
        return order + sights.reversed().map(\.position)
    }
}
