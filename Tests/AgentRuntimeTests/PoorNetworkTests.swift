import AgentProtocol
import Foundation
import HostProcesses
import Testing

@Suite("A bad network between two hosts", .serialized, .timeLimit(.minutes(2)))
struct PoorNetworkTests {
    private typealias Pair = NetworkTests.Pair
    private static let limit = Degradation(bitsPerSecond: 1_000_000)

    private func drop(_ host: Int, _ direction: Drop.Direction, _ addresses: [String] = NetworkTests.addresses)
        -> Drop
    {
        Drop(address: addresses[host], ports: [7001], direction: direction)
    }

    /// Bits per second from the first host to the other one.
    private func rate(_ pair: Pair, port: Int = 7001) async throws -> Double {
        try await pair.clients[1].probeListen(port: port)
        let reply = try await pair.clients[0].call(
            ProbeExchange(
                address: NetworkTests.addresses[1], port: port, nonce: "r\(UInt64.random(in: 0 ... .max))",
                count: 40, size: 1200, isPaced: false))
        #expect(reply.answered == 40 && reply.roundTrips.count == 40)
        return Double(39 * 1228 * 8) * 1e9 / Double(max(1, reply.spanNanoseconds))
    }

    private func disciplines(_ host: LabHost) throws -> String { try host.shell("tc qdisc show dev eth0") }

    @Test("a share of what arrives is lost, at one port and in one direction, and counted, and heals without trace")
    func loss() async throws {
        try await Pair.with { pair in
            func lost(to: Int, port: Int = 7001) async throws -> Int {
                let (nonce, from) = ("l\(UInt64.random(in: 0 ... .max))", pair.clients[1 - to])
                try await pair.clients[to].probeListen(port: port)
                for _ in 0..<5 {
                    _ = try await from.probeSend(
                        to: NetworkTests.addresses[to], port: port, nonce: nonce, count: 100)
                    try await Task.sleep(for: .milliseconds(60))
                }
                return 500 - (try await pair.clients[to].probeReport(nonce: nonce).count(nonce: nonce))
            }
            #expect(try await lost(to: 1) == 0)
            let report = try await pair.clients[1].netDrop(
                fault: "p1", [drop(0, .input)], degradation: Degradation(lossPerMillion: 300_000))
            #expect(report.isPresent)
            // Five standard deviations of 500 with 30 %.
            #expect((98...202).contains(try await lost(to: 1)))
            let others = try await (lost(to: 0), lost(to: 1, port: 7000))
            #expect(others == (0, 0))
            let counters = try await pair.clients[1].netCounters(fault: "p1")
            #expect(counters.packetsIn == 500 && (98...202).contains(counters.packetsLost))
            #expect(try await pair.clients[1].netHeal(fault: "p1").packetsLost == counters.packetsLost)
            #expect(try await lost(to: 1) == 0)
            #expect(try !pair.hosts[1].hasTable)
        }
    }

    @Test("what leaves is limited to a rate, at one port, and heals without trace", arguments: [false, true])
    func rate(isRemovedByHealAll: Bool) async throws {
        try await Pair.with { pair in
            let before = try disciplines(pair.hosts[0])
            #expect(try await rate(pair) > 5e6)
            let report = try await pair.clients[0].netDrop(
                fault: "p1", [drop(1, .output)], degradation: Self.limit)
            #expect(report.isPresent && report.elements == 4)
            #expect((0.7e6...1.6e6).contains(try await rate(pair)))
            #expect(try await rate(pair, port: 7000) > 5e6)
            #expect(try await pair.clients[0].netCounters(fault: "p1").packetsOut >= 40)
            if isRemovedByHealAll {
                let reply = try await pair.clients[0].healAll()
                #expect(reply.undone.contains("queueing discipline of eth0 removed") && reply.failures == [])
            } else {
                _ = try await pair.clients[0].netHeal(fault: "p1")
            }
            #expect(try await rate(pair) > 5e6)
            #expect(try disciplines(pair.hosts[0]) == before)
            // Sockets of probes go with everything.
            _ = try await pair.clients[0].healAll()
            #expect(try await pair.clients[0].finalCompare().differences == [])
        }
    }

