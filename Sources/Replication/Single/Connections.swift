/// A connection between nodes, whichever of them dialled.
struct PeerConnection: Sendable {
    /// `nil` until the other side said who it is.
    var peer: NodeName?
    var heard: Moment
    var sent: Moment
}

extension SingleLeaderReplica {
    mutating func accepted(_ id: ConnectionID) {
        guard connections.values.count(where: { $0.peer == nil }) < Limit.strangers else {
            effects.append(.close(id))
            return
        }
        connections[id] = PeerConnection(peer: nil, heard: now, sent: now)
    }

    /// What a peer says. Bytes that mean nothing here end the connection.
    mutating func receive(_ id: ConnectionID, _ message: PeerMessage) {
        guard let connection = connections[id] else { return }
        do throws(DecodingFailure) {
            guard let timeline = UInt32(exactly: message.epoch) else {
                throw DecodingFailure("a timeline of more than 32 bits")
            }
            receive(id, timeline, try SingleLeaderMessage(message))
        } catch {
            record(.badMessage, peer: connection.peer, "\(error)")
            hangUp(id, "\(error)")
        }
    }

    private mutating func receive(_ id: ConnectionID, _ timeline: UInt32, _ message: SingleLeaderMessage) {
        connections[id]?.heard = now
        if link.connection == id {
            leaderSays(id, timeline, message)
            return
        }
        switch message {
        case .hello(let cluster, let name, let format, let position):
            if let (refusal, detail) = refusal(
                cluster: cluster, name: name, format: format, position: position, timeline: timeline)
            {
                if refusal != .notLeader, detail != lastRefusal {
                    lastRefusal = detail
                    record(.refused, peer: name, detail)
                }
                send(id, .refuse(refusal, detail))
                connections[id] = nil
                effects.append(.close(id))
            } else {
                greet(id, name, position)
            }
        case .progress, .snapshotReceived: followerReports(id, message)
        case .heartbeat: break
        case .welcome, .refuse, .append, .snapshotBegin, .snapshotRows, .snapshotEnd:
            hangUp(id, "a leader's message from a node that is not followed")
        }
    }

    mutating func send(_ id: ConnectionID, _ message: SingleLeaderMessage) {
        connections[id]?.sent = now
        effects.append(.sendOn(id, message.encoded(epoch: UInt64(timeline))))
    }

    /// Closes a connection from this side.
    mutating func hangUp(_ id: ConnectionID, _ reason: String) {
        guard connections[id] != nil else { return }
        effects.append(.close(id))
        forget(id, reason)
    }

    /// The other side, or the network, closed a connection.
    mutating func lost(_ id: ConnectionID) { forget(id, "closed by the other side") }

    private mutating func forget(_ id: ConnectionID, _ reason: String) {
        guard let connection = connections.removeValue(forKey: id) else { return }
        if let name = connection.peer { record(.peerDown, peer: name, reason) }
        for index in peers.indices where peers[index].connection == id { peers[index].disconnect() }
        guard link.connection == id else { return }
        if let leader, let index = peerIndex(leader) {
            peers[index].receive.removeAll()
            peers[index].acknowledge.removeAll()
        }
        if case .installing(_, let snapshot) = link {
            link = .installing(nil, snapshot)
        } else {
            link = .idle(retryAt: now + configuration.reconnect)
        }
    }

    /// Heartbeats, silence and deadlines.
    mutating func checkTime() {
        expireWaiters()
        if case .dialing(let until) = link, until <= now { link = .idle(retryAt: now) }
        guard nextCheck <= now else { return }
        nextCheck = now + Limit.checkPeriod
        for (id, connection) in connections.sorted(by: { $0.key < $1.key }) {
            if connection.heard + configuration.silence <= now {
                hangUp(id, "nothing heard for \((now - connection.heard) / 1_000_000) ms")
            } else if connection.peer != nil, connection.sent + configuration.heartbeat <= now {
                send(id, .heartbeat(last: log.last.lsn))
            }
        }
    }

    /// When the node wants the next `tick`, at the latest.
    public var nextWake: Moment {
        var wake = now + configuration.silence
        for connection in connections.values {
            wake = min(wake, connection.heard + configuration.silence)
            if connection.peer != nil { wake = min(wake, connection.sent + configuration.heartbeat) }
        }
        wake = max(wake, nextCheck)
        if let first = pending.first { wake = min(wake, first.deadline) }
        if let first = sessionWaiters.first { wake = min(wake, first.deadline) }
        switch link {
        case .idle(let retryAt) where role == .follower && leader != nil: wake = min(wake, retryAt)
        case .dialing(let until): wake = min(wake, until)
        default: break
        }
        for peer in peers {
            wake = min(wake, peer.ship.nextDue ?? wake)
            wake = min(wake, peer.receive.nextDue ?? wake)
            wake = min(wake, peer.acknowledge.nextDue ?? wake)
        }
        wake = min(wake, obedienceWake)
        if role == .leader { wake = min(wake, setWake) }
        if let early { wake = min(wake, early.until) }
        wake = min(wake, apply.nextDue ?? wake)
        wake = min(wake, replies.nextDue ?? wake)
        return max(now, wake)
    }
}
