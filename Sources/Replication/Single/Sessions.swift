// What a session has had is not taken back from it.
//
// A session's token is the position of the last state that it has written or seen: `0=timeline:LSN` (0 is the one log
// that there is). A node answers once its own state is as new; one that stays behind points to the leader. A position
// that lies on a timeline behind the place where another one went on is part of nobody's history: the session is told
// that it is lost, and gets no value that would contradict what it has seen.

/// What a token says of where a session is.
public enum TokenForm: String, Hashable, Sendable, CaseIterable {
    /// Timeline and LSN.
    case position
    /// The LSN alone, which a later timeline gives to another entry.
    case lsn
}

/// A request that waits until this node has what its session has had.
struct SessionWaiter: Sendable {
    var request: RequestID
    var call: ClientCall
    var deadline: Moment
}

extension SingleLeaderReplica {
    private enum Standing {
        case met, behind, lost, malformed
    }

    mutating func receive(_ id: RequestID, _ call: ClientCall) {
        switch standing(call) {
        case .met: serve(id, call)
        case .behind where role == .follower && !call.command.isRead: serve(id, call)
        case .behind:
            guard sessionWaiters.count < Limit.pending else {
                return answer(id, here(.failed(.busy, "\(sessionWaiters.count) requests wait for their sessions")))
            }
            sessionWaiters.append(
                SessionWaiter(request: id, call: call, deadline: now + configuration.tokenWait))
        case .lost:
            answer(id, here(.failed(.sessionLost, "what the session has had is on no timeline that goes on")))
        case .malformed: answer(id, here(.failed(.syntax, "a token is 0=TIMELINE:LSN")))
        }
    }

    /// Requests whose sessions this node has caught up with, and those that have waited long enough.
    mutating func serveSessions() {
        guard !sessionWaiters.isEmpty else { return }
        let waiting = sessionWaiters
        sessionWaiters = []
        for waiter in waiting {
            if waiter.deadline > now {
                guard case .behind = standing(waiter.call) else {
                    receive(waiter.request, waiter.call)
                    continue
                }
                sessionWaiters.append(waiter)
            } else if let leader, leader != configuration.name {
                answer(waiter.request, here(.moved(leader)))
            } else {
                answer(waiter.request, here(.failed(.notReady, "behind what the session has had")))
            }
        }
    }

    /// With what the session shall come back; nothing for one that did not ask.
    func token(for call: ClientCall, _ position: Position) -> ClientAnswer.Details? {
        guard call.token != nil else { return nil }
        if call.command.isRead, configuration.mutants.contains(.tokenNotMergedOnRead) { return nil }
        var details = ClientAnswer.Details()
        let timeline = comparesTimelines ? position.timeline : 0
        details.token = Array("0=\(timeline):\(position.lsn)".utf8)
        return details
    }

    private var comparesTimelines: Bool {
        configuration.tokenForm == .position && !configuration.mutants.contains(.tokenWithoutTimeline)
    }

    private func standing(_ call: ClientCall) -> Standing {
        guard let token = call.token, !token.isEmpty else { return .met }
        if configuration.mutants.contains(.tokenIgnored) { return .met }
        guard let position = Self.position(token) else { return .malformed }
        let has = call.command.isRead ? applied.position.lsn : log.last.lsn
        guard comparesTimelines, position.lsn > 0 else { return position.lsn <= has ? .met : .behind }
        let current = log.history.current
        if position.timeline > current { return .behind }
        guard log.history.contains(position) else { return .lost }
        if position.lsn <= has { return .met }
        // A leader has all that there is of its timeline.
        return role == .leader && position.lsn > log.last.lsn ? .lost : .behind
    }

    private static func position(_ token: [UInt8]) -> Position? {
        let text = String(decoding: token.prefix(64), as: UTF8.self)
        guard token.count <= 64, text.hasPrefix("0=") else { return nil }
        let parts = text.dropFirst(2).split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let timeline = UInt32(parts[0]), let lsn = LSN(parts[1]) else { return nil }
        return Position(timeline: timeline, lsn: lsn)
    }
}
