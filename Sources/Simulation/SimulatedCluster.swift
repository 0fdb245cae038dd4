import Determinism
import Faults
import NodeRuntime
import Replication
import Systems
import Workloads

/// Nodes, their disks and the network between them, under virtual time.
final class SimulatedCluster {
    let time = VirtualTime()
    /// The time of day when a run begins, in nanoseconds since 1970.
    static let epoch: Int64 = 1_700_000_000_000_000_000
    let model: NetworkModel
    let nodes: [SimulatedNode]
    /// Processes beside the nodes. No fault of a process means them; a cut of the network takes them with their host.
    let companions: [SimulatedNode]
    let system: any SystemUnderTest
    var plan: ClusterPlan
    /// Nodes whose data must go before they come back: leaders that were replaced while they were dead.
    var outdated: Set<String> = []
    /// Nodes that did not answer when another one was promoted.
    var untold: Set<String> = []
    /// How many cuts lie on each direction between two nodes, by hearer and speaker.
    private var cuts: [Grudge.Cut: Int] = [:]
    private var deaf: [String: Int] = [:]
    private var mute: [String: Int] = [:]
    /// What is sent again when a cut between clients and a node ends.
    private var heldRequests: [(node: String, deliver: () -> Void)] = []
    /// What faults make of the network, by their names.
    var poorNetworks: [String: (nodes: Set<String>, network: PoorNetwork)] = [:]
    /// When what a node has sent under a limit of the rate is out.
    var sentUntil: [String: Int64] = [:]
    var networkRandom: SeededRandom
    private var diskRandom: SeededRandom
    private let options: [NodeOptions]

    init(_ plan: Plan, _ system: any SystemUnderTest, _ model: NetworkModel) throws(NodeError) {
        self.system = system
        self.model = model
        let traits = system.traits
        let sites = plan.nodes.enumerated().map { place, name in
            NodeSite(
                name: name, host: "simulated", address: "10.0.0.\(place + 1)", clientPort: traits.clientPort,
                peerPort: traits.peerPort, stateDirectory: "/simulated/\(name)", runDirectory: "/simulated")
        }
        let cluster = ClusterPlan(name: "simulated", sites: sites, leader: plan.nodes[0], seed: plan.seed)
        self.plan = cluster
        nodes = plan.nodes.enumerated().map { SimulatedNode(name: $1, place: $0) }
        let companions = system.companions(in: cluster)
        self.companions = companions.enumerated().map {
            SimulatedNode(name: $1.name, place: sites.count + $0, host: $1.beside)
        }
        networkRandom = .named("network", seed: plan.seed)
        diskRandom = .named("disks", seed: plan.seed)
        // The very command lines that hosts get, read by the very code that reads them there.
        var options: [NodeOptions] = []
        for site in sites { options.append(try Self.options(system, site, cluster)) }
        for companion in companions { options.append(try Self.options(companion.launch)) }
        self.options = options
        for node in nodes + self.companions { node.disk = Self.disk(options[node.place]) }
    }

    private static func disk(_ options: NodeOptions) -> SimulatedDisk {
        SimulatedDisk(
            isSyncing: options.isDurable, losesBuffers: options.disk == .buffered,
            acceptsTorn: options.setting.mutants.contains(.tornTailAccepted),
            skipsDamaged: options.setting.mutants.contains(.skipBadRecord))
    }

    private static func options(
        _ system: any SystemUnderTest, _ site: NodeSite, _ plan: ClusterPlan
    ) throws(NodeError) -> NodeOptions {
        try options(system.launch(site, in: plan))
    }

    private static func options(_ launch: LaunchSpec) throws(NodeError) -> NodeOptions {
        let words = launch.process.argv
        guard let design = words.first.flatMap(NodeDesigns.design(ofProgram:)) else {
            throw NodeError(.badArguments, "\(words.first ?? "") is no node of this repository")
        }
        return try NodeCommandLine.options(Array(words.dropFirst()), of: design)
    }

