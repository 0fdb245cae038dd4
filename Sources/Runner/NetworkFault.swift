import AgentProtocol
import Faults
import RunStore
import Synchronization
import Systems

/// One partition on its way through apply, proof and healing.
///
/// Evidence is of two kinds, neither of them the word of what set the rules: datagrams that one host's agent sends and
/// another's counts, in each direction, before, during and after; and the kernel's counters of the rules.
struct NetworkFault: Sendable {
    var id: String
    var grudge: Grudge
    var members: [String: Member]
    var ports: SystemPorts

    /// One direction between two hosts, and whether the fault cuts it.
    struct Path: Hashable, Sendable {
        var from: String
        var to: String
        var isCut: Bool
    }

    /// Every direction between the nodes that the grudge touches.
    var paths: [Path] {
        let nodes = Set(grudge.peers.flatMap { [$0.hearer, $0.speaker] }).sorted()
        let cuts = Set(grudge.peers)
        return nodes.flatMap { from in
            nodes.filter { $0 != from }.map { to in
                Path(from: from, to: to, isCut: cuts.contains(Grudge.Cut(hearer: to, speaker: from)))
            }
        }
    }

    /// What each host drops: what it may not hear and, where both directions are cut, what it would say.
    func drops(at node: String) -> [Drop] {
        guard let member = members[node] else { return [] }
        let cuts = Set(grudge.peers)
        var drops: [Drop] = []
        for cut in grudge.peers where cut.hearer == node {
            let address = members[cut.speaker]?.site.address ?? ""
            drops.append(Drop(address: address, ports: peerPorts, direction: .input))
            guard cuts.contains(Grudge.Cut(hearer: cut.speaker, speaker: node)) else { continue }
            drops.append(Drop(address: address, ports: peerPorts, direction: .output))
        }
        let client = [ports.client]
        if grudge.deafToClients.contains(node) {
            drops.append(Drop(address: member.controllerAddress, ports: client, direction: .input))
        }
        if grudge.muteToClients.contains(node) {
            drops.append(Drop(address: member.controllerAddress, ports: client, direction: .output))
        }
        return drops
    }

    /// Ports between nodes: where a system has one port for peers and clients, addresses tell them apart.
    private var peerPorts: [Int] { [ports.peer] }

    /// Sets the rules on every host that has any, at once.
    func apply() async throws {
        try await forEachHost { member, drops in
            _ = try await member.agent.call(NetDrop(fault: id, drops: drops))
        }
    }

    /// Removes the rules on every host; each is tried even if another fails. Says how the rules were until then.
    func heal() async throws -> [EvidenceRecord] {
        let reports = Mutex<[EvidenceRecord]>([])
        try await forEachHost { member, drops in
            let report = try await member.agent.call(NetHeal(fault: id))
            let isWhole = report.isPresent && report.elements == Self.elements(drops) && report.lapses == 0
            let node = member.site.name
            let record = EvidenceRecord(
                observer: "nftables of \(node)'s kernel at the end of the fault", subject: node,
                observation: "\(Self.words(report, drops)); expired meanwhile: \(report.lapses) times",
                when: .applied, holds: isWhole)
            reports.withLock { $0.append(record) }
        }
        return reports.withLock { $0 }.sorted { $0.subject < $1.subject }
    }

    private func forEachHost(
        _ body: @escaping @Sendable (Member, [Drop]) async throws -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for node in grudge.nodes {
                let drops = drops(at: node)
                // Who only speaks in a one-way cut drops nothing.
                guard let member = members[node], !drops.isEmpty else { continue }
                group.addTask { try await body(member, drops) }
            }
            var first: (any Error)?
            while let result = await group.nextResult() {
                if case .failure(let error) = result { first = first ?? error }
            }
            if let first { throw first }
        }
    }

    /// How many set elements the drops of one host are in its kernel: TCP and UDP, source and destination port.
    private static func elements(_ drops: [Drop]) -> Int {
        Set(drops.flatMap { drop in drop.ports.map { "\(drop.direction) \(drop.address) \($0)" } }).count * 4
    }

    private static func words(_ report: NetReport, _ drops: [Drop]) -> String {
        "rules \(report.isPresent ? "present" : "absent"), \(report.elements) of \(elements(drops)) elements, "
            + "\(report.packetsIn) packets in and \(report.packetsOut) out dropped"
    }
}

