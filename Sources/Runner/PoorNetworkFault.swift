import AgentProtocol
import Faults
import RunStore
import Systems

/// One fault that loses packets or slows them down, on its way through apply, proof and healing.
///
/// Packets are lost where they arrive and slowed down where they leave. Evidence is measured before, during and after by
/// datagrams between the hosts' agents, on the ports of the nodes: how many of them arrive, how long a round trip takes,
/// how much passes in a second; and the kernel's counters of the rules.
struct PoorNetworkFault: Sendable {
    var id: String
    var network: PoorNetwork
    /// The nodes that the fault is about: packets from and to them.
    var nodes: [String]
    var members: [String: Member]
    var ports: SystemPorts

    /// Every direction that the fault is about.
    var paths: [Grudge.Cut] { PoorNetwork.paths(of: nodes, among: members.keys.sorted()) }

    private var degradation: Degradation {
        Degradation(
            lossPerMillion: network.loss * 1000,
            leastDelayMicroseconds: Int((network.delay?.lowerBound.nanoseconds ?? 0) / 1000),
            mostDelayMicroseconds: Int((network.delay?.upperBound.nanoseconds ?? 0) / 1000),
            bitsPerSecond: network.bitsPerSecond)
    }

    /// What a host does with packets of the others.
    func drops(at node: String) -> [Drop] {
        let used = [ports.peer] + ports.companions
        return paths.compactMap { path in
            if path.hearer == node, network.loss > 0, let peer = members[path.speaker] {
                return Drop(address: peer.site.address, ports: used, direction: .input)
            }
            if path.speaker == node, degradation.isSlow, let peer = members[path.hearer] {
                return Drop(address: peer.site.address, ports: used, direction: .output)
            }
            return nil
        }
    }

    func apply() async throws {
        let degradation = degradation
        try await members.forEach(members.keys.sorted(), dropping: drops) { member, drops in
            _ = try await member.agent.call(NetDrop(fault: id, drops: drops, degradation: degradation))
        }
    }

    func heal() async throws {
        try await members.forEach(members.keys.sorted(), dropping: drops) { member, _ in
            _ = try await member.agent.call(NetHeal(fault: id))
        }
    }
}

// Evidence.
extension PoorNetworkFault {
    /// What is measured along one path.
    struct Measure: Hashable, Sendable {
        /// Of so many datagrams, so many did not arrive.
        var sent = 0
        var lost = 0
        /// The middle one of some round trips; nanoseconds.
        var roundTrip: Int64?
        /// What passes; bits per second.
        var rate: Int?

        var words: String {
            var parts: [String] = []
            if sent > 0 { parts.append("\(lost) of \(sent) lost") }
            if let roundTrip { parts.append("round trip \(Duration.nanoseconds(roundTrip / 1000 * 1000).words)") }
            if let rate { parts.append("\(rate / 1000) kbit/s") }
            return parts.isEmpty ? "nothing arrived" : parts.joined(separator: ", ")
        }
    }

    typealias Measures = [Grudge.Cut: Measure]

    private static let roundTrips = 7
    private static let datagram = 1200
    /// What is sent to measure a rate: enough for a while, and never more than a fast network carries at once.
    private var datagrams: Int {
        min(400, max(10, (network.bitsPerSecond ?? 0) * 2 / 5 / 8 / Self.datagram))
    }
    /// So many that about fifteen are lost.
    private var lossProbes: Int { network.loss == 0 ? 0 : max(100, 15 * 1000 / network.loss) }

    /// Measures every path, host by host at once and the paths of a host one after the other.
    func measure(_ word: String) async throws -> Measures {
        try await withThrowingTaskGroup(of: Measures.self) { group in
            for speaker in Set(paths.map(\.speaker)).sorted() {
                let own = paths.filter { $0.speaker == speaker }
                group.addTask {
                    var found: Measures = [:]
                    for path in own { found[path] = try await measure(path, word) }
                    return found
                }
            }
            return try await group.reduce(into: [:]) { $0.merge($1) { one, _ in one } }
        }
    }

    private func measure(_ path: Grudge.Cut, _ word: String) async throws -> Measure {
        guard let from = members[path.speaker], let to = members[path.hearer] else { return Measure() }
        _ = try await to.agent.call(ProbeListen(port: ports.peer))
        var measure = Measure()
        if network.loss > 0 { (measure.sent, measure.lost) = try await loss(from, to, "\(id)-\(word)") }
        if network.delay != nil {
            let reply = try await exchange(
                from, to, "\(id)-\(word)", count: Self.roundTrips, size: 64, isPaced: true)
            measure.roundTrip = reply.roundTrips.isEmpty ? nil : reply.roundTrips[reply.roundTrips.count / 2]
        }
        if network.bitsPerSecond != nil {
            let reply = try await exchange(
                from, to, "\(id)-\(word)", count: datagrams, size: Self.datagram, isPaced: false)
            let bits = reply.answered * (Self.datagram + 28) * 8
            measure.rate =
                reply.answered < 2 ? nil : Int(Double(bits) * 1e9 / Double(max(1, reply.spanNanoseconds)))
        }
        return measure
    }

