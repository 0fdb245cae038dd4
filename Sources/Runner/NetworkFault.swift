import AgentProtocol
import Faults
import RunStore
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
    private var peerPorts: [Int] { [ports.peer] + ports.companions }

    /// Sets the rules on every host at once.
    func apply() async throws {
        try await members.forEach(grudge.nodes, dropping: drops) { member, drops in
            _ = try await member.agent.call(NetDrop(fault: id, drops: drops))
        }
    }

    /// Removes the rules on every host; each is tried even if another fails.
    func heal() async throws {
        try await members.forEach(grudge.nodes, dropping: drops) { member, _ in
            _ = try await member.agent.call(NetHeal(fault: id))
        }
    }
}

// Evidence.
extension NetworkFault {
    /// What worked before the fault: directions between nodes, and nodes that clients reach.
    struct Reach: Hashable, Sendable {
        var paths: Set<Path> = []
        var clients: Set<String> = []
    }

    /// What other faults cut: it proves nothing about this one, and stays closed when this one is healed.
    struct Overlap: Hashable, Sendable {
        var cuts: Set<Grudge.Cut> = []
        var clients: Set<String> = []

        init() {}

        init(_ grudge: Grudge) {
            cuts = Set(grudge.peers)
            clients = Set(grudge.deafToClients + grudge.muteToClients)
        }

        func union(_ other: Overlap) -> Overlap {
            var all = self
            all.cuts.formUnion(other.cuts)
            all.clients.formUnion(other.clients)
            return all
        }

        func contains(_ path: Path) -> Bool { cuts.contains(Grudge.Cut(hearer: path.to, speaker: path.from)) }
    }

    /// What can be seen of the fault now that it is applied.
    ///
    /// Silence proves a cut only where there was none before, or where another fault explains it.
    func proof(openBefore: Reach, beside overlap: Overlap) async throws -> [EvidenceRecord] {
        let arrived = try await probe(paths, nonce: "\(id)-on", awaiting: [])
        var evidence = paths.map { path in
            let count = arrived[path] ?? 0
            let known = openBefore.paths.contains(path) || overlap.contains(path)
            let before =
                openBefore.paths.contains(path)
                ? "open before" : overlap.contains(path) ? "cut by another fault too" : "silent before, too"
            return EvidenceRecord(
                observer: "datagram probes counted at \(path.to)", subject: "\(path.from) -> \(path.to)",
                observation:
                    "\(count) of \(Self.probeCount) arrived (\(path.isCut ? "cut" : "not cut"); \(before))",
                when: .applied,
                holds: path.isCut ? count == 0 && known : count > 0 || overlap.contains(path))
        }
        evidence += await clientProof(openBefore: openBefore.clients, beside: overlap.clients)
        for node in grudge.nodes {
            guard let member = members[node], !drops(at: node).isEmpty else { continue }
            let report = try await member.agent.call(NetCounters(fault: id))
            evidence.append(
                EvidenceRecord(
                    observer: "nftables counters of \(node)'s kernel", subject: node,
                    observation: "rules \(report.isPresent ? "present" : "absent"), "
                        + "\(report.packetsIn) packets in and \(report.packetsOut) out dropped",
                    when: .applied, holds: report.isPresent && report.packetsIn + report.packetsOut > 0))
        }
        return evidence
    }

    /// What can be seen of the healing: what was open before is open again, but for what another fault cuts.
    func healingProof(openBefore: Reach, beside overlap: Overlap) async throws -> [EvidenceRecord] {
        let healed = paths.filter { openBefore.paths.contains($0) && !overlap.contains($0) }
        let arrived = try await probe(healed, nonce: "\(id)-off", awaiting: Set(healed))
        let evidence = healed.map { path in
            let count = arrived[path] ?? 0
            return EvidenceRecord(
                observer: "datagram probes counted at \(path.to)", subject: "\(path.from) -> \(path.to)",
                observation: "\(count) of \(Self.probeCount) arrived", when: .healed, holds: count > 0)
        }
        let clients = openBefore.clients.subtracting(overlap.clients)
        return evidence + (await clientHealingProof(of: clients))
    }

    /// What works before the fault; what another fault cuts is not waited for.
    func reach(beside overlap: Overlap) async throws -> Reach {
        let expected = Set(paths.filter { !overlap.contains($0) })
        let arrived = try await probe(paths, nonce: "\(id)-before", awaiting: expected)
        var clients: Set<String> = []
        for node in clientNodes where !overlap.clients.contains(node) {
            guard let site = members[node]?.site else { continue }
            let reply = await connectProbe(to: site.address, port: ports.client, within: .seconds(2))
            if reply != .silent { clients.insert(node) }
        }
        return Reach(paths: Set(arrived.filter { $0.value > 0 }.keys), clients: clients)
    }

    private static let probeCount = 5
    /// Long enough for a datagram on a local network, and short against the shortest fault.
    private static let settling = Duration.milliseconds(60)
    private static let patience = 10

    /// Sends datagrams along every path and returns how many arrived on each; again as long as an awaited one is silent.
    private func probe(
        _ paths: [Path], nonce: String, awaiting awaited: Set<Path>
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
        for attempt in 0..<Self.patience {
            let silent = paths.filter { arrived[$0] == 0 }
            guard attempt == 0 || silent.contains(where: awaited.contains) else { break }
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

// Traffic of clients: what becomes of a connection from the controller; the counters tell the direction.
extension NetworkFault {
    private var clientNodes: [String] { Set(grudge.deafToClients + grudge.muteToClients).sorted() }

    private func clientProof(openBefore: Set<String>, beside overlap: Set<String>) async -> [EvidenceRecord] {
        var evidence: [EvidenceRecord] = []
        for node in clientNodes {
            let known = openBefore.contains(node) || overlap.contains(node)
            evidence += await clientEvidence(node, .applied, within: .milliseconds(300)) { $0 == .silent && known }
        }
        return evidence
    }

    /// A host that refuses the connection has answered: its node may be dead, the way there is open.
    private func clientHealingProof(of nodes: Set<String>) async -> [EvidenceRecord] {
        var evidence: [EvidenceRecord] = []
        for node in clientNodes where nodes.contains(node) {
            evidence += await clientEvidence(node, .healed, within: .seconds(2)) { $0 != .silent }
        }
        return evidence
    }

    private func clientEvidence(
        _ node: String, _ when: EvidenceRecord.Moment, within patience: Duration,
        _ holds: (ConnectReply) -> Bool
    ) async -> [EvidenceRecord] {
        guard let site = members[node]?.site else { return [] }
        let reply = await connectProbe(to: site.address, port: ports.client, within: patience)
        return [
            EvidenceRecord(
                observer: "a TCP connection from the controller", subject: "controller -> \(node)",
                observation: reply.rawValue, when: when, holds: holds(reply))
        ]
    }
}