    var leader: String { plan.leader }
    var names: [String] { nodes.map(\.name) }
    var living: [SimulatedNode] { nodes.filter(\.isAlive) }

    func node(_ name: String) -> SimulatedNode {
        guard let node = (nodes + companions).first(where: { $0.name == name }) else {
            preconditionFailure("no node \(name)")
        }
        return node
    }

    func options(of node: SimulatedNode) -> NodeOptions { options[node.place] }

    // MARK: Processes

    /// Starts all nodes and what is beside them.
    func startAll() {
        for companion in companions { launch(companion, options(of: companion)) }
        for node in nodes { start(node) }
    }

    /// Starts a node, or starts it again; `gates` are closed before it serves.
    func start(_ node: SimulatedNode, closing gates: [String] = []) {
        guard !node.isAlive else { return }
        if outdated.contains(node.name), node.name != leader {
            node.disk = Self.disk(options(of: node))
            outdated.remove(node.name)
        }
        untold.remove(node.name)
        if node.disk.isUnreadable { plan.noteWiped(node.name) }
        var plan = plan
        if !gates.isEmpty { plan.closedGates[node.name] = gates }
        guard let options = try? Self.options(system, plan.sites[node.place], plan) else {
            preconditionFailure("the options were good at the start of the run")
        }
        launch(node, options)
    }

    private func launch(_ node: SimulatedNode, _ options: NodeOptions) {
        if node.disk.torn != nil { node.events.append(eventLine(node, "recovery", "a torn tail")) }
        if node.disk.isUnreadable {
            // A node does not start with that, and says so; who operates it wipes it and starts it again.
            node.events.append(eventLine(node, "refused-data", "a damaged record; wiped"))
            node.disk = Self.disk(options)
        }
        if options.isFsyncClosed { node.disk.closeGate() }
        let stored = node.disk.start()
        guard let member = try? options.design.member(options.setting, stored) else {
            // A planted bug may leave what no node can read: a real one would not start.
            guard !options.setting.mutants.isEmpty else {
                preconditionFailure("\(node.name) cannot read what it wrote")
            }
            node.events.append(eventLine(node, "refused-data", "the node does not start"))
            return
        }
        node.life += 1
        node.lastConnection = 0
        node.member = member
        node.events.append(eventLine(node, "process-start", "life \(node.life)"))
        for failpoint in options.failpoints {
            _ = order(.failpoint(failpoint.name, failpoint.action), at: node)
        }
        deliver(.tick, to: node, life: node.life)
    }

    /// Ends a node's process at once.
    func kill(_ node: SimulatedNode) {
        guard node.isAlive else { return }
        node.disk.kill(&diskRandom)
        end(node)
    }

    /// Ends a node's process with nothing left but what is durable and, with `torn`, half of the next record.
    func cutPower(_ node: SimulatedNode, torn: Bool) {
        guard node.isAlive else { return }
        node.disk.cutPower(torn: torn)
        node.events.append(eventLine(node, "power-cut", node.disk.torn == nil ? "" : "with a torn record"))
        end(node)
    }

    /// Damages the log of a dead node; which record, `nil` if that is not possible.
    func damage(_ node: SimulatedNode) -> LSN? { node.isAlive ? nil : node.disk.damage() }

    /// Takes all from the disk of a node that does not run; false for one that does.
    func wipe(_ node: SimulatedNode) -> Bool {
        guard !node.isAlive, let options = try? Self.options(system, plan.sites[node.place], plan) else {
            return false
        }
        node.disk = Self.disk(options)
        plan.noteWiped(node.name)
        return true
    }

    private func end(_ node: SimulatedNode) {
        node.member = nil
        node.isPaused = false
        node.waiting = []
        node.alarm = .max
        // The kernel closes what the process had open.
        for (_, connection) in node.connections.sorted(by: { $0.key < $1.key }) {
            transmit(.close, on: connection, direction: connection.direction(from: node))
        }
        node.connections = [:]
        node.requests = [:]
        let losses = node.losses.sorted { $0.key < $1.key }.map(\.value)
        node.losses = [:]
        for loss in losses { towardsClient(of: node, loss) }
    }

