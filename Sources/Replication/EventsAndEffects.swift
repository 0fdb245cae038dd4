/// What happens to a node.
public enum NodeInput: Sendable {
    /// Time has passed; `ReplicationNode.nextWake` says when this is wanted.
    case tick
    case request(RequestID, Command)
    /// A node connected to us.
    case accepted(ConnectionID)
    /// Our dialling succeeded, or did not.
    case connected(ConnectionID, to: NodeName)
    case connectFailed(to: NodeName)
    case disconnected(ConnectionID)
    /// `timeline` is the sender's, from the frame.
    case message(ConnectionID, timeline: UInt32, Message)
    /// Everything up to there is durable.
    case flushed(upTo: LSN)
    case snapshotSaved(Position)
    case snapshotInstalled(Position)
    case admin(AdminID, AdminCommand)
}

/// What a node wants done, in this order.
public enum Effect: Sendable {
    /// Add to the log on disk. Not durable before the next flush.
    case append(LogEntry)
    /// Make durable what was appended, then report `flushed`.
    case flush(upTo: LSN)
    /// Keep this beside the log, then report `snapshotSaved`.
    case saveSnapshot(Snapshot)
    /// Replace log and state on disk by this, then report `snapshotInstalled`.
    case installSnapshot(Snapshot)
    /// Entries up to there are in a saved snapshot and no longer kept for followers.
    case truncateLog(upTo: LSN)
    case reply(RequestID, Answer)
    case send(ConnectionID, timeline: UInt32, Message)
    case connect(to: NodeName)
    case close(ConnectionID)
    /// An operator's decision that outlives a restart.
    case saveRole(Role, leader: NodeName)
    case adminReply(AdminID, AdminReply)
    case record(NodeEvent)
}

/// An operator's command that changes something; what only asks is read from the node directly.
public enum AdminCommand: Hashable, Sendable {
    case gate(GateTarget, isClosed: Bool)
    case delay(GateTarget, DelayRange?)
    case promote
    case follow(NodeName)
    case snapshot
}

public enum AdminReply: Hashable, Sendable {
    case done
    case refused(String)
}

/// One line of the node's event log.
public struct NodeEvent: Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        case start, role, promote, follow, truncate, gate, delay, diverged, refused
        case snapshotSaved = "snapshot-saved"
        case snapshotSent = "snapshot-sent"
        case snapshotInstalled = "snapshot-installed"
        case peerUp = "peer-up"
        case peerDown = "peer-down"
        case staleTimeline = "stale-timeline"
        case caughtUp = "caught-up"
    }

    public var kind: Kind
    public var position: Position
    public var peer: NodeName?
    public var detail: String

    public init(_ kind: Kind, _ position: Position, peer: NodeName? = nil, _ detail: String = "") {
        self.kind = kind
        self.position = position
        self.peer = peer
        self.detail = detail
    }
}
