import Determinism
import Faults
import NodeRuntime
import Replication
import Systems
import Workloads

/// Nodes, their disks and the network between them, under virtual time.
final class SimulatedCluster {
    let time = VirtualTime()
    let model: NetworkModel
    let nodes: [SimulatedNode]
    let system: NodeSingle
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
    private var networkRandom: SeededRandom
    private var diskRandom: SeededRandom
    private let options: [NodeOptions]

    init(_ plan: Plan, _ system: NodeSingle, _ model: NetworkModel) throws(NodeError) {
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
        networkRandom = .named("network", seed: plan.seed)
        diskRandom = .named("disks", seed: plan.seed)
        // The very command lines that hosts get, read by the very code that reads them there.
        var options: [NodeOptions] = []
        for site in sites { options.append(try Self.options(system, site, cluster)) }
        self.options = options
    }

    private static func options(
        _ system: NodeSingle, _ site: NodeSite, _ plan: ClusterPlan
    ) throws(NodeError) -> NodeOptions {
        try NodeCommandLine.options(Array(system.launch(site, in: plan).process.argv.dropFirst()))
    }

    var leader: String { plan.leader }
    var names: [String] { nodes.map(\.name) }
    var living: [SimulatedNode] { nodes.filter(\.isAlive) }

    func node(_ name: String) -> SimulatedNode {
        guard let node = nodes.first(where: { $0.name == name }) else { preconditionFailure("no node \(name)") }
        return node
    }

    func options(of node: SimulatedNode) -> NodeOptions { options[node.place] }

    // MARK: Processes

    /// Starts a node, or starts it again; `gates` are closed before it serves.
    func start(_ node: SimulatedNode, closing gates: [String] = []) {
        guard !node.isAlive else { return }
        if outdated.contains(node.name), node.name != leader {
            node.disk = SimulatedDisk()
            outdated.remove(node.name)
        }
        untold.remove(node.name)
        var plan = plan
        if !gates.isEmpty { plan.closedGates[node.name] = gates }
        guard let options = try? Self.options(system, plan.sites[node.place], plan) else {
            preconditionFailure("the options were good at the start of the run")
        }
        launch(node, options)
    }

    private func launch(_ node: SimulatedNode, _ options: NodeOptions) {
        let words = options.roleWords
        var control = SimulatedDisk.Control(words: words, role: options.role, leader: options.leader)
        // An order given while the node ran is newer than the same command line as before.
        if let found = node.disk.control, found.words == words { control = found }
        let recovered = node.disk.recovered
        node.disk.control = control
        if recovered.entries.isEmpty { node.disk.entries = [] }
        node.life += 1
        node.lastConnection = 0
        node.machine = ReplicationNode(
            options.configuration, role: control.role, leader: control.leader, recovered: recovered,
            closed: options.closedGates, delays: options.delays)
        node.events.append(eventLine(node, "process-start", "life \(node.life)"))
        deliver(.tick, to: node, life: node.life)
    }

