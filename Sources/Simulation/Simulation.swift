// Public face of Simulation: a whole cluster, its network, its disks and its clients in one process under virtual time.
//
// `simulate(plan, system)` does what a run on hosts does, with the same workload file, generators, faults and
// replication code, and gives the same kind of history. Nothing waits: time goes from one event to the next. Every
// choice derives from the plan's seed, so a seed gives the same history each time, to the byte.

public import HistoryModel
public import NodeRuntime
public import RunStore
public import Systems
public import Workloads

/// A run in simulation, as far as it went. Times are nanoseconds of virtual time.
public struct SimulatedRun: Sendable {
    public var events: [Event]
    public var faults: [FaultRecord]
    public var phases: [PhaseRecord]
    public var nodes: [NodeRecord]
    public var problems: [Problem]
    /// What the nodes said of themselves: the lines of each node's event log.
    public var nodeEvents: [String: [String]]
    public var duration: Int64

    /// How many operations clients were given, final reads aside.
    public var operations: Int {
        events.count { $0.type == .invoke && $0.f != "dump" && $0.meta["final"] == nil }
    }
}

/// Runs a plan in simulation, on the network that its workload asks for unless another is given.
///
/// Throws `NodeError` for options that a node would refuse at its start, and for a system that is none of our nodes.
public func simulate(
    _ plan: Plan, system: any SystemUnderTest, network: NetworkModel? = nil
) throws(NodeError) -> SimulatedRun {
    try SimulationSession(plan, SimulatedCluster(plan, system, network ?? NetworkModel(plan.workload.network)))
        .run()
}
