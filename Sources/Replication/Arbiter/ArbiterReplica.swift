import Determinism

/// One of the arbiters of a cluster, which decide together who leads it.
///
/// Their decisions stand in a Raft log, so that a majority of them has each; the one that leads the arbiters decides and
/// gives leases. Of its memory only the decisions outlive it: who takes over waits for a whole lease, because its
/// predecessor may just have given one.
///
/// The rules that everything rests on:
/// - A lease is given only by an arbiter that proved, after it was asked for it, that it leads the arbiters.
/// - An epoch is closed only when the lease of its leader has surely ended.
/// - A leader is chosen only among nodes that promised to take nothing more from earlier epochs, by what their logs hold
///   after that promise.
public struct ArbiterReplica: Replica {
    public let configuration: ArbiterConfiguration
    var core: RaftCore
    /// What the log says, as far as it is committed and durable here.
    public private(set) var decision = ArbiterDecision()
    private(set) var applied: LSN = 0

    /// Only of use while this one leads the arbiters.
    var reports: [NodeName: Heard] = [:]
    /// Reports that wait for the proof that this arbiter leads.
    private var unproven: [RaftReadID: (node: NodeName, ticket: UInt64)] = [:]
    private var lastRead: RaftReadID = 0
    /// When a lease was given last: to the leader, by this arbiter or, for all that it knows, by the one before it.
    var lastGrant: Moment = 0
    /// As `lastGrant`, for each member of a chain.
    var granted: [NodeName: Moment] = [:]
    /// Since when the head of a chain has said that it lacks what others have.
    var headUnfitSince: Moment?
    /// When somebody could have been chosen first.
    var couldChooseAt: Moment?
    /// An order of an operator: this node is to lead.
    private var wanted: NodeName?
    /// The last step that this arbiter wrote, and the last that closes an epoch.
    private var proposed: LSN = 0
    private var closing: LSN = 0
    private var wasLeading = false
    private var effects: [ReplicaEffect] = []

    /// A report with its time of arrival.
    struct Heard: Sendable {
        var report: ArbiterReport
        var at: Moment
    }

    /// An arbiter that starts, from nothing or from what its disk holds.
    ///
    /// Throws `DecodingFailure` for stored bytes that no arbiter wrote.
    public init(
        _ configuration: ArbiterConfiguration, stored: StoredState = StoredState()
    ) throws(DecodingFailure) {
        var configuration = configuration
        if configuration.raft.mutants.contains(.arbiterNoMajority) {
            configuration.raft.voters = [configuration.raft.name]
        }
        self.configuration = configuration
        core = try RaftCore(configuration.raft, stored: stored)
        if let snapshot = stored.snapshot { try restore(snapshot) }
    }

    public var name: NodeName { configuration.raft.name }
    var now: Moment { core.now }

    public mutating func step(_ input: ReplicaInput, at time: NodeTime) -> [ReplicaEffect] {
        core.begin(at: time)
        take(input)
        core.settle()
        // A decision may be committed at once where one arbiter is all.
        for _ in 0..<2 {
            takeNotices()
            applyDecisions()
            decide()
            core.settle()
        }
        takeNotices()
        effects += core.effects
        core.effects = []
        defer { effects = [] }
        return effects
    }

    private mutating func take(_ input: ReplicaInput) {
        switch input {
        case .tick, .abandoned: break
        case .request(let id, _):
            let reply = Reply.failed(.refused, "an arbiter holds no keys")
            effects.append(
                .reply(
                    id, ClientAnswer(reply, role: "arbiter", position: Position(timeline: core.term, lsn: applied)))
            )
        case .received(let sender, let message):
            if ArbiterMessage.isKind(message.kind) {
                hear(sender, message)
            } else {
                core.receive(from: sender, message)
            }
        case .flushed(let lsn): core.flushed(upTo: lsn)
        case .stateSaved(let number): core.stateSaved(number)
        case .snapshotSaved(let position): core.snapshotSaved(position)
        case .snapshotInstalled(let position): core.snapshotInstalled(position)
        case .admin(let id, let order): effects.append(.adminReply(id, obey(order)))
        case .accepted(let id), .connected(let id, _), .message(let id, _): effects.append(.close(id))
        case .connectFailed, .disconnected: break
        }
    }

    public var nextWake: Moment {
        guard isDeciding, proposed <= applied, core.canPropose else { return core.nextWake }
        var wake = core.nextWake
        if configuration.rule == .chain {
            wake = min(wake, nextSilence ?? .max)
        } else if decision.leader != nil {
            wake = min(wake, leaseEnd)
        } else if let couldChooseAt {
            wake = min(wake, couldChooseAt + configuration.patience)
        }
        return wake
    }

