public import Clients
public import Workloads

extension SessionRules {
    /// What a workload file chooses, as clients take it.
    public init(_ chosen: SessionChoice) {
        let tokens: Tokens =
            switch chosen.tokens {
            case .none: .none
            case .ownWrites: .ownWrites
            case .writesAndReads: .writesAndReads
            }
        self.init(tokens: tokens, leaderAfterWrite: chosen.leaderAfterWrite)
    }
}