    func pause(_ node: SimulatedNode) { if node.isAlive { node.isPaused = true } }

    func resume(_ node: SimulatedNode) {
        guard node.isPaused else { return }
        node.isPaused = false
        let waiting = node.waiting
        node.waiting = []
        for input in waiting { deliver(input, to: node, life: node.life) }
        deliver(.tick, to: node, life: node.life)
    }

    // MARK: Steps

    /// Gives a node one event, if the process that it was meant for is still there.
    func deliver(_ input: ReplicaInput, to node: SimulatedNode, life: Int) {
        guard node.life == life, node.isAlive else { return }
        guard !node.isPaused else {
            node.waiting.append(input)
            return
        }
        let effects = node.member?.step(input, at: clock(of: node)) ?? []
        for effect in effects where node.life == life && node.isAlive { execute(effect, at: node) }
        setAlarm(node)
    }

    private func clock(of node: SimulatedNode) -> NodeTime {
        NodeTime(
            monotonic: Moment(clamping: node.monotonic.reading(at: time.now)),
            wall: node.wall.reading(at: Self.epoch + time.now))
    }

    private func setAlarm(_ node: SimulatedNode) {
        guard let member = node.member else { return }
        let wake = max(node.monotonic.truth(of: Int64(clamping: member.nextWake)), time.now + 1)
        guard wake < node.alarm || node.alarm <= time.now else { return }
        node.alarm = wake
        let life = node.life
        time.at(wake) { [unowned self, unowned node] in
            guard node.alarm == wake, node.life == life else { return }
            node.alarm = .max
            deliver(.tick, to: node, life: life)
        }
    }

    private func execute(_ effect: ReplicaEffect, at node: SimulatedNode) {
        switch effect {
        case .append(let record): node.disk.append(record)
        case .cutLog(let lsn): node.disk.cut(after: lsn)
        case .flush(let lsn):
            answer(node, at: node.disk.flush(upTo: lsn, at: time.now, taking: diskRandom.time(model.diskLatency)))
        case .saveState(let state, let number): write(.state(state, number), node)
        case .saveSnapshot(let snapshot): write(.snapshot(snapshot), node)
        case .installSnapshot(let snapshot): write(.install(snapshot), node)
        case .dropLog(let lsn): write(.drop(upTo: lsn), node)
        case .reply(let id, let answer):
            node.losses[id] = nil
            node.requests.removeValue(forKey: id)?(answer)
        case .send(let name, let message): post(message, from: node, to: self.node(name))
        case .sendOn(let id, let message):
            guard let connection = node.connections[id] else { return }
            transmit(.message(message), on: connection, direction: connection.direction(from: node))
        case .connect(let name): dial(from: node, to: self.node(name))
        case .close(let id):
            guard let connection = node.connections.removeValue(forKey: id) else { return }
            transmit(.close, on: connection, direction: connection.direction(from: node))
        case .adminReply(_, let outcome): node.adminOutcome = outcome
        case .record(let event):
            node.events.append(
                eventLine(node, event.kind, event.detail, position: event.position, peer: event.peer))
        case .crash(let reason):
            node.events.append(eventLine(node, "crash", reason))
            kill(node)
        }
    }

    /// Something that the disk does when it has the time.
    private func write(_ operation: SimulatedDisk.Operation, _ node: SimulatedNode) {
        answer(node, at: node.disk.begin(operation, at: time.now, taking: diskRandom.time(model.diskLatency)))
    }

    /// The disk has done its oldest operation then, if the process lives until then.
    private func answer(_ node: SimulatedNode, at end: Int64?) {
        guard let end else { return }
        let life = node.life
        time.at(end) { [unowned self, unowned node] in
            guard node.life == life, node.isAlive, let input = node.disk.finish() else { return }
            deliver(input, to: node, life: life)
        }
    }

