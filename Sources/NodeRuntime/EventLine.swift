package import Replication

/// One line of a node's event log, without its end; a simulated node has no wall clock.
package enum EventLine {
    package static func text(
        _ node: NodeName, _ kind: String, _ detail: String, position: Position?, peer: NodeName?, monotonic: Int64,
        wall: Int64? = nil
    ) -> String {
        JSONLine.object { line in
            line.number("mono", monotonic)
            if let wall { line.number("wall", wall) }
            line.string("node", node)
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
