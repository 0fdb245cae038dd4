import AgentProtocol
import RunStore
import Synchronization
import Systems

@testable import Runner

/// Hosts that exist in memory: processes with states, packets that rules drop, and calls that can be made to fail.
final class FakeHosts: Sendable {
    struct Host {
        var processes: [String: String] = [:]
        var rules: [String: [Drop]] = [:]
        var dropped: [String: (input: Int, output: Int)] = [:]
        /// Faults that lose packets or slow them down.
        var poor: [String: NetDrop] = [:]
        /// Probes that arrived, by nonce and source address.
        var arrived: [String: [String: Int]] = [:]
        var removed: [String] = []
        var calls: [String] = []
    }

    struct World {
        var hosts: [String: Host]
        /// Operations that fail on a host, with how they do.
        var failures: [String: [String: AgentError]] = [:]
        /// Effectors that only pretend.
        var sabotage: Set<String> = []
        /// Where not even a probe gets through, whatever rules say.
        var isDark = false
    }

    let world: Mutex<World>
    let addresses: [String: String]

    init(_ names: [String] = ["n1", "n2", "n3"]) {
        addresses = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, "127.0.0.\($0 + 1)") })
        world = Mutex(World(hosts: Dictionary(uniqueKeysWithValues: names.map { ($0, Host()) })))
    }

    var members: [String: Member] {
        Dictionary(
            uniqueKeysWithValues: addresses.map { name, address in
                let site = NodeSite(
                    name: name, host: name, address: address, clientPort: 9, peerPort: 7001,
                    stateDirectory: "/state/runs/r/\(name)", runDirectory: "/run/r")
                return (
                    name,
                    Member(site: site, agent: FakeAgent(hosts: self, name: name), controllerAddress: "127.0.0.9")
                )
            })
    }

    func process(_ name: String) -> String { world.withLock { $0.hosts[name]?.processes[name] ?? "gone" } }

    func rules(_ name: String) -> [String: [Drop]] { world.withLock { $0.hosts[name]?.rules ?? [:] } }

    func poor(_ name: String) -> [String: NetDrop] { world.withLock { $0.hosts[name]?.poor ?? [:] } }

    func calls(_ name: String) -> [String] { world.withLock { $0.hosts[name]?.calls ?? [] } }

    func fail(_ op: String, at host: String, _ error: AgentError = AgentError(.failed, "as told")) {
        world.withLock { $0.failures[host, default: [:]][op] = error }
    }

    func mend(_ host: String) { world.withLock { $0.failures[host] = nil } }
}

/// The agent of one of them.
struct FakeAgent: AgentCalls {
    var hosts: FakeHosts
    var name: String

    func call<Request: AgentRequest>(
        _ request: Request, deadline: Duration
    ) async throws(AgentError) -> Request.Reply {
        if Task.isCancelled { throw AgentError(.closed, "the caller was cancelled", host: name) }
        let reply = try hosts.world.withLock { world throws(AgentError) -> any Sendable in
            world.hosts[name]?.calls.append(Request.op)
            if var error = world.failures[name]?[Request.op] {
                error.host = name
                throw error
            }
            return try answer(request, &world)
        }
        guard let reply = reply as? Request.Reply else { throw AgentError(.unknownOperation, Request.op) }
        return reply
    }

    private func answer(_ request: any AgentRequest, _ world: inout FakeHosts.World) throws(AgentError)
        -> any Sendable
    {
        switch request {
        case let request as Exec: return exec(request)
        case let request as Spawn:
            guard world.hosts[name]?.processes[request.name] == nil else { throw AgentError(.exists, request.name) }
            world.hosts[name]?.processes[request.name] = "S"
            return SpawnReply(process: Self.process, readyLine: nil, seconds: 0)
        case let request as Signal: return signal(request, &world)
        case let request as RemoveTree:
            world.hosts[name]?.removed.append(request.path)
            return RemoveReply(removed: 1)
        case is HealAll, is Bye, is Stop: return HealReply(undone: [], failures: [])
        case is FinalCompare: return HostComparison(differences: ["a file"], notices: [])
        case let request as ReadLog: throw AgentError(.notFound, request.path)
        default: return try network(request, &world)
        }
    }

    private static let process = ProcessIdentity(pid: 7, start: 1)
    private static let clocks = ClockReading(monotonic: 0, wall: 0)

    private func exec(_ request: Exec) -> ExecReply {
        ExecReply(
            exit: ExitStatus(code: 0), output: Bytes([]), error: Bytes([]),
            isTruncated: request.argv == ["too", "long"],
            timedOut: false, seconds: 0)
    }