    /// Ends a node's process at once.
    func kill(_ node: SimulatedNode) {
        guard node.isAlive else { return }
        node.machine = nil
        node.isPaused = false
        node.waiting = []
        node.alarm = .max
        node.disk.kill(&diskRandom)
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
    func deliver(_ input: NodeInput, to node: SimulatedNode, life: Int) {
        guard node.life == life, node.isAlive else { return }
        guard !node.isPaused else {
            node.waiting.append(input)
            return
        }
        let effects = node.machine?.step(input, now: Moment(time.now)) ?? []
        for effect in effects { execute(effect, at: node) }
        setAlarm(node)
    }

    private func setAlarm(_ node: SimulatedNode) {
        guard let machine = node.machine else { return }
        let wake = max(Int64(clamping: machine.nextWake), time.now + 1)
        guard wake < node.alarm || node.alarm <= time.now else { return }
        node.alarm = wake
        let life = node.life
        time.at(wake) { [unowned self, unowned node] in
            guard node.alarm == wake, node.life == life else { return }
            node.alarm = .max
            deliver(.tick, to: node, life: life)
        }
    }

    private func execute(_ effect: Effect, at node: SimulatedNode) {
        let life = node.life
        switch effect {
        case .append(let entry): node.disk.unwritten.append(entry)
        case .flush(let lsn): flush(node, lsn)
        case .saveSnapshot(let snapshot):
            write(node) { node in
                node.disk.snapshot = snapshot
                self.deliver(.snapshotSaved(snapshot.start), to: node, life: life)
            }
        case .installSnapshot(let snapshot):
            node.disk.unwritten = []
            write(node) { node in
                node.disk.install(snapshot)
                self.deliver(.snapshotInstalled(snapshot.start), to: node, life: life)
            }
        case .truncateLog(let lsn): write(node) { $0.disk.truncate(upTo: lsn) }
        case .reply(let id, let answer):
            node.losses[id] = nil
            node.requests.removeValue(forKey: id)?(answer)
        case .send(let id, let timeline, let message):
            guard let connection = node.connections[id] else { return }
            transmit(
                .message(timeline: timeline, message), on: connection, direction: connection.direction(from: node))
        case .connect(let name): dial(from: node, to: self.node(name))
        case .close(let id):
            guard let connection = node.connections.removeValue(forKey: id) else { return }
            transmit(.close, on: connection, direction: connection.direction(from: node))
        case .saveRole(let role, let leader):
            node.disk.control?.role = role
            node.disk.control?.leader = leader
        case .adminReply(_, let reply): node.adminReply = reply
        case .record(let event):
            node.events.append(
                eventLine(
                    node, event.kind.rawValue, event.detail, position: event.position, peer: event.peer))
        }
    }

    private func flush(_ node: SimulatedNode, _ lsn: LSN) {
        let count = node.disk.unwritten.count
        node.disk.writing += node.disk.unwritten
        node.disk.unwritten = []
        let life = node.life
        write(node) { node in
            node.disk.written(min(count, node.disk.writing.count))
            self.deliver(.flushed(upTo: lsn), to: node, life: life)
        }
    }

    /// Something that the disk does when it has the time, if the process lives until then.
    private func write(_ node: SimulatedNode, _ done: @escaping (SimulatedNode) -> Void) {
        let life = node.life
        let end = node.disk.write(at: time.now, taking: diskRandom.time(model.diskLatency))
        time.at(end) { [unowned node] in
            if node.life == life, node.isAlive { done(node) }
        }
    }

    // MARK: Operators

    /// An operator's command at a living node; `nil` if it does not answer.
    @discardableResult
    func order(_ command: AdminCommand, at node: SimulatedNode) -> AdminReply? {
        guard node.isAlive, !node.isPaused else { return nil }
        node.adminReply = nil
        deliver(.admin(0, command), to: node, life: node.life)
        return node.adminReply
    }
}

// MARK: - The network

extension SimulatedCluster {
    func isCut(from speaker: String, to hearer: String) -> Bool {
        cuts[Grudge.Cut(hearer: hearer, speaker: speaker), default: 0] > 0
    }

    func isDeaf(_ node: String) -> Bool { deaf[node, default: 0] > 0 }
    func isMute(_ node: String) -> Bool { mute[node, default: 0] > 0 }

    func latency(_ range: ClosedRange<Int64>) -> Int64 {
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
        let arrival = max(connection.arrival[direction], time.now + latency(model.peerLatency))
        connection.arrival[direction] = arrival
        time.at(arrival) { [unowned self] in arrive(item, on: connection, at: destination) }
    }

    private func arrive(
        _ item: SimulatedConnection.Item, on connection: SimulatedConnection, at end: SimulatedConnection.End
    ) {
        guard end.node.life == end.life, end.node.connections[end.id] === connection else { return }
        switch item {
        case .message(let timeline, let message):
            deliver(.message(end.id, timeline: timeline, message), to: end.node, life: end.life)
        case .close:
            end.node.connections[end.id] = nil
            deliver(.disconnected(end.id), to: end.node, life: end.life)
        }
    }

    private func dial(from node: SimulatedNode, to target: SimulatedNode) {
        let life = node.life
        let isOpen = !isCut(from: node.name, to: target.name) && !isCut(from: target.name, to: node.name)
        guard isOpen else {
            let patience = Int64(clamping: options(of: node).configuration.silence)
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
