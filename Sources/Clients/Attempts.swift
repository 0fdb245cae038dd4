/// The attempts of one operation, of a client that sends it again where nobody says what became of it.
///
/// All of them carry the same number, so that a node can tell that they are one operation.
public struct Attempts: Sendable {
    /// What follows the end of an attempt.
    public enum Next: Hashable, Sendable {
        case end(ClientReply.Outcome)
        case again
    }

    /// Whether an earlier attempt was done perhaps, or will be.
    private var isInDoubt = false

    public init() {}

    /// An attempt has come to this; `isLast` when there is no time for another one.
    ///
    /// A node that does not serve is asked again. What the store refuses ends the operation; once an attempt has been in
    /// doubt that refusal speaks for its own attempt alone, for an earlier one may have made what it met.
    public mutating func ended(
        _ outcome: ClientReply.Outcome, of request: OperationRequest, isLast: Bool
    ) -> Next {
        let error: ClientError
        switch outcome {
        case .ok: return .end(outcome)
        case .fail(let found), .info(let found): error = found
        }
        guard error.code.isDefinite else {
            isInDoubt = true
            return isLast ? .end(outcome) : .again
        }
        if error.code.isOfNode, !isLast { return .again }
        guard isInDoubt else { return .end(outcome) }
        let doubt = ClientError(.outcomeUnknown, "an attempt before may have been done; the last one: \(error)")
        return .end(.init(doubt, of: request))
    }
}

extension ClientErrorCode {
    /// Whether it tells of the node that was asked and not of what the operation met.
    fileprivate var isOfNode: Bool {
        switch self {
        case .notConnected, .notSent, .readOnly, .moved, .noLeader, .notReady, .notEnoughReplicas: true
        default: false
        }
    }
}