    // MARK: Operators

    /// Closes or opens the gate `fsync`, which is the runtime's and not the member's.
    func setFsyncGate(isClosed: Bool, at node: SimulatedNode) {
        guard isClosed else {
            let ends = node.disk.openGate(at: time.now) { diskRandom.time(model.diskLatency) }
            return ends.forEach { answer(node, at: $0) }
        }
        node.disk.closeGate()
    }

    /// An operator's command at a living node; `nil` if it does not answer.
    @discardableResult
    func order(_ order: AdminOrder, at node: SimulatedNode) -> AdminOutcome? {
        guard node.isAlive, !node.isPaused else { return nil }
        node.adminOutcome = nil
        deliver(.admin(0, order), to: node, life: node.life)
        return node.adminOutcome
    }
}

// MARK: - The network

extension SimulatedCluster {
    func isCut(from speaker: String, to hearer: String) -> Bool {
        cuts[Grudge.Cut(hearer: hearer, speaker: speaker), default: 0] > 0
    }

    func isDeaf(_ node: String) -> Bool { deaf[node, default: 0] > 0 }
    func isMute(_ node: String) -> Bool { mute[node, default: 0] > 0 }

    /// How long something takes that is sent again when it is lost.
    func latency(_ range: ClosedRange<Int64>) -> Int64 {
        let isLost = model.lossShare > 0 && networkRandom.chance(model.lossShare, in: 1000)
        return onceLatency(range) + (isLost ? networkRandom.time(model.resending) : 0)
    }

    private func onceLatency(_ range: ClosedRange<Int64>) -> Int64 {
        networkRandom.time(networkRandom.chance(model.slowShare, in: 1000) ? model.slowLatency : range)
    }

    func networkTime(_ range: ClosedRange<Int64>) -> Int64 { networkRandom.time(range) }

    func cut(_ grudge: Grudge) {
        for cut in grudge.peers { cuts[cut, default: 0] += 1 }
        for node in grudge.deafToClients { deaf[node, default: 0] += 1 }
        for node in grudge.muteToClients { mute[node, default: 0] += 1 }
    }

    /// Ends a cut; what was held back is sent again after a while.
    func heal(_ grudge: Grudge) {
        for cut in grudge.peers { cuts[cut, default: 1] -= 1 }
        for node in grudge.deafToClients { deaf[node, default: 1] -= 1 }
        for node in grudge.muteToClients { mute[node, default: 1] -= 1 }
        var seen: Set<ObjectIdentifier> = []
        for node in nodes {
            for (_, connection) in node.connections.sorted(by: { $0.key < $1.key })
            where seen.insert(ObjectIdentifier(connection)).inserted {
                for direction in 0...1 { resend(on: connection, direction: direction) }
            }
        }
        let held = heldRequests
        heldRequests = []
        for request in held {
            if isDeaf(request.node) {
                heldRequests.append(request)
            } else {
                time.after(networkTime(model.resending), request.deliver)
            }
        }
    }

    private func resend(on connection: SimulatedConnection, direction: Int) {
        let (source, destination) = (connection.source(direction), connection.destination(direction))
        guard !connection.held[direction].isEmpty, !isCut(from: source.node.name, to: destination.node.name)
        else { return }
        let items = connection.held[direction]
        connection.held[direction] = []
        let later = time.now + networkTime(model.resending)
        connection.arrival[direction] = max(connection.arrival[direction], later)
        for item in items { transmit(item, on: connection, direction: direction) }
    }

    func transmit(_ item: SimulatedConnection.Item, on connection: SimulatedConnection, direction: Int) {
        let (source, destination) = (connection.source(direction), connection.destination(direction))
        guard !isCut(from: source.node.name, to: destination.node.name), connection.held[direction].isEmpty else {
            connection.held[direction].append(item)
            return
        }
        let worse = lateness(item.size, from: source.node.host, to: destination.node.host)
        let arrival = max(connection.arrival[direction], time.now + latency(model.peerLatency) + worse)
        connection.arrival[direction] = arrival
        time.at(arrival) { [unowned self] in arrive(item, on: connection, at: destination) }
    }