    @Test("of two limits that overlap, healing one leaves the other")
    func overlap() async throws {
        try await Pair.with { pair in
            _ = try await pair.clients[0].netDrop(fault: "p1", [drop(1, .output)], degradation: Self.limit)
            _ = try await pair.clients[0].netDrop(fault: "p2", [drop(1, .output)], degradation: Self.limit)
            _ = try await pair.clients[0].netHeal(fault: "p1")
            #expect(try await rate(pair) < 1.6e6)
            #expect(try await pair.clients[0].netCounters(fault: "p2").isPresent)
            _ = try await pair.clients[0].netHeal(fault: "p2")
            #expect(try await rate(pair) > 5e6)
        }
    }

    @Test("once the elements have expired nothing is slow, though nobody is left to heal")
    func expired() async throws {
        try await Pair.with { pair in
            _ = try await pair.clients[0].netDrop(
                fault: "p1", [drop(1, .output)], ttlSeconds: 1, degradation: Self.limit)
            let status = try pair.hosts[0].status()
            try pair.hosts[0].shell("kill -9 \(status.guardian) \(status.pid)")
            func elements() throws -> String {
                try pair.hosts[0].shell("nft list table inet inquest | grep -c 'elements = { 10' || true")
            }
            #expect(try pair.hosts[0].eventually(seconds: 3) { try elements() == "0" })
            #expect(try disciplines(pair.hosts[0]).contains("htb 1a5f:"))
            // The next start clears the class away.
            try pair.hosts[0].startAgent()
            #expect(try !disciplines(pair.hosts[0]).contains("1a5f:"))
        }
    }

    @Test("packets are held back where the kernel can do it, and refused with the reason where it cannot")
    func delay() async throws {
        try await Pair.with { pair in
            let before = try disciplines(pair.hosts[0])
            let delay = Degradation(leastDelayMicroseconds: 20_000, mostDelayMicroseconds: 30_000)
            let abilities = try await pair.clients[0].hello(leaseSeconds: 60).capabilities
            #expect(abilities.rate && abilities.loss)
            guard abilities.netem else {
                #expect(abilities.missing.contains { $0.hasPrefix("netem: ") })
                let error = await #expect(throws: AgentError.self) {
                    try await pair.clients[0].netDrop(fault: "p1", [drop(1, .output)], degradation: delay)
                }
                #expect(error?.message.contains("qdisc") == true)
                #expect(try disciplines(pair.hosts[0]) == before)
                #expect(try !pair.hosts[0].hasTable)
                return
            }
            _ = try await pair.clients[0].netDrop(fault: "p1", [drop(1, .output)], degradation: delay)
            let reply = try await pair.clients[0].call(
                ProbeExchange(address: NetworkTests.addresses[1], port: 7001, nonce: "d", count: 9, isPaced: true))
            #expect(reply.answered == 9 && reply.roundTrips[4] >= 20_000_000)
            _ = try await pair.clients[0].netHeal(fault: "p1")
            #expect(try disciplines(pair.hosts[0]) == before)
        }
    }

    @Test("a queueing discipline of somebody's is not replaced")
    func foreign() async throws {
        try await Pair.with { pair in
            try pair.hosts[0].shell("tc qdisc add dev eth0 root handle 5: pfifo limit 77")
            let error = await #expect(throws: AgentError.self) {
                try await pair.clients[0].netDrop(fault: "p1", [drop(1, .output)], degradation: Self.limit)
            }
            #expect(error?.code == .unsupported && error?.message.contains("pfifo 5:") == true)
            #expect(try disciplines(pair.hosts[0]).contains("pfifo 5: root"))
        }
    }

    @Test("IPv6 is limited and loses by its own sets")
    func ipv6() async throws {
        try await Pair.with { pair in
            let addresses = ["fd77::1", "fd77::2"]
            let all = Degradation(lossPerMillion: 999_999, bitsPerSecond: 1_000_000)
            _ = try await pair.clients[0].netDrop(
                fault: "p1", [drop(1, .output, addresses), drop(1, .input, addresses)], degradation: all)
            #expect(try await pair.both(over: addresses) == [3, 0])
            let counters = try await pair.clients[0].netCounters(fault: "p1")
            #expect(counters.packetsOut >= 3 && counters.packetsLost == 3)
            #expect(try await pair.both() == [3, 3])
        }
    }
}
