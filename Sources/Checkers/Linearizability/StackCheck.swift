/// Linearizability of a last-in first-out stack into which each value is put at most once, in O(n log n).
///
/// What found the stack empty needs an instant at which no value was surely there; for the rest see `StackNesting`.
struct StackCheck: ContainerCheck {
    private let values: ContainerValues
    private let nesting: StackNesting
    private(set) var violations: [ObjectViolation] = []
    private let empties: EmptyInstants

    init(_ values: ContainerValues) {
        self.init(values, isSmall: false)
    }

    private init(_ values: ContainerValues, isSmall: Bool) {
        self.values = values
        nesting = StackNesting(values)
        let failures = nesting.failures.prefix(ObjectVerdict.mostViolations)
        empties = EmptyInstants(values, most: ObjectVerdict.mostViolations - failures.count)
        for failure in failures {
            violations.append(isSmall ? proof(failure.values, failure.peeks) : smallProof(failure))
        }
        violations += empties.violations
    }
}

// MARK: - Proofs

extension StackCheck {
    private func proof(_ named: [Int32], _ peeks: [Int32]) -> ObjectViolation {
        var witnesses = peeks
        for value in named {
            witnesses += values.endWitness(value) + values.highWitness(value)
            if values.removal[value] >= 0 { witnesses.append(values.removal[value]) }
        }
        return values.violation(witnesses)
    }

    /// With more values than this, none is left out.
    private static var mostShrunk: Int { 64 }

    /// Leaves out values one after the other as long as the rest cannot lie in one another either.
    private func smallProof(_ failure: (values: [Int32], peeks: [Int32])) -> ObjectViolation {
        var named = failure.values
        var best = proof(named, failure.peeks)
        guard named.count <= Self.mostShrunk else { return best }
        for value in failure.values where named.contains(value) {
            let smaller = StackNesting(values.restricted(to: named.filter { $0 != value }))
            guard let found = smaller.failures.first else { continue }
            named = found.values
            best = proof(named, found.peeks)
        }
        return best
    }
}

// MARK: - Removals of unknown value

extension StackCheck {
    /// Each removal in the order of their invocations takes the value that was put in last of those that remain.
    static func assign(_ values: inout ContainerValues) -> ObjectViolation? {
        var byEnd = values.sorted(values.remaining, by: values.end)
        for removal in values.unknownRemovals {
            let call = values.operations.call[removal]
            guard let index = byEnd.lastIndex(where: { values.end($0) <= call }) ?? byEnd.indices.first else {
                break
            }
            values.assign(removal, to: byEnd.remove(at: index))
        }
        return nil
    }
}

// MARK: - The order

extension StackCheck {
    /// The nesting, and in between the values that come and go at one instant or between it and the next.
    func order() -> [Int32] {
        let (nested, instants) = nestedOrder()
        let inNesting = Set(nested)
        func instant(_ value: Int32) -> Int32 { min(values.end(value), values.high(value)) }
        let brief = values.sorted(values.values.filter { !inNesting.contains(values.insertion[$0]) }, by: instant)
        var peeks: [Int32: [Int32]] = [:]
        for peek in values.peeks { peeks[values.operations.result[peek], default: []].append(peek) }
        var order: [Int32] = []
        // What goes as the next instant begins, the last first: such values lie in one another.
        var closing: [Int32] = []
        var now = Int32.min
        var next = 0
        for value in brief {
            if instant(value) > now {
                order += closing.reversed()
                closing = []
                now = instant(value)
            }
            while next < nested.count, instants[next] <= now {
                order.append(nested[next])
                next += 1
            }
            let own = peeks[value] ?? []
            let early = own.prefix { values.operations.call[$0] <= now }
            let late = own.dropFirst(early.count) + [values.removal[value]].filter { $0 >= 0 }
            order += [values.insertion[value]] + early
            if values.high(value) <= now { order += late } else { closing += late.reversed() }
        }
        return order + closing.reversed() + nested[next...]
    }

    /// The nesting with what found the stack empty, each with the earliest instant at which it can take effect.
    private func nestedOrder() -> ([Int32], [Int32]) {
        let operations = values.operations
        var empty = empties.instants.sorted { ($0.instant, $0.position) > ($1.instant, $1.position) }
        var order: [Int32] = []
        var instants: [Int32] = []
        var instant = Int32.min
        var depth = 0
        for position in nesting.tree.order() {
            let value = max(operations.argument[position], 0)
            while depth == 0, value > 0, let found = empty.last, found.instant <= values.end(value) {
                instant = max(instant, found.instant)
                order.append(empty.removeLast().position)
                instants.append(instant)
            }
            instant = max(instant, operations.call[position])
            order.append(position)
            instants.append(instant)
            depth += value > 0 ? 1 : operations.function[position] == .peek ? 0 : -1
        }
        for found in empty.reversed() {
            instant = max(instant, found.instant)
            order.append(found.position)
            instants.append(instant)
        }
        return (order, instants)
    }
}
