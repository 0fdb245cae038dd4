/// A level of isolation: which orders it asks for, and which levels it implies.
struct IsolationLevel {
    /// How it is decided.
    enum Test {
        /// Sessions, reads-from and what a transaction sees leave an order of commits.
        case commitOrder(CommitOrder.Level)
        /// Snapshots and commits leave an order, with sessions.
        case prefix
        /// Snapshots and commits leave an order in which no update is lost, with these edges beside those of the data.
        case snapshots(EdgeKinds)
        /// Transactions leave an order, with these edges beside those of the data.
        case serial(EdgeKinds)

        /// Whether it needs no versions and no search.
        var isWeak: Bool { if case .commitOrder = self { true } else { false } }
    }

    var guarantee: Guarantee
    var test: Test
    /// The levels directly below: what keeps this one keeps them.
    var implied: [Guarantee]

    /// Read committed to prefix consistency include the order of sessions, as in Biswas and Enea (OOPSLA 2019) and
    /// Cerone, Bernardi and Gotsman (CONCUR 2015); snapshot isolation and serializability include it in their strong
    /// session form only (Daudjee and Salem, VLDB 2006), as in Adya (1999). So the levels are no chain.
    static let all: [IsolationLevel] = [
        IsolationLevel(guarantee: .readCommitted, test: .commitOrder(.readCommitted), implied: []),
        // What was read from before is seen in both.
        IsolationLevel(guarantee: .readAtomic, test: .commitOrder(.readAtomic), implied: [.readCommitted]),
        // Sessions and reads-from are part of causality.
        IsolationLevel(guarantee: .causal, test: .commitOrder(.causal), implied: [.readAtomic]),
        // A prefix of the commits holds the causes of what it holds: Cerone, Bernardi and Gotsman 2015.
        IsolationLevel(guarantee: .prefixConsistency, test: .prefix, implied: [.causal]),
        IsolationLevel(guarantee: .snapshotIsolation, test: .snapshots([]), implied: []),
        // Cerone, Bernardi and Gotsman 2015, whose snapshot isolation includes sessions.
        IsolationLevel(
            guarantee: .strongSessionSnapshotIsolation, test: .snapshots(.session),
            implied: [.snapshotIsolation, .prefixConsistency]),
        // Trivial: a session is part of real time.
        IsolationLevel(
            guarantee: .strongSnapshotIsolation, test: .snapshots([.session, .realTime]),
            implied: [.strongSessionSnapshotIsolation]),
        // Trivial: snapshot and commit at one moment.
        IsolationLevel(guarantee: .serializable, test: .serial([]), implied: [.snapshotIsolation]),
        IsolationLevel(
            guarantee: .strongSessionSerializable, test: .serial(.session),
            implied: [.serializable, .strongSessionSnapshotIsolation]),
        IsolationLevel(
            guarantee: .strictSerializable, test: .serial([.session, .realTime]),
            implied: [.strongSessionSerializable, .strongSnapshotIsolation]),
    ]

    /// The level of a guarantee, `nil` for other guarantees.
    static func of(_ guarantee: Guarantee) -> IsolationLevel? {
        all.first { $0.guarantee == guarantee }
    }

    /// The levels that imply this one, directly or not, the strongest first.
    var stronger: [IsolationLevel] {
        Self.all.reversed().filter { $0.guarantee != guarantee && $0.implies(guarantee) }
    }

    func implies(_ weaker: Guarantee) -> Bool {
        guarantee == weaker || implied.contains { Self.of($0)?.implies(weaker) ?? false }
    }
}
