/// How the run itself went; kept apart from the verdicts, which it never alters.
public struct RunStatus: Hashable, Sendable, Codable {
    public enum State: String, Hashable, Sendable, Codable, CaseIterable {
        /// Written at the start: found afterwards it means that the controller was killed.
        case running
        case completed
        /// Stopped by the user; what there is was checked.
        case interrupted
        /// The harness could not carry out the plan.
        case failed
    }

    public var state: State
    public var problems: [Problem]

    public init(_ state: State, problems: [Problem] = []) {
        self.state = state
        self.problems = problems
    }
}

/// One thing that went wrong with the run, and what to do about it.
public struct Problem: Hashable, Sendable, Codable {
    public enum Kind: String, Hashable, Sendable, Codable, CaseIterable {
        /// A deployment, a connection, a file or a program of ours failed.
        case harnessError = "harness-error"
        /// After the run a host differs from what it was before.
        case hostNotAsFound = "host-not-as-found"
        /// The host or this machine lacks what the plan needs.
        case unsupported
        /// A fault without evidence that it took hold.
        case faultNotProven = "fault-not-proven"
        /// Too little happened for the verdicts to mean something.
        case tooLittle = "too-little"
        case interrupted
    }

    public var kind: Kind
    /// The node or host it happened on, if it is about one.
    public var node: String?
    public var message: String
    /// What to do.
    public var advice: String?

    public init(_ kind: Kind, node: String? = nil, _ message: String, advice: String? = nil) {
        self.kind = kind
        self.node = node
        self.message = message
        self.advice = advice
    }
}