    private func exchange(
        _ from: Member, _ to: Member, _ nonce: String, count: Int, size: Int, isPaced: Bool
    ) async throws -> ProbeExchanged {
        let most = network.delay?.upperBound ?? .zero
        return try await from.agent.call(
            ProbeExchange(
                address: to.site.address, port: ports.peer, nonce: nonce, count: count, size: size,
                isPaced: isPaced,
                patienceSeconds: 1 + 2 * most.inSeconds),
            deadline: .seconds(30) + most * (2 * count))
    }

    /// Sends in lots that fit into the socket of who counts, and waits for each.
    private func loss(_ from: Member, _ to: Member, _ nonce: String) async throws -> (sent: Int, lost: Int) {
        let address = from.site.address
        var (sent, arrived) = (0, 0)
        while sent < lossProbes {
            let count = min(100, lossProbes - sent)
            _ = try await from.agent.call(
                ProbeSend(address: to.site.address, port: ports.peer, nonce: nonce, count: count))
            sent += count
            arrived = try await to.agent.call(ProbeReport(nonce: nonce)).count(nonce: nonce, from: address)
        }
        // The last ones may be under way.
        let most = max(.milliseconds(60), network.delay?.upperBound ?? .zero)
        try await Task.sleep(for: most + .milliseconds(20))
        arrived = try await to.agent.call(ProbeReport(nonce: nonce)).count(nonce: nonce, from: address)
        return (sent, sent - min(sent, arrived))
    }

    /// What can be seen of the fault now that it is applied, against what was before.
    func proof(before: Measures, cut: Set<Grudge.Cut>) async throws -> [EvidenceRecord] {
        let now = try await measure("on")
        var evidence = paths.filter { !cut.contains($0) }.map { path in
            let (old, new) = (before[path] ?? Measure(), now[path] ?? Measure())
            return record(
                path, "\(new.words) (\(old.words) before)", .applied, holds: isWorse(new) && !isWorse(old))
        }
        for (node, member) in members.sorted(by: { $0.key < $1.key }) where !drops(at: node).isEmpty {
            let report = try await member.agent.call(NetCounters(fault: id))
            evidence.append(
                EvidenceRecord(
                    observer: "nftables counters of \(node)'s kernel", subject: node,
                    observation: "rules \(report.isPresent ? "present" : "absent"), "
                        + "\(report.packetsLost) of \(report.packetsIn) packets in lost, "
                        + "\(report.packetsOut) out slowed down",
                    when: .applied, holds: report.isPresent && report.packetsIn + report.packetsOut > 0))
        }
        return evidence
    }

    /// What can be seen of the healing, where the path was good before.
    func healingProof(before: Measures, cut: Set<Grudge.Cut>) async throws -> [EvidenceRecord] {
        let now = try await measure("off")
        return paths.filter { !cut.contains($0) && before[$0].map { !isWorse($0) } ?? false }.map { path in
            let new = now[path] ?? Measure()
            return record(path, new.words, .healed, holds: !isWorse(new))
        }
    }

    private func record(
        _ path: Grudge.Cut, _ observation: String, _ when: EvidenceRecord.Moment, holds: Bool
    ) -> EvidenceRecord {
        EvidenceRecord(
            observer: "datagram probes between the agents of \(path.speaker) and \(path.hearer)",
            subject: "\(path.speaker) -> \(path.hearer)", observation: observation, when: when, holds: holds)
    }

    /// Whether everything that the fault makes worse is as bad as it says.
    ///
    /// Of the loss a fifth is enough: of fifteen expected ones fewer than three are lost once in 25 000 times.
    private func isWorse(_ measure: Measure) -> Bool {
        if network.loss > 0 {
            guard measure.sent > 0, measure.lost * 5000 >= measure.sent * network.loss else { return false }
        }
        if let delay = network.delay {
            // There and back.
            guard let roundTrip = measure.roundTrip, roundTrip >= delay.lowerBound.nanoseconds * 2 else {
                return false
            }
        }
        if let limit = network.bitsPerSecond {
            // What may go at once passes besides.
            guard let rate = measure.rate, Double(rate) <= Double(limit) * 1.6 else { return false }
        }
        return true
    }
}
