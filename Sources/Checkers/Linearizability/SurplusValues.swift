/// What came out of a container, or was found in a set, and cannot have been in it: too simple to search for.
struct SurplusValues {
    private let operations: ObjectOperations
    /// By value: the positions of what may have put it in, and of what saw it or took it out for certain.
    private var put: [[Int32]]
    private var taken: [[Int32]]
    private var seen: [[Int32]]

    /// The smallest proof: a value that nobody had put in, or that was taken out more often than it was put in; `nil` if there is
    /// none.
    static func violation(_ operations: ObjectOperations, _ model: SearchedModel) -> ObjectViolation? {
        switch model {
        case .queue, .stack, .priorityQueue: SurplusValues(operations).first
        case .elements: SurplusValues.foundElement(operations)
        default: nil
        }
    }

    private init(_ operations: ObjectOperations) {
        self.operations = operations
        put = [[Int32]](repeating: [], count: operations.valueCount)
        (taken, seen) = (put, put)
        for position in operations.function.indices {
            if operations.argument[position] >= 0 {
                put[operations.argument[position]].append(Int32(position))
            } else if operations.result[position] > 0, operations.ret[position] != .max {
                seen[operations.result[position]].append(Int32(position))
                if operations.function[position] != .peek {
                    taken[operations.result[position]].append(Int32(position))
                }
            }
        }
    }

    private var first: ObjectViolation? { phantom ?? tooOften }

    private var phantom: ObjectViolation? {
        for value in seen.indices {
            let early = seen[value].first { sight in
                put[value].allSatisfy { operations.call[$0] > operations.ret[sight] }
            }
            guard let early else { continue }
            return violation(
                put[value] + [early],
                put[value].isEmpty ? "nobody put in what it saw" : "it saw what was not put in yet")
        }
        return nil
    }

    private var tooOften: ObjectViolation? {
        let values = taken.indices.filter { taken[$0].count > put[$0].count }
        guard let value = values.min(by: { put[$0].count < put[$1].count }) else { return nil }
        let count = put[value].count
        return violation(
            put[value] + taken[value].prefix(count + 1), count == 1 ? "taken out twice" : "taken out too often")
    }

    private func violation(_ positions: [Int32], _ detail: String) -> ObjectViolation {
        ObjectViolation(positions.map { operations.operation[$0] }, detail)
    }

    private static func foundElement(_ operations: ObjectOperations) -> ObjectViolation? {
        let added = Set(
            operations.function.indices.filter { operations.function[$0] == .add }.map { operations.argument[$0] })
        let found = operations.function.indices.first {
            [.contains, .remove].contains(operations.function[$0]) && operations.result[$0] == 1
                && !added.contains(operations.argument[$0])
        }
        return found.map { ObjectViolation([operations.operation[$0]], "nobody added what it found") }
    }
}
