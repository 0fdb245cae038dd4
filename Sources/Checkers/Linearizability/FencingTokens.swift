/// The tokens that acquisitions of a lock brought back: each must be larger than those of all acquisitions that had returned
/// before its own was invoked, and no two may be equal.
///
/// This is what a lock with leases still promises, whose holders may overlap; `MutexHolds` judges a lock without.
enum FencingTokens {
    /// `operations` are the operations on one lock; acquisitions without token and everything else are of no account.
    static func check(_ operations: ObjectOperations) -> [ObjectViolation] {
        let acquisitions = operations.function.indices.filter {
            operations.function[$0] == .acquire && operations.result[$0] >= 0
        }
        func token(_ position: Int) -> Int64 { operations.amount[operations.result[position]] }
        let sorted = acquisitions.sorted { (token($0), $0) < (token($1), $1) }
        var violations: [ObjectViolation] = []
        var level = [Int32](repeating: -1, count: operations.count)
        var count: Int32 = 0
        for (index, position) in sorted.enumerated() {
            if index > 0, token(sorted[index - 1]) == token(position) {
                violations.append(
                    pair(Int32(sorted[index - 1]), Int32(position), operations, "both have the same token"))
            }
            level[position] = count
            count += 1
        }
        guard violations.isEmpty else { return Array(violations.prefix(ObjectVerdict.mostViolations)) }
        return Levels(level, count: Int(count)).inversions(operations).prefix(ObjectVerdict.mostViolations)
            .map { pair($0.early, $0.late, operations, "the later one has the smaller token") }
    }

    private static func pair(
        _ first: Int32, _ second: Int32, _ operations: ObjectOperations, _ detail: String
    ) -> ObjectViolation {
        ObjectViolation([operations.operation[first], operations.operation[second]], detail)
    }
}