    // MARK: The arbiters among themselves

    /// Whether this one leads the arbiters and knows all that they decided.
    var isDeciding: Bool { core.role == .leader && core.hasCommittedInTerm && applied >= core.commitIndex }

    private mutating func takeNotices() {
        let notices = core.notices
        core.notices = []
        for notice in notices {
            switch notice {
            case .restore(let snapshot):
                do throws(DecodingFailure) {
                    try restore(snapshot)
                } catch {
                    effects.append(.crash("\(error)"))
                }
            case .readReady(let id, _): grant(id)
            case .readFailed(let id): unproven[id] = nil
            case .role(let role): if role != .leader { forget() }
            case .cut, .membership: break
            }
        }
    }

    private mutating func forget() {
        reports = [:]
        unproven = [:]
        couldChooseAt = nil
        wanted = nil
        proposed = 0
        closing = 0
        wasLeading = false
    }

    private mutating func applyDecisions() {
        let end = core.readable
        while applied < end {
            let entry = core.log[applied + 1]
            applied += 1
            guard entry.kind == .payload, let step = try? ArbiterDecision.Step(decoding: entry.payload) else {
                continue
            }
            if decision.take(step) { announce(step) }
        }
        if applied >= (core.snapshot?.position.lsn ?? 0) + LSN(configuration.raft.snapshotEvery),
            !core.isSavingSnapshot
        {
            var writer = ByteWriter()
            writer.number(applied)
            decision.write(to: &writer)
            _ = core.compact(writer.bytes, through: applied)
        }
    }

    private mutating func restore(_ snapshot: StoredSnapshot) throws(DecodingFailure) {
        var reader = ByteReader(try RaftSnapshot(decoding: snapshot.content).state)
        applied = try reader.number()
        decision = try ArbiterDecision(reading: &reader)
        try reader.finish()
        guard applied == snapshot.position.lsn else { throw DecodingFailure("a snapshot of another position") }
    }

    mutating func propose(_ step: ArbiterDecision.Step) {
        guard proposed <= applied, let position = core.propose(step.encoded) else { return }
        proposed = position.lsn
        switch step {
        case .close, .chain: closing = position.lsn
        case .lead, .replaceSet: break
        }
    }

    // MARK: Nodes

    private mutating func hear(_ sender: NodeName, _ bytes: PeerMessage) {
        guard configuration.nodes.contains(sender), let message = try? ArbiterMessage(decoding: bytes) else {
            record("refused", sender, "a message that cannot be read, or from nobody of this cluster")
            return
        }
        guard core.role == .leader else {
            return say(.elsewhere(core.leader == name ? nil : core.leader), to: sender)
        }
        switch message {
        case .report(let report): take(report, from: sender)
        case .changeSet(let change):
            guard isDeciding, decision.leader == sender, change.epoch == decision.epoch,
                change.version == decision.setVersion, change.set.allSatisfy({ isFollower($0, of: sender) })
            else { return }
            propose(.replaceSet(epoch: change.epoch, version: change.version, change.set))
        case .order, .elsewhere: break
        }
    }

    private func isFollower(_ name: NodeName, of leader: NodeName) -> Bool {
        name != leader && configuration.nodes.contains(name)
    }

    private mutating func take(_ report: ArbiterReport, from node: NodeName) {
        if let known = reports[node]?.report, known.ticket > report.ticket, known.epoch > report.epoch { return }
        reports[node] = Heard(report: report, at: now)
        if report.isOrdered, isDeciding, decision.leader != node { wanted = node }
        let leads = isDeciding && isTrusted(node) && decision.epoch == report.epoch
        // Who is to make room gets no more leases.
        guard leads, report.wantsLease, wanted == nil else {
            return say(
                .order(ArbiterOrder(ticket: report.ticket, decision: decision, grantsLease: false)), to: node)
        }
        lastRead += 1
        unproven[lastRead] = (node, report.ticket)
        core.read(lastRead)
    }

    /// This arbiter led the arbiters after it was asked, so nobody can have closed the epoch before that.
    private mutating func grant(_ id: RaftReadID) {
        guard let (node, ticket) = unproven.removeValue(forKey: id) else { return }
        let isLeader = isTrusted(node) && core.role == .leader && closing <= applied
        if isLeader {
            lastGrant = now
            granted[node] = now
        }
        say(.order(ArbiterOrder(ticket: ticket, decision: decision, grantsLease: isLeader)), to: node)
    }

    /// Who may have a lease: the leader, or whoever stands in the chain.
    private func isTrusted(_ node: NodeName) -> Bool {
        configuration.rule == .chain ? decision.chain.contains(node) : decision.leader == node
    }

