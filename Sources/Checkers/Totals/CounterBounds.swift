import HistoryModel

/// A counter shows at least what had certainly been added when the read began, less all that may have been taken away when
/// it ended, and at most the reverse. Sound for any amounts; exact is linearizability of a counter by ones.
struct CounterBounds {
    static func draft(_ objects: HistoryObjects, _ options: CheckOptions) -> VerdictDraft {
        var draft = VerdictDraft(.counter, options, algorithm: "sums of additions as bounds (sound, may miss)")
        let history = objects.history
        var builder = ObjectBuilder(objects)
        for (number, object) in objects.objects.enumerated() where object.kind == .counter {
            if let problem = object.problem {
                draft.doubt("\(object.title) cannot be judged: \(problem)")
                continue
            }
            let operations = builder.build(number)
            draft.count("counter-reads", readsAfterAdds(operations))
            for violation in CounterSums.violations(operations) {
                let steps = violation.operations.map { ordinal in
                    let isRead = objects.function(Int(ordinal)) == .read
                    return Anomaly.Step(
                        history.operations[Int(ordinal)].index, isRead ? .violatingRead : .expectedWrite)
                }
                draft.report(
                    Anomaly(.counterOutOfBounds, key: object.name, steps, detail: violation.detail))
            }
        }
        return draft
    }

    /// Answered reads that began after some addition had ended.
    private static func readsAfterAdds(_ operations: ObjectOperations) -> Int {
        let first =
            operations.function.indices.filter { operations.function[$0] == .increment }
            .map { operations.ret[$0] }.min() ?? .max
        return operations.function.indices.count { operations.function[$0] == .read && operations.call[$0] > first }
    }
}
