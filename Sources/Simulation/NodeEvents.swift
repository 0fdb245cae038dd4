import NodeRuntime
import Replication

extension SimulatedCluster {
    /// A line of a node's event log, as the real node writes it.
    func eventLine(
        _ node: SimulatedNode, _ kind: String, _ detail: String, position: Position? = nil, peer: NodeName? = nil
    ) -> String {
        JSONLine.object { line in
            line.number("mono", time.now)
            line.string("node", node.name)
            line.string("event", kind)
            if let position {
                line.number("timeline", position.timeline)
                line.number("lsn", position.lsn)
            }
            if let peer { line.string("peer", peer) }
            if !detail.isEmpty { line.string("detail", detail) }
        }
    }
}
