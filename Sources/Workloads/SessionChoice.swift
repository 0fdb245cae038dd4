/// What clients do, beside reading where they do, so that their sessions see what they have written and seen.
public struct SessionChoice: Hashable, Sendable {
    /// Which answers give the token that goes with the next request.
    public enum Tokens: String, Hashable, Sendable, CaseIterable {
        case none
        case ownWrites = "own-writes"
        case writesAndReads = "writes-and-reads"
    }

    public var tokens: Tokens
    /// For this long after a write of its own was acknowledged a client reads at the leader.
    public var leaderAfterWrite: Duration?

    public init(tokens: Tokens = .none, leaderAfterWrite: Duration? = nil) {
        self.tokens = tokens
        self.leaderAfterWrite = leaderAfterWrite
    }
}
