// Whose word a write waits for with `--ack set:K`: K followers by name.
//
// Where there are arbiters the set is recorded with them before an acknowledgement relies on it, so that they can make
// leader only somebody who has all that was acknowledged. While a change is on its way nobody here knows which of the two
// sets they would go by: a write needs the word of both.

/// What a leader keeps about its set.
struct SyncSet: Sendable {
    /// In use; `nil` before the first of this leadership.
    var members: [NodeName]?
    /// To be used instead, once it is recorded.
    var wished: [NodeName]?
    /// The version of the arbiters' set that `wished` is to replace.
    var version: UInt64 = 0
    /// When this leadership began, and when members were last changed.
    var since: Moment = 0
    var changed: Moment = 0
    var nextWish: Moment = 0

    /// Everybody whose word counts now.
    var voters: [NodeName] { (members ?? []) + (wished ?? []) }
}

/// What becomes of a write when a follower of the set is silent.
public enum SilencePolicy: String, Hashable, Sendable, CaseIterable {
    /// Another follower takes its place, if one has all that was acknowledged; until then nothing is acknowledged.
    case promote
    /// The leader goes on alone.
    case fallback
}

extension SingleLeaderReplica {
    /// How often a set is looked at that cannot be changed yet, in nanoseconds.
    private static let reviewPeriod: UInt64 = 20_000_000

    /// The last entry that all of the set have.
    func acknowledgedBySet() -> LSN {
        guard let members = set.members else { return 0 }
        if members.isEmpty, set.wished?.isEmpty ?? true { return flushed }
        return set.voters.map(reached).min() ?? flushed
    }

    private func reached(_ name: NodeName) -> LSN { peerIndex(name).map { reached(peers[$0]) } ?? 0 }

    /// How far a follower is, as far as it counts.
    func reached(_ peer: Peer) -> LSN {
        switch configuration.ackStage {
        case .receive: peer.counted.received
        case .flush: peer.counted.flushed
        case .apply: peer.counted.applied
        }
    }

    /// Finds the first set of this leadership, replaces members that are silent, and gets back those that have caught up.
    mutating func reviewSet() {
        guard case .set(let count) = configuration.ack else { return }
        noteRecorded()
        guard set.wished == nil else { return ask() }
        guard let members = set.members else { return establish(count) }
        let silent = members.filter(isSilent)
        if configuration.silencePolicy == .fallback || has(.silentFallback) {
            if !silent.isEmpty { return goOnAlone(members.filter { !silent.contains($0) }) }
            return getBack(members, count)
        }
        guard let lost = silent.first, let found = candidates(but: members).first else { return }
        wish(members.map { $0 == lost ? found : $0 })
    }

    private mutating func establish(_ count: Int) {
        let found = candidates(but: [])
        let isPatient = now < set.since + configuration.silenceTimeout
        if isPatient, found.count < peers.count { return }
        guard found.count >= count else {
            if configuration.silencePolicy == .fallback, !isPatient { goOnAlone(found) }
            return
        }
        wish(Array(found.prefix(count)))
    }

    /// Followers that could take a place: what was acknowledged, they have.
    private func candidates(but members: [NodeName]) -> [NodeName] {
        peers.filter { peer in
            let hasAll = peer.counted.flushed >= committed || has(.promoteUnsynced)
            return peer.isFollowing && hasAll && !members.contains(peer.name)
        }.map(\.name)
    }

    /// Whether a write has waited for its word for too long.
    private func isSilent(_ name: NodeName) -> Bool {
        guard let first = pending.first, let wake = silenceWake else { return false }
        return wake <= now && reached(name) < first.lsn
    }

    /// When a member that has said nothing about the oldest write counts as silent; a new one has as long.
    private var silenceWake: Moment? {
        pending.first.map {
            max($0.deadline - configuration.ackTimeout, set.changed) + configuration.silenceTimeout
        }
    }

    var setWake: Moment {
        guard case .set = configuration.ack else { return .max }
        if set.wished != nil { return set.nextWish }
        if set.members == nil { return max(now + Self.reviewPeriod, set.since + configuration.silenceTimeout) }
        return silenceWake.map { max($0, now + Self.reviewPeriod) } ?? .max
    }

    /// As MySQL does it: from now on writes wait for those that are left.
    private mutating func goOnAlone(_ left: [NodeName]) {
        set.members = left
        set.changed = now
        guard !has(.silentFallback) else { return }
        record(.syncSet, "fell back to \(left.isEmpty ? "nobody" : left.joined(separator: " "))")
    }

    private mutating func getBack(_ members: [NodeName], _ count: Int) {
        guard members.count < count, !has(.silentFallback) else { return }
        let back = candidates(but: members).filter { name in
            peerIndex(name).map { reached(peers[$0]) >= flushed } ?? false
        }
        if let name = back.first { wish(members + [name]) }
    }

    // MARK: Recording

    private mutating func wish(_ names: [NodeName]) {
        let isKept = has(.syncsetNotPublished) && set.members != nil
        guard obedience != nil, !isKept else { return use(names) }
        set.wished = names
        set.nextWish = now
        ask()
    }

    /// Asks the arbiters for the set, again and again until they have recorded one.
    private mutating func ask() {
        guard let names = set.wished, let link = obedience?.link, set.nextWish <= now else { return }
        set.nextWish = now + configuration.lease / 5
        let message = link.change(to: names)
        effects.append(.send(to: message.to, message.1))
    }

    private mutating func noteRecorded() {
        guard let decision = obedience?.link.decision, decision.leader == name, decision.epoch == timeline,
            decision.setVersion > set.version
        else { return }
        set.version = decision.setVersion
        use(decision.syncSet)
    }

    private mutating func use(_ names: [NodeName]) {
        set.members = names
        set.changed = now
        set.wished = nil
        record(.syncSet, names.joined(separator: " "))
    }

    /// An operator's set.
    mutating func orderSet(_ names: [NodeName]) -> AdminOutcome {
        guard case .set(let count) = configuration.ack else { return .refused("this node waits for no set") }
        guard role == .leader else { return .refused("\(name) does not lead") }
        guard Set(names).count == count, names.count == count, names.allSatisfy({ peerIndex($0) != nil }) else {
            return .refused("a set is \(count) of \(configuration.others.joined(separator: ", "))")
        }
        guard set.wished == nil else { return .refused("a change of the set is on its way") }
        let able = candidates(but: [])
        if let late = names.first(where: { !able.contains($0) }) {
            return .refused("\(late) does not follow, or lacks something that was acknowledged")
        }
        wish(names)
        return .done
    }
}
