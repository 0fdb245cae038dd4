/// The levels of isolation in short: how far a history can be trusted, and where it ends.
public struct KeptIsolation: Hashable, Sendable {
    /// The levels found valid that no other level found valid implies.
    public var strongestKept: [Guarantee]
    /// The levels found invalid that imply no other level found invalid.
    public var weakestBroken: [Guarantee]

    /// What some verdicts say; `nil` if fewer than two of them are on levels of isolation.
    public init?(_ verdicts: [Verdict]) {
        let judged = verdicts.compactMap { verdict in
            IsolationLevel.of(verdict.guarantee).map { (level: $0, judgement: verdict.judgement) }
        }
        guard judged.count > 1 else { return nil }
        let kept = judged.filter { $0.judgement == .valid }.map(\.level)
        let broken = judged.filter { $0.judgement == .invalid }.map(\.level)
        strongestKept = kept.filter { level in
            !kept.contains { $0.guarantee != level.guarantee && $0.implies(level.guarantee) }
        }.map(\.guarantee)
        weakestBroken = broken.filter { level in
            !broken.contains { $0.guarantee != level.guarantee && level.implies($0.guarantee) }
        }.map(\.guarantee)
    }
}