    /// Carries a message that stands alone: it may be lost or doubled, and nothing is sent again.
    func post(_ message: PeerMessage, from node: SimulatedNode, to target: SimulatedNode) {
        guard !isCut(from: node.host, to: target.host) else { return }
        let isLost = model.lossShare > 0 && networkRandom.chance(model.lossShare, in: 1000)
        let isDoubled = model.duplicateShare > 0 && networkRandom.chance(model.duplicateShare, in: 1000)
        guard !isLostToFault(from: node.host, to: target.host) else { return }
        let worse = onceLateness(message.size, from: node.host, to: target.host)
        let sender = node.name
        for _ in 0..<((isLost ? 0 : 1) + (isDoubled ? 1 : 0)) {
            time.after(onceLatency(model.peerLatency) + worse) { [unowned self, unowned target] in
                deliver(.received(from: sender, message), to: target, life: target.life)
            }
        }
    }

    private func arrive(
        _ item: SimulatedConnection.Item, on connection: SimulatedConnection, at end: SimulatedConnection.End
    ) {
        guard end.node.life == end.life, end.node.connections[end.id] === connection else { return }
        switch item {
        case .message(let message): deliver(.message(end.id, message), to: end.node, life: end.life)
        case .close:
            end.node.connections[end.id] = nil
            deliver(.disconnected(end.id), to: end.node, life: end.life)
        }
    }

    private func dial(from node: SimulatedNode, to target: SimulatedNode) {
        let life = node.life
        let isOpen = !isCut(from: node.name, to: target.name) && !isCut(from: target.name, to: node.name)
        guard isOpen else {
            let patience = Int64(clamping: options(of: node).dialTimeout)
            time.after(patience) { [unowned self, unowned node] in
                deliver(.connectFailed(to: target.name), to: node, life: life)
            }
            return
        }
        time.after(latency(model.peerLatency)) { [unowned self, unowned node, unowned target] in
            meet(node, life, target)
        }
    }

    /// The kernel of a living process takes a connection, paused or not.
    private func meet(_ node: SimulatedNode, _ life: Int, _ target: SimulatedNode) {
        guard node.life == life, node.isAlive else { return }
        let back = latency(model.peerLatency)
        guard target.isAlive else {
            time.after(back) { [unowned self, unowned node] in
                deliver(.connectFailed(to: target.name), to: node, life: life)
            }
            return
        }
        let connection = SimulatedConnection(
            dialler: .init(node: node, life: life, id: node.newConnection()),
            listener: .init(node: target, life: target.life, id: target.newConnection()))
        target.connections[connection.listener.id] = connection
        connection.arrival = [time.now, time.now + back]
        deliver(.accepted(connection.listener.id), to: target, life: target.life)
        time.after(back) { [unowned self, unowned node] in
            guard node.life == life, node.isAlive else { return }
            node.connections[connection.dialler.id] = connection
            deliver(.connected(connection.dialler.id, to: target.name), to: node, life: life)
        }
    }

    // MARK: Clients

    /// Carries something from a client to a node, at once or, if the node cannot hear clients now, after the cut.
    func towardsNode(_ node: SimulatedNode, _ deliver: @escaping () -> Void) {
        if isDeaf(node.name) {
            heldRequests.append((node.name, deliver))
        } else {
            time.after(latency(model.clientLatency), deliver)
        }
    }

    /// Carries something from a node to a client, which is lost to it while the node's answers reach nobody.
    func towardsClient(of node: SimulatedNode, _ deliver: @escaping () -> Void) {
        guard !isMute(node.name) else { return }
        time.after(latency(model.clientLatency), deliver)
    }
}
