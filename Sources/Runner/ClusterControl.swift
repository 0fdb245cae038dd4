import Faults
import AgentProtocol
import Clients
import HistoryModel
import Systems
import Workloads

/// Starts, kills and promotes nodes, and knows which of them should be alive and who leads.
actor ClusterControl {
    typealias System = SystemUnderTest & Promotable & Dumpable

    nonisolated let members: [String: Member]
    nonisolated let system: any System
    nonisolated let topology: Topology
    private let recorder: Recorder
    private var plan: ClusterPlan
    private var dead: Set<String> = []
    /// Clocks that lie, by node.
    private var clocks: [String: ClockFault] = [:]
    /// Nodes whose data must go before they come back: a leader that was replaced while it was dead.
    private var outdated: Set<String> = []
    /// Nodes that did not answer when another one was promoted: they are told when they do again.
    private var untold: Set<String> = []
    private let clockAccess: ClockAccess
    /// Promotions are one at a time, and who leads is not known while one is under way.
    private(set) var isPromoting = false

    /// How long a node may take until it serves; recovery of a long log is part of it.
    private static let startPatience = Duration.seconds(20)

    init(
        members: [String: Member], system: any System, plan: ClusterPlan, recorder: Recorder,
        clockAccess: ClockAccess = .nodes
    ) {
        self.clockAccess = clockAccess
        self.members = members
        self.system = system
        self.plan = plan
        self.recorder = recorder
        topology = plan.topology()
    }

    /// Who leads as far as the runner knows; a dead leader leads until another is promoted.
    var leader: String { plan.leader }

    /// Nodes by name, dead ones too.
    nonisolated var nodes: [String] { members.keys.sorted { $0.count == $1.count ? $0 < $1 : $0.count < $1.count } }

    /// Nodes that should be running.
    var living: [String] { nodes.filter { !dead.contains($0) } }

    func isDead(_ node: String) -> Bool { dead.contains(node) }

    func access(_ node: String) -> AgentHostAccess { AgentHostAccess(agent: member(node).agent) }

    nonisolated func member(_ node: String) -> Member {
        guard let member = members[node] else { preconditionFailure("no node \(node)") }
        return member
    }

    // MARK: Starting

    /// How long the replicas of a system that was just started may take to find their leader.
    private static let attachPatience = Duration.seconds(30)

    /// Starts every node, the leader first so that followers find it, and waits until all are replicas of it.
    ///
    /// A replica that has not found its leader yet may answer from an empty store (Redis does): a stale read that tells
    /// of the start and not of the plan.
    ///
    /// What decides who leads is started before all of them.
    func startAll() async throws {
        for companion in system.companions(in: plan) {
            let host = access(companion.beside)
            try await system.start(companion, via: host, deadline: Self.startPatience)
        }
        try await start(plan.leader)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for node in nodes where node != plan.leader {
                group.addTask { try await self.start(node) }
            }
            try await group.waitForAll()
        }
        try await waitUntilCaughtUp(within: Self.attachPatience)
    }

    /// Starts a node, or starts it again; `gates` are closed before it serves.
    ///
    /// While a promotion is under way it waits: a dead leader would come back as the leader that is being replaced.
    func start(_ node: String, closing gates: [String] = []) async throws {
        while isPromoting { try await Task.sleep(for: .milliseconds(5)) }
        let member = clusterMember(node)
        if outdated.contains(node), node != plan.leader {
            try await system.wipe(member)
            outdated.remove(node)
        }
        var plan = plan
        if !gates.isEmpty { plan.closedGates[node] = gates }
        try await system.start(member, in: plan, deadline: Self.startPatience)
        dead.remove(node)
        untold.remove(node)
        // The clock of a host lies on, whatever becomes of its processes.
        if let fault = clocks[node], !hasHostClocks { _ = try await setClocks(node, fault, isOn: true) }
    }

    /// Removes all that a dead node stored; false for one that runs.
    func wipe(_ node: String) async throws -> Bool {
        guard dead.contains(node) else { return false }
        try await system.wipe(clusterMember(node))
        plan.noteWiped(node)
        return true
    }

    // MARK: Ending

    /// Kills a node's processes; the evidence is what another process read from `/proc`.
    func kill(_ node: String) async throws -> SignalEvidence {
        dead.insert(node)
        let evidence = try await member(node).agent.call(Signal(name: node, signal: .kill)).evidence
        if !evidence.isConfirmed { dead.remove(node) }
        return evidence
    }

    /// Cuts a node's power; then its processes are gone, and killed if they are not, which the evidence says.
    func cutPower(_ node: String, torn: Bool) async throws -> SignalEvidence {
        guard let system = system as? any PowerCuttable else {
            throw SystemError(
                .commandFailed, system: system.traits.name, node: node, action: "power-cut",
                "this system's nodes cannot lose what they wrote")
        }
        dead.insert(node)
        do {
            try await system.cutPower(torn: torn, member(node).site, via: access(node))
        } catch {
            dead.remove(node)
            throw error
        }
        return try await kill(node)
    }

    // MARK: Clocks

    /// Sets clocks of a node; `nil` sets them right. What the node then says of each.
    ///
    /// A node that starts again has right clocks, so they are set again.
    func setClocks(_ node: String, _ fault: ClockFault, isOn: Bool) async throws -> [ClockWord] {
        guard clockAccess == .nodes else { return try await setByAgent(node, fault, isOn: isOn) }
        guard let system = system as? any ClockSkewable else {
            throw SystemError(
                .commandFailed, system: system.traits.name, node: node, action: "clock",
                "this system's nodes read the clocks of their hosts")
        }
        clocks[node] = isOn ? fault : nil
        guard !dead.contains(node) else { return [] }
        var words: [ClockWord] = []
        for clock in fault.nodeClocks {
            let setting = isOn ? fault.setting : "system"
            words.append(try await system.setClock(clock, setting, member(node).site, via: access(node)))
        }
        return words
    }

    private var hasHostClocks: Bool { if case .hosts = clockAccess { true } else { false } }

    private func setByAgent(_ node: String, _ fault: ClockFault, isOn: Bool) async throws -> [ClockWord] {
        clocks[node] = isOn ? fault : nil
        guard !dead.contains(node) || hasHostClocks else { return [] }
        let sight = try await member(node).agent.call(clockAccess.request(fault, of: node, isOn: isOn))
        return [
            ClockWord(
                setting: isOn ? fault.setting : "system", ahead: sight.ahead, observer: sight.detail,
                isConfirmed: sight.isConfirmed)
        ]
    }

    // MARK: Leading

    /// How every living node is; one that does not answer is left out.
    func statuses() async -> [String: NodeStatus] {
        await withTaskGroup(of: (String, NodeStatus?).self) { group in
            for node in living {
                let site = member(node).site
                let host = access(node)
                let system = system
                group.addTask { (node, try? await system.status(of: site, via: host)) }
            }
            var found: [String: NodeStatus] = [:]
            for await (node, status) in group { found[node] = status }
            return found
        }
    }

    /// Asks the nodes who leads, where they agree on that by themselves, and tells the clients; of several the one of the
    /// latest term.
    func lookForLeader() async {
        guard system.traits.choosesLeader else { return }
        let leading = await statuses().values.filter { $0.role == .leader }
        guard let found = leading.max(by: { ($0.timeline, $1.node) < ($1.timeline, $0.node) })?.node,
            found != plan.leader
        else { return }
        plan.leader = found
        topology.setLeader(found)
    }

    /// Makes a living follower the leader, points the others at it and tells the clients.
    ///
    /// With `isFailover` nothing is done, and `nil` returned, unless the leader is still dead and somebody is left.
    @discardableResult
    func promote(_ choice: PromotionChoice, isFailover: Bool = false) async throws -> String? {
        while isPromoting { try await Task.sleep(for: .milliseconds(5)) }
        let old = plan.leader
        let candidates = living.filter { $0 != old }
        if isFailover, !dead.contains(old) || candidates.isEmpty { return nil }
        isPromoting = true
        defer { isPromoting = false }
        let chosen =
            switch choice {
            case .mostAdvanced: try await system.failOver(among: candidates.map(clusterMember))
            case .named(let node): try await promote(node, over: candidates)
            }
        plan.leader = chosen
        if dead.contains(old), !system.traits.choosesLeader { outdated.insert(old) }
        topology.setLeader(chosen)
        let statuses = await statuses()
        if !system.traits.choosesLeader {
            untold.formUnion(living.filter { $0 != chosen && statuses[$0] == nil })
        }
        let position = statuses[chosen].map { "timeline \($0.timeline), LSN \($0.lsn)" } ?? "position unknown"
        recorder.note(
            "promote",
            ["node": .string(chosen), "replaces": .string(old), "detail": .string(position)])
        return chosen
    }

    /// Points a node that stood still during a promotion at the leader of now.
    func tellLeader(to node: String) async throws {
        guard untold.remove(node) != nil, node != plan.leader, !dead.contains(node) else { return }
        try await system.follow(member(plan.leader).site, member(node).site, via: access(node))
    }

    private func promote(_ node: String, over candidates: [String]) async throws -> String {
        let site = member(node).site
        try await system.promote(site, via: access(node))
        for other in candidates where other != node {
            try await system.follow(site, member(other).site, via: access(other))
        }
        return node
    }

    private func clusterMember(_ node: String) -> ClusterMember {
        ClusterMember(site: member(node).site, host: access(node))
    }

    // MARK: Gates

    /// Gives a living node an order in the words of `nodectl`.
    func order(_ words: [String], at node: String) async throws {
        guard let system = system as? any Orderable else {
            throw SystemError(
                .commandFailed, system: system.traits.name, node: node, action: words.joined(separator: " "),
                "this system takes no orders")
        }
        try await system.order(words, member(node).site, via: access(node))
    }

    /// Opens or closes gates of a living node.
    func setGates(_ targets: [String], open: Bool, at node: String) async throws {
        guard let system = system as? any Gateable else {
            throw SystemError(
                .commandFailed, system: system.traits.name, node: node, action: "gate", "this system has no gates")
        }
        for target in targets {
            try await system.setGate(target, open: open, member(node).site, via: access(node))
        }
    }

    /// Opens every gate of every living node, where the system has gates; the others too when one node fails.
    func openAllGates(but unhealed: Set<String> = []) async throws {
        guard system is any Gateable else { return }
        var first: (any Error)?
        for node in living where !unhealed.contains(node) {
            let others = nodes.filter { $0 != node }
            let gates = GateChange.Gate.allCases.filter {
                $0.isCommon || system.traits.moreGates.contains($0.rawValue)
            }
            let perPeer = gates.filter(\.isPerPeer)
            let targets =
                perPeer.flatMap { gate in others.map { "\(gate.rawValue):\($0)" } }
                + gates.filter { !$0.isPerPeer }.map(\.rawValue)
            do {
                try await setGates(targets, open: true, at: node)
            } catch {
                first = first ?? error
            }
        }
        if let first { throw first }
    }

    // MARK: Waiting

    /// Waits until every living follower has applied all that the leader has; says what is missing if it has not.
    ///
    /// Followers in `heldBack` are not waited for.
    func waitUntilCaughtUp(within patience: Duration, heldBack: Set<String> = []) async throws(SystemError) {
        if system.traits.choosesLeader { _ = try? await waitForLeader(within: patience) }
        let hasOneLeader = system.traits.hasLeader && !system.traits.hasManyLeaders
        guard !dead.contains(plan.leader) || !hasOneLeader else {
            throw SystemError(
                .noCandidate, system: system.traits.name, node: plan.leader, action: "catch up",
                "the leader is dead and nobody was promoted")
        }
        let waited = living.filter {
            hasOneLeader && $0 == plan.leader || !heldBack.contains($0)
        }
        try await system.waitUntilCaughtUp(
            waited.map(clusterMember), leader: plan.leader, deadline: patience,
            areAllThere: dead.isEmpty && waited.count == living.count)
    }

    /// Nodes that are in no group any more, as its leader says.
    func outsiders() async -> Set<String> {
        guard system.traits.hasLeader, let known = await statuses()[plan.leader], known.role == .leader else {
            return []
        }
        return Set(nodes.filter { !known.counts($0) })
    }

    /// Waits until the leader says that it leads; false if the time is over before.
    func waitForLeader(within patience: Duration) async throws -> Bool {
        let end = ContinuousClock.now + patience
        guard system.traits.hasLeader else { return true }
        await lookForLeader()
        while await statuses()[plan.leader]?.role != .leader {
            guard ContinuousClock.now < end else { return false }
            try await Task.sleep(for: .milliseconds(50))
            await lookForLeader()
        }
        return true
    }
}