    private func signal(_ request: Signal, _ world: inout FakeHosts.World) -> SignalReply {
        let before = world.hosts[name]?.processes[request.name] ?? "gone"
        if before != "gone", !world.sabotage.contains(request.signal.rawValue) {
            world.hosts[name]?.processes[request.name] =
                switch request.signal {
                case .kill, .term: nil
                case .stop: "T"
                case .cont: "S"
                }
        }
        let after = world.hosts[name]?.processes[request.name] ?? "gone"
        let wanted = [Signal.Kind.kill: "gone", .term: "gone", .stop: "T", .cont: "S"][request.signal]
        return SignalReply(
            evidence: SignalEvidence(
                process: Self.process, observer: 2, sender: 1, before: before, after: after,
                isConfirmed: after == wanted, clocks: Self.clocks), exit: nil)
    }

    private func network(_ request: any AgentRequest, _ world: inout FakeHosts.World) throws(AgentError)
        -> any Sendable
    {
        switch request {
        case let request as NetDrop:
            if world.sabotage.contains("net-drop") { return report(request.fault, world) }
            if request.degradation == nil {
                world.hosts[name]?.rules[request.fault] = request.drops
            } else {
                world.hosts[name]?.poor[request.fault] = request
            }
            return report(request.fault, world)
        case let request as NetHeal:
            world.hosts[name]?.rules[request.fault] = nil
            world.hosts[name]?.poor[request.fault] = nil
            return report(request.fault, world)
        case let request as NetCounters: return report(request.fault, world)
        case is ProbeListen: return Done()
        case let request as ProbeExchange: return exchange(request, world)
        case let request as ProbeSend:
            send(request, &world)
            return ProbeSent(sent: request.count, refused: 0)
        case let request as ProbeReport:
            let found = world.hosts[name]?.arrived[request.nonce ?? ""] ?? [:]
            return ProbesReceived(
                sources: found.map {
                    .init(address: $0.key, port: 7001, nonce: request.nonce ?? "", count: $0.value)
                })
        default: throw AgentError(.unknownOperation, "\(request)")
        }
    }

    private func report(_ fault: String, _ world: FakeHosts.World) -> NetReport {
        let host = world.hosts[name]
        return NetReport(
            fault: fault, isPresent: host?.rules[fault] != nil || host?.poor[fault] != nil, elements: 1,
            packetsIn: host?.poor[fault] != nil ? 1 : host?.dropped[fault]?.input ?? 0,
            packetsOut: host?.dropped[fault]?.output ?? 0, lapses: 0,
            clocks: Self.clocks)
    }

    private func send(_ request: ProbeSend, _ world: inout FakeHosts.World) {
        let own = hosts.addresses[name] ?? ""
        guard let to = hosts.addresses.first(where: { $0.value == request.address })?.key, !world.isDark else {
            return
        }
        if drops(request.address, request.port, .output, at: name, &world) { return }
        if drops(own, request.port, .input, at: to, &world) { return }
        let lost = poor(.input, from: own, at: to, world).map { request.count * $0.lossPerMillion / 1_000_000 }
        world.hosts[to]?.arrived[request.nonce, default: [:]][own, default: 0] += request.count - (lost.max() ?? 0)
    }

    /// What faults at a host do to packets of a peer.
    private func poor(
        _ direction: Drop.Direction, from peer: String, at host: String, _ world: FakeHosts.World
    ) -> [Degradation] {
        (world.hosts[host]?.poor ?? [:]).values.filter {
            $0.drops.contains { $0.address == peer && $0.direction == direction }
        }.compactMap(\.degradation)
    }

    /// Round trips as late as both ends make them, and a rate as this end lets it be.
    private func exchange(_ request: ProbeExchange, _ world: FakeHosts.World) -> ProbeExchanged {
        let (own, peer) = (hosts.addresses[name] ?? "", request.address)
        let there = poor(.output, from: peer, at: name, world)
        let other = hosts.addresses.first { $0.value == peer }?.key ?? ""
        let all = there + poor(.output, from: own, at: other, world)
        let late = all.reduce(100) { $0 + $1.leastDelayMicroseconds }
        let rate = there.compactMap(\.bitsPerSecond).min() ?? 1_000_000_000
        return ProbeExchanged(
            answered: request.count, roundTrips: Array(repeating: Int64(late) * 1000, count: request.count),
            spanNanoseconds: Int64((request.count - 1) * (request.size + 28) * 8) * 1_000_000_000 / Int64(rate))
    }

    private func drops(
        _ address: String, _ port: Int, _ direction: Drop.Direction, at host: String, _ world: inout FakeHosts.World
    ) -> Bool {
        let faults = (world.hosts[host]?.rules ?? [:]).filter { _, drops in
            drops.contains { $0.address == address && $0.ports.contains(port) && $0.direction == direction }
        }.keys
        for fault in faults {
            var count = world.hosts[host]?.dropped[fault] ?? (0, 0)
            if direction == .input { count.input += 1 } else { count.output += 1 }
            world.hosts[host]?.dropped[fault] = count
        }
        return !faults.isEmpty
    }
}
