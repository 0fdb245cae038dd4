/// An algorithm that decides a queue, a stack or a priority queue of unique values.
protocol ContainerCheck {
    init(_ values: ContainerValues)
    /// Proofs that no order explains all, each by itself.
    var violations: [ObjectViolation] { get }
    /// The positions of the operations in an order that explains all, if there is no violation.
    func order() -> [Int32]
    /// Says what removals of unknown value took out, as far as that helps, or proves that nothing would.
    static func assign(_ values: inout ContainerValues) -> ObjectViolation?
}

extension ContainerCheck {
    /// Exact unless removals of unknown value leave it open: then undecided, never wrong.
    static func check(_ operations: ObjectOperations, wantsOrder: Bool) -> ObjectVerdict {
        var values = ContainerValues(operations)
        guard values.violations.isEmpty else { return .violated(values.violations) }
        var checker = Self(values)
        if !checker.violations.isEmpty {
            guard !values.unknownRemovals.isEmpty else { return .violated(checker.violations) }
            let freed = Self(values.withFreeRemovals())
            guard freed.violations.isEmpty else { return .violated(freed.violations) }
            if let violation = assign(&values) { return .violated([violation]) }
            checker = Self(values)
        }
        guard checker.violations.isEmpty else {
            return .undecided("it depends on what the removals took out of which nobody knows the outcome")
        }
        return .linearizable(order: wantsOrder ? checker.order().map { operations.operation[$0] } : nil)
    }
}