/// What is reachable of the nodes that a partition touches: by other nodes, and by clients.
struct Reachability: Sendable {
    /// Directions between nodes in which datagrams arrive.
    var paths: Set<NetworkFault.Link> = []
    /// Nodes whose hosts answer the controller on the client port.
    var clients: Set<String> = []

    func union(_ other: Self) -> Self {
        Self(paths: paths.union(other.paths), clients: clients.union(other.clients))
    }

    func subtracting(_ other: Self) -> Self {
        Self(paths: paths.subtracting(other.paths), clients: clients.subtracting(other.clients))
    }
}

// Evidence.
extension NetworkFault {
    /// One direction between two hosts.
    struct Link: Hashable, Sendable {
        var from: String
        var to: String
    }

    /// What this fault takes away.
    var taken: Reachability {
        Reachability(
            paths: Set(grudge.peers.map { Link(from: $0.speaker, to: $0.hearer) }), clients: Set(clientNodes))
    }

    /// Whether the rules of this fault are whole on each host that has any, and have dropped something.
    private func counters() async throws -> [String: EvidenceRecord] {
        var found: [String: EvidenceRecord] = [:]
        for node in grudge.nodes {
            let drops = drops(at: node)
            guard let member = members[node], !drops.isEmpty else { continue }
            let report = try await member.agent.call(NetCounters(fault: id))
            let isWhole = report.isPresent && report.elements == Self.elements(drops)
            found[node] = EvidenceRecord(
                observer: "nftables counters of \(node)'s kernel", subject: node,
                observation: Self.words(report, drops), when: .applied,
                holds: isWhole && report.packetsIn + report.packetsOut > 0)
        }
        return found
    }

    /// What can be seen of the fault now that it is applied.
    ///
    /// `before` is what was reachable before it, and `others` what other faults that are proven take away. What was
    /// not reachable before proves nothing by being unreachable now: then another fault must account for it, and this
    /// fault's own rules, which count before any rule drops, must be whole.
    func proof(before: Reachability, others: Reachability) async throws -> [EvidenceRecord] {
        let arrived = try await probe(paths, nonce: "\(id)-on", expectingAll: false)
        let clients = await reach(clientNodes, within: .milliseconds(300))
        let rules = try await counters()
        var evidence = paths.map { path in
            let count = arrived[path] ?? 0
            let link = Link(from: path.from, to: path.to)
            let isTold = others.paths.contains(link) && rules[path.to]?.holds == true
            let wasOpen = before.paths.contains(link)
            return EvidenceRecord(
                observer: "datagram probes counted at \(path.to)", subject: "\(path.from) -> \(path.to)",
                observation:
                    "\(count) of \(Self.probeCount) arrived (\(path.isCut ? "cut" : "not cut"); "
                    + "\(Self.words(wasOpen, others.paths.contains(link))))",
                when: .applied,
                holds: path.isCut
                    ? count == 0 && (wasOpen || isTold)
                    : count > 0 || !wasOpen || others.paths.contains(link))
        }
        for node in clientNodes {
            let isTold = others.clients.contains(node) && rules[node]?.holds == true
            let wasOpen = before.clients.contains(node)
            let answer = clients[node] ?? .silence
            evidence.append(
                EvidenceRecord(
                    observer: "a TCP connection from the controller", subject: "controller -> \(node)",
                    observation: "\(answer.rawValue) (\(Self.words(wasOpen, others.clients.contains(node))))",
                    when: .applied, holds: answer == .silence && (wasOpen || isTold)))
        }
        return evidence + rules.sorted { $0.key < $1.key }.map(\.value)
    }

    private static func words(_ wasOpen: Bool, _ isCutByAnother: Bool) -> String {
        if wasOpen { return "open before" }
        return isCutByAnother ? "closed before by another fault" : "closed before, by no fault"
    }

