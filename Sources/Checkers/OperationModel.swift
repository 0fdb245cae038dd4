public import HistoryModel

/// What the operations of a history mean: which object each key is.
public enum OperationModel: String, Hashable, Sendable, CaseIterable {
    /// Registers with read, write and cas, and grow-only sets. A key is a set if something is added to it or a read of it
    /// returned a list.
    case auto
    /// Each key is a register with read and write; lists are values like any other.
    case register
    /// Each key is a register that has cas as well.
    case casRegister = "cas-register"
    /// Each key is a grow-only set with add and read; a read returns the list of its elements, or `null`.
    case set
    /// Each key is a lock with acquire and release, which whoever likes can release; otherwise a lock's holder is the process
    /// that acquired it.
    case ownerlessLock = "ownerless-lock"
}

extension OperationModel {
    /// An operation that a model does not have.
    public struct Misfit: Hashable, Sendable {
        /// The index of the first one's invocation.
        public var operation: Int
        /// Why the model does not have it: a predicate whose subject is the operation.
        public var reason: String
        /// How many operations the model does not have.
        public var count: Int
    }

    /// What in a history the model does not have; `nil` if the history fits. Everything fits `auto`, which leaves to
    /// the checkers what they cannot judge.
    public func misfit(_ history: History) -> Misfit? {
        var first: Misfit?
        for operation in history.operations {
            guard let reason = problem(operation) else { continue }
            first = first ?? Misfit(operation: operation.index, reason: reason, count: 0)
            first?.count += 1
        }
        return first
    }

    /// Why the model does not have this operation; `nil` if it has.
    func problem(_ operation: HistoryModel.Operation) -> String? {
        switch (self, operation.f) {
        case (.auto, _), (_, "dump"), (.register, "write"), (.casRegister, "write"), (.set, "add"),
            (.ownerlessLock, "acquire"),
            (.ownerlessLock, "release"), (.ownerlessLock, "lock"), (.ownerlessLock, "unlock"):
            return nil
        case (.casRegister, "cas"):
            let pair = operation.history.values.elements(operation.argumentRef)
            return pair?.count == 2 ? nil : "is a cas without [old, new]"
        case (.ownerlessLock, _): return "is '\(operation.f)', and \(words)"
        case (_, "read"):
            return operation.outcome == .ok ? answerProblem(operation.resultRef) : nil
        case (_, "txn"):
            let txn = operation.outcome == .ok ? operation.resultRef : operation.argumentRef
            guard let reads = MicroRead.all(txn, operation.history.values) else {
                return "is a txn that does more than read"
            }
            return operation.outcome == .ok ? reads.lazy.compactMap { answerProblem($0.value) }.first : nil
        default: return "is '\(operation.f)', and \(words)"
        }
    }

    private func answerProblem(_ answer: ValueRef) -> String? {
        self != .set || answer.isNull || answer.isList ? nil : "reads a set and returned no list"
    }

    private var words: String {
        switch self {
        case .auto: "anything fits"
        case .register: "a register has read and write"
        case .casRegister: "a cas-register has read, write and cas"
        case .set: "a set has add and read"
        case .ownerlessLock: "a lock has acquire and release"
        }
    }
}
