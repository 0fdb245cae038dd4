/// What a node says about itself.
public struct NodeStatus: Hashable, Sendable {
    public struct PeerStatus: Hashable, Sendable {
        public var name: NodeName
        public var isConnected: Bool
        public var progress: Progress
    }

    public var name: NodeName
    public var role: Role
    /// Where the log ends; the best follower is the one with the highest.
    public var position: Position
    public var flushed: LSN
    public var applied: LSN
    public var committed: LSN
    public var leader: NodeName?
    public var readiness: ReplicationNode.Readiness
    public var peers: [PeerStatus]
    /// Names of closed gates, and of delays with their ranges, ascending.
    public var gates: [String]
    public var delays: [(name: String, range: String)] { delayPairs.map { ($0.name, $0.range) } }
    var delayPairs: [Delay]

    struct Delay: Hashable, Sendable {
        var name: String
        var range: String
    }
}

extension ReplicationNode {
    public var status: NodeStatus {
        NodeStatus(
            name: configuration.name, role: role, position: log.last, flushed: flushed,
            applied: applied.position.lsn, committed: committed, leader: leader, readiness: readiness,
            peers: peers.map(status(of:)), gates: valves.filter(\.isClosed).map(\.name).sorted(),
            delayPairs: valves.compactMap { valve in
                valve.delay.map { .init(name: valve.name, range: $0.description) }
            }.sorted { $0.name < $1.name })
    }

    private func status(of peer: Peer) -> NodeStatus.PeerStatus {
        let isLeader = role == .follower && peer.name == leader
        return .init(
            name: peer.name, isConnected: isLeader ? link.isStreaming : peer.isFollowing,
            progress: peer.reported)
    }

    private var valves: [(name: String, isClosed: Bool, delay: DelayRange?)] {
        var all: [(name: String, isClosed: Bool, delay: DelayRange?)] = [
            (GateTarget.apply.name, apply.isClosed, apply.delay),
            (GateTarget.reply.name, replies.isClosed, replies.delay),
        ]
        for peer in peers {
            all.append((GateTarget.ship(peer.name).name, peer.ship.isClosed, peer.ship.delay))
            all.append((GateTarget.receive(peer.name).name, peer.receive.isClosed, peer.receive.delay))
            all.append(
                (GateTarget.acknowledge(peer.name).name, peer.acknowledge.isClosed, peer.acknowledge.delay))
        }
        return all
    }

    /// What keeps the node from rest, in words; empty when everything has arrived everywhere it knows of.
    public var unrest: [String] {
        var reasons: [String] = []
        if flushed < log.last.lsn { reasons.append("flushed \(flushed) of \(log.last.lsn)") }
        if applied.position.lsn < log.last.lsn {
            reasons.append("applied \(applied.position.lsn) of \(log.last.lsn)")
        }
        if readiness != .ready { reasons.append("reads are refused") }
        if role == .follower, !link.isStreaming { reasons.append("not connected to \(leader ?? "a leader")") }
        guard role == .leader else { return reasons }
        for peer in peers {
            if !peer.isFollowing {
                reasons.append("\(peer.name) is not connected")
            } else if peer.reported.applied < log.last.lsn {
                reasons.append("\(peer.name) applied \(peer.reported.applied) of \(log.last.lsn)")
            }
        }
        return reasons
    }
}
