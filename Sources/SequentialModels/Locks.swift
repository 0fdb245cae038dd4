public import HistoryModel

/// A lock with `acquire` and `release`. Where `acquire` answers a whole number it is a fencing token, which must be larger
/// than all before.
public struct MutexModel: SequentialModel {
    /// Who holds the lock, and how often he acquired it.
    public struct State: Hashable, Sendable {
        /// The process; `nil` where it makes no difference who it is.
        public fileprivate(set) var holder: ProcessID?
        /// 0 while the lock is free.
        public fileprivate(set) var depth = 0
        /// The latest token that is known.
        public fileprivate(set) var token = Int64.min
    }

    public let initial = State()
    public let functions: Set<Call.Function> = [.acquire, .release]
    private let hasOwner: Bool
    private let isReentrant: Bool

    /// A lock that only the process that holds it can release, unless `hasOwner` is false. With `isReentrant` that process
    /// may acquire it again, and must release it as often.
    public init(hasOwner: Bool = true, isReentrant: Bool = false) {
        precondition(hasOwner || !isReentrant, "only an owner can come back")
        self.hasOwner = hasOwner
        self.isReentrant = isReentrant
    }

    public func step(_ state: State, _ call: Call) -> State? {
        let caller = hasOwner ? call.process : nil
        let isHolder = state.depth > 0 && state.holder == caller
        switch call.function {
        case .acquire:
            guard state.depth == 0 || isReentrant && isHolder else { return nil }
            let token = call.result?.int
            if let token, token <= state.token { return nil }
            return State(holder: caller, depth: state.depth + 1, token: token ?? state.token)
        case .release:
            guard isHolder else { return nil }
            return State(holder: state.depth == 1 ? nil : caller, depth: state.depth - 1, token: state.token)
        default: return nil
        }
    }

    public func call(_ operation: HistoryModel.Operation) -> Call {
        let token = operation.f == "acquire" ? operation.result.int : nil
        return Call(
            Call.Function(rawValue: operation.f), result: token.map(Value.int),
            process: hasOwner ? operation.process : nil)
    }
}

/// A lock whose holders lose it when their lease runs out, with tokens that tell one lease from another.
///
/// `acquire` names the owner and answers a token, which must be larger than all before; `renew` and `release` name
/// `[owner, token]` and succeed only for the lease that is the latest. When a lease runs out is not seen: that somebody else
/// acquires the lock says that it did.
public struct LeaseModel: SequentialModel {
    /// The latest lease.
    public struct State: Hashable, Sendable {
        /// Whose it is; `null` once it was released, and at first.
        public fileprivate(set) var owner = Value.null
        /// The least token that the lease can have.
        public fileprivate(set) var token = Int64.min
        /// False while nobody has told the token.
        public fileprivate(set) var isTold = true
    }

    public let initial = State()
    public let functions: Set<Call.Function> = [.acquire, .renew, .release]

    public init() {}

    public func step(_ state: State, _ call: Call) -> State? {
        if call.function == .acquire { return acquired(state, call) }
        guard let lease = call.argument.list, lease.count == 2, let token = lease[1].int, !lease[0].isNull,
            lease[0] == state.owner, state.isTold ? token == state.token : token >= state.token
        else { return nil }
        return State(owner: call.function == .release ? .null : state.owner, token: token, isTold: true)
    }

    private func acquired(_ state: State, _ call: Call) -> State? {
        guard let result = call.result else {
            return state.token == .max ? nil : State(owner: call.argument, token: state.token + 1, isTold: false)
        }
        guard let token = result.int, token > state.token else { return nil }
        return State(owner: call.argument, token: token, isTold: true)
    }

    public func call(_ operation: HistoryModel.Operation) -> Call {
        var call = Call(operation)
        if call.function != .acquire { call.result = nil }
        return call
    }
}
