/// The operations that found a queue or a stack empty, with instants at which it was.
struct EmptyInstants {
    /// Where there is one: the first instant of the operation at which no value was surely there.
    private(set) var instants: [(instant: Int32, position: Int32)] = []
    /// The others: what was there all the time.
    private(set) var violations: [ObjectViolation] = []

    /// `most`: how many violations are wanted.
    init(_ values: ContainerValues, most: Int) {
        guard !values.empties.isEmpty else { return }
        let byEnd = values.sorted(values.values, by: values.end)
        let stretches = CoveredStretches(values, byEnd)
        for empty in values.empties {
            let first = values.operations.call[empty]
            let last = values.operations.ret[empty]
            let instant = stretches.free(from: first)
            if instant <= last {
                instants.append((instant, empty))
            } else if violations.count < most, let chain = values.cover(first, last, byEnd) {
                let witnesses = chain.flatMap { values.endWitness($0) + values.highWitness($0) }
                violations.append(values.violation([empty] + witnesses, "there was something all the time"))
            }
        }
    }
}

/// When some value was surely there.
private struct CoveredStretches {
    /// The first and the last instant of each stretch, in order.
    private var stretches: [(first: Int32, last: Int32)] = []

    /// `byEnd` are values in the order of their `end`.
    init(_ values: ContainerValues, _ byEnd: [Int32]) {
        for value in byEnd {
            let end = values.end(value)
            let high = values.high(value)
            guard end < .max, high > end + 1 else { continue }
            if let last = stretches.last, end <= last.last {
                stretches[stretches.count - 1].last = max(last.last, high - 1)
            } else {
                stretches.append((end + 1, high - 1))
            }
        }
    }

    /// The first instant from this one on at which nothing was surely there; `Int32.max` if there is none.
    func free(from instant: Int32) -> Int32 {
        let next = stretches.partitioningIndex { $0.last >= instant }
        guard next < stretches.count, stretches[next].first <= instant else { return instant }
        return stretches[next].last + 1
    }
}
