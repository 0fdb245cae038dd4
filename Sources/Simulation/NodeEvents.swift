import NodeRuntime
import Replication

extension SimulatedCluster {
    /// A line of a node's event log, as the real node writes it.
    func eventLine(
        _ node: SimulatedNode, _ kind: String, _ detail: String, position: Position? = nil, peer: NodeName? = nil
    ) -> String {
        EventLine.text(node.name, kind, detail, position: position, peer: peer, monotonic: time.now)
    }
}