    private mutating func announce(_ step: ArbiterDecision.Step) {
        switch step {
        case .close(let epoch): record("epoch", decision.former, "\(epoch) begins without a leader")
        case .lead(let epoch, let name): record("leader", name, "of epoch \(epoch)")
        case .replaceSet(_, _, let names): record("sync-set", nil, names.joined(separator: " "))
        case .chain(let epoch, let names): record("chain", nil, "\(epoch): \(names.joined(separator: " "))")
        }
        guard core.role == .leader else { return }
        if case .close = step { couldChooseAt = nil }
        if case .lead = step { lastGrant = now }
        let order = ArbiterOrder(ticket: 0, decision: decision, grantsLease: false)
        for node in configuration.nodes { say(.order(order), to: node) }
    }

    private mutating func say(_ message: ArbiterMessage, to node: NodeName) {
        effects.append(.send(to: node, message.encoded))
    }

    private mutating func record(_ kind: String, _ peer: NodeName?, _ detail: String) {
        effects.append(
            .record(ReplicaEvent(kind, Position(timeline: core.term, lsn: applied), peer: peer, detail)))
    }

    // MARK: Decisions

    /// When the lease of the leader has surely ended, on this arbiter's clock.
    var leaseEnd: Moment { lastGrant + configuration.lease * (100 + configuration.raft.drift) / 100 }

    private mutating func decide() {
        guard isDeciding else { return }
        if !wasLeading {
            wasLeading = true
            lastGrant = max(lastGrant, now)
            configuration.nodes.forEach { granted[$0] = now }
        }
        guard proposed <= applied else { return }
        if configuration.rule == .chain { return arrangeChain() }
        if decision.leader != nil {
            if now >= leaseEnd { propose(.close(epoch: decision.epoch + 1)) }
        } else if decision.epoch == 0 {
            propose(.close(epoch: 1))
        } else if let name = choice() {
            wanted = nil
            propose(.lead(epoch: decision.epoch, name))
        }
    }

    private mutating func choice() -> NodeName? {
        if let wanted, isEligible(wanted) { return wanted }
        let eligible = configuration.nodes.filter(isEligible)
        guard let chosen = chosen(among: eligible) else {
            couldChooseAt = nil
            return nil
        }
        let first = couldChooseAt ?? now
        couldChooseAt = first
        let isWorthWaiting = configuration.rule != .first && eligible.count < configuration.nodes.count
        return isWorthWaiting && now < first + configuration.patience ? nil : chosen
    }

    /// Who promised this epoch and could lead it.
    private func isEligible(_ node: NodeName) -> Bool {
        guard let heard = reports[node], heard.report.epoch == decision.epoch, heard.report.isFit else {
            return false
        }
        return heard.at + configuration.lease > now
    }

    private func chosen(among eligible: [NodeName]) -> NodeName? {
        // The first in the order of nodes wins where logs are equally long.
        func furthest(_ names: [NodeName]) -> NodeName? {
            let isLaggard = core.has(.failoverLaggard)
            return names.reduce(nil as NodeName?) { best, name in
                guard let best, let known = reports[best]?.report, let own = reports[name]?.report else {
                    return name
                }
                let isBetter = isLaggard ? own.position < known.position : own.position > known.position
                return isBetter ? name : best
            }
        }
        switch configuration.rule {
        case .manual, .chain: return nil
        case .priority: return eligible.first
        case .first: return eligible.min { reports[$0]?.at ?? 0 < reports[$1]?.at ?? 0 }
        case .best:
            return eligible.count > configuration.nodes.count / 2 ? furthest(eligible) : nil
        case .syncSet:
            // Before anybody led there was nothing to acknowledge.
            guard decision.former != nil else { return furthest(eligible) }
            return furthest(eligible.filter { decision.syncSet.contains($0) || $0 == decision.former })
        }
    }

    // MARK: Operators

    private mutating func obey(_ order: AdminOrder) -> AdminOutcome {
        switch order {
        case .follow where configuration.rule == .chain: return .refused("a chain has no leader to choose")
        case .follow(let name):
            guard core.role == .leader else { return .refused("\(core.leader ?? "nobody") leads the arbiters") }
            guard configuration.nodes.contains(name) else { return .refused("\(name) is no node of this cluster") }
            guard decision.leader != name else { return .refused("\(name) leads already") }
            wanted = name
            return .done
        case .snapshot, .promote, .demote, .join, .gate, .delay, .failpoint, .member, .syncSet, .rehome, .repair,
            .offline, .online,
            .sync:
            return .refused("node-arbiter has no such order")
        }
    }
}
