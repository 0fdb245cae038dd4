/// Why a planned fault cannot be applied to the nodes as they are.
public struct FaultError: Error, Hashable, Sendable {
    /// What stands in the way.
    public enum Code: String, Hashable, Sendable, CaseIterable {
        /// The target is the leader or depends on it, and nobody knows who leads.
        case leaderUnknown = "leader-unknown"
        /// There are too few nodes for such a target.
        case tooFewNodes = "too-few-nodes"
        /// The plan names a node that the run does not have.
        case unknownNode = "unknown-node"
        /// The traffic of clients is to be cut by a shape that has no sides.
        case noSides = "no-sides"
        /// A node stands in two groups of one partition.
        case nodeInTwoGroups = "node-in-two-groups"
    }

    public var code: Code
    /// What is wrong, in words that say what to do about it.
    public var message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}

extension FaultError: CustomStringConvertible {
    public var description: String { "\(message) (\(code.rawValue))" }
}
