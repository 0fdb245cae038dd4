public import HistoryModel

/// The systems that can be put under test, by name.
public enum SystemCatalog: String, CaseIterable, Sendable {
    case nodeSingle = "node-single"
    case nodeRaft = "node-raft"
    case nodeChain = "node-chain"
    case nodeMulti = "node-multi"
    case nodeQuorum = "node-quorum"
    case redis

    /// Makes the system with its options, checked against the names of the nodes it is to run on.
    public func system(
        options: Value, nodes: [String]
    ) throws(SystemOptionError) -> any SystemUnderTest & Promotable & Dumpable {
        switch self {
        case .nodeSingle: NodeSingle(options: try NodeSingleOptions(options, nodes: nodes))
        case .nodeRaft: NodeRaft(options: try NodeRaftOptions(options, nodes: nodes))
        case .nodeChain: NodeChain(options: try NodeChainOptions(options, nodes: nodes))
        case .nodeMulti: NodeMulti(options: try NodeMultiOptions(options, nodes: nodes))
        case .nodeQuorum: NodeQuorum(options: try NodeQuorumOptions(options, nodes: nodes))
        case .redis: RedisReplication(options: try RedisOptions(options, nodes: nodes))
        }
    }

    /// Finds a system by its name in a workload file.
    public static func named(_ name: String) throws(SystemOptionError) -> SystemCatalog {
        guard let entry = SystemCatalog(rawValue: name) else {
            throw SystemOptionError(
                option: "system", value: name, allowed: allCases.map(\.rawValue).joined(separator: ", "))
        }
        return entry
    }
}