    /// What can be seen of the healing: everything that should be reachable is.
    func healingProof(wanted: Reachability) async throws -> [EvidenceRecord] {
        let arrived = try await probe(
            paths.filter { wanted.paths.contains(Link(from: $0.from, to: $0.to)) }, nonce: "\(id)-off",
            expectingAll: true)
        let evidence = arrived.sorted { ($0.key.from, $0.key.to) < ($1.key.from, $1.key.to) }.map { path, count in
            EvidenceRecord(
                observer: "datagram probes counted at \(path.to)", subject: "\(path.from) -> \(path.to)",
                observation: "\(count) of \(Self.probeCount) arrived", when: .healed, holds: count > 0)
        }
        let nodes = clientNodes.filter(wanted.clients.contains)
        let clients = await reach(nodes, within: .seconds(2))
        return evidence
            + nodes.map { node in
                let answer = clients[node] ?? .silence
                return EvidenceRecord(
                    observer: "a TCP connection from the controller", subject: "controller -> \(node)",
                    observation: answer.rawValue, when: .healed, holds: answer != .silence)
            }
    }

    /// What works before the fault.
    func reachable() async throws -> Reachability {
        let arrived = try await probe(paths, nonce: "\(id)-before", expectingAll: true)
        let clients = await reach(clientNodes, within: .seconds(1))
        return Reachability(
            paths: Set(arrived.filter { $0.value > 0 }.keys.map { Link(from: $0.from, to: $0.to) }),
            clients: Set(clients.filter { $0.value != .silence }.keys))
    }

    private static let probeCount = 5
    /// Long enough for a datagram on a local network, and short against the shortest fault.
    private static let settling = Duration.milliseconds(60)
    private static let patience = 10

    /// Sends datagrams along every path and returns how many arrived on each.
    private func probe(
        _ paths: [Path], nonce: String, expectingAll: Bool
    ) async throws -> [Path: Int] {
        guard !paths.isEmpty else { return [:] }
        let port = ports.peer
        try await withThrowingTaskGroup(of: Void.self) { group in
            for node in Set(paths.map(\.to)) {
                guard let member = members[node] else { continue }
                group.addTask { _ = try await member.agent.call(ProbeListen(port: port)) }
            }
            try await group.waitForAll()
        }
        var arrived = Dictionary(uniqueKeysWithValues: paths.map { ($0, 0) })
        for attempt in 0..<(expectingAll ? Self.patience : 1) {
            let silent = paths.filter { arrived[$0] == 0 }
            if silent.isEmpty { break }
            let word = "\(nonce)-\(attempt)"
            try await send(along: silent, word)
            try await Task.sleep(for: Self.settling)
            for (path, count) in try await received(silent, word) { arrived[path] = count }
        }
        return arrived
    }

    private func send(along paths: [Path], _ nonce: String) async throws {
        let port = ports.peer
        try await withThrowingTaskGroup(of: Void.self) { group in
            for path in paths {
                guard let from = members[path.from], let to = members[path.to] else { continue }
                group.addTask {
                    _ = try await from.agent.call(
                        ProbeSend(address: to.site.address, port: port, nonce: nonce, count: Self.probeCount))
                }
            }
            try await group.waitForAll()
        }
    }

    private func received(_ paths: [Path], _ nonce: String) async throws -> [Path: Int] {
        var counts: [Path: Int] = [:]
        for node in Set(paths.map(\.to)).sorted() {
            guard let member = members[node] else { continue }
            let report = try await member.agent.call(ProbeReport(nonce: nonce))
            for path in paths where path.to == node {
                let address = members[path.from]?.site.address
                counts[path] = report.count(nonce: nonce, from: address)
            }
        }
        return counts
    }
}

// Traffic of clients: the host answers a connection from the controller or is silent; the counters tell the direction.
extension NetworkFault {
    private var clientNodes: [String] { Set(grudge.deafToClients + grudge.muteToClients).sorted() }

    private func reach(_ nodes: [String], within patience: Duration) async -> [String: ConnectAnswer] {
        await withTaskGroup(of: (String, ConnectAnswer).self) { group in
            for node in nodes {
                guard let site = members[node]?.site else { continue }
                let port = ports.client
                group.addTask { (node, await connectAnswer(of: site.address, port: port, within: patience)) }
            }
            var found: [String: ConnectAnswer] = [:]
            for await (node, answer) in group { found[node] = answer }
            return found
        }
    }
}
