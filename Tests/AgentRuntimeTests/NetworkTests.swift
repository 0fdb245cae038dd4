import AgentProtocol
import Foundation
import HostProcesses
import Testing

@Suite("Network faults between two hosts", .serialized, .timeLimit(.minutes(2)))
struct NetworkTests {
    private typealias Client = AgentClient<PipeChannel>
    static let addresses = ["10.77.0.1", "10.77.0.2"]

    struct Pair {
        var hosts: [LabHost]
        var clients: [AgentClient<PipeChannel>]

        /// How many of three probes from one host arrive at the other's port.
        ///
        /// A probe to a port that no test cuts follows them on the same wire: once it is there, so are they, or never.
        func heard(from: Int, to: Int, port: Int = 7001, over addresses: [String] = addresses) async throws -> Int {
            let nonce = "p\(UInt64.random(in: 0...UInt64.max))"
            for port in [port, 7999] { try await clients[to].probeListen(port: port) }
            _ = try await clients[from].probeSend(to: addresses[to], port: port, nonce: nonce)
            for _ in 0..<100 {
                _ = try await clients[from].probeSend(to: addresses[to], port: 7999, nonce: nonce, count: 1)
                let sources = try await clients[to].probeReport(nonce: nonce).sources
                if sources.contains(where: { $0.port == 7999 && $0.address == addresses[from] }) {
                    return sources.filter { $0.port == port }.reduce(0) { $0 + $1.count }
                }
                try await Task.sleep(for: .milliseconds(10))
            }
            Issue.record("host \(to) hears nothing at all of host \(from)")
            return -1
        }

        /// Two hosts with an agent each, which hear each other.
        static func with(_ options: [String] = [], _ body: (Pair) async throws -> Void) async throws {
            try await withHosts(2) { hosts in
                for host in hosts { try host.startAgent(options) }
                try await hosts[0].withClient("a") { one in
                    try await hosts[1].withClient("b") { two in
                        _ = try await one.hello(leaseSeconds: 60)
                        _ = try await two.hello(leaseSeconds: 60)
                        let pair = Pair(hosts: hosts, clients: [one, two])
                        #expect(try await pair.both() == [3, 3])
                        try await body(pair)
                    }
                }
            }
        }

        func both(port: Int = 7001, over addresses: [String] = addresses) async throws -> [Int] {
            [
                try await heard(from: 0, to: 1, port: port, over: addresses),
                try await heard(from: 1, to: 0, port: port, over: addresses),
            ]
        }
    }

    private func withPair(_ options: [String] = [], _ body: (Pair) async throws -> Void) async throws {
        try await Pair.with(options, body)
    }

    /// Both directions at one host: what a two-way partition does at each side.
    private func cut(_ peer: String, port: Int = 7001) -> [Drop] {
        Drop.Direction.allCases.map { Drop(address: peer, ports: [port], direction: $0) }
    }

    @Test("a two-way partition cuts the named port, both ways and no other, counts, and heals without trace")
    func twoWay() async throws {
        try await withPair { pair in
            try pair.hosts[0].shell("nft 'add table ip other; add chain ip other c; add rule ip other c counter'")
            for (index, client) in pair.clients.enumerated() {
                let report = try await client.netDrop(fault: "p1", cut(Self.addresses[1 - index]))
                #expect(report.isPresent && report.elements == 8)
            }
            #expect(try await pair.both() == [0, 0])
            #expect(try await pair.both(port: 7000) == [3, 3])
            let counters = try await pair.clients[0].netCounters(fault: "p1")
            #expect(counters.packetsOut >= 3 && counters.isPresent && counters.lapses == 0)
            for client in pair.clients { #expect(try await client.netHeal(fault: "p1").packetsOut >= 3) }
            #expect(try await pair.both() == [3, 3])
            for host in pair.hosts { #expect(try !host.hasTable) }
            #expect(try pair.hosts[0].shell("nft list table ip other").contains("counter packets 0"))
            let gone = try await pair.clients[0].netHeal(fault: "p1")
            #expect(!gone.isPresent)
        }
    }

    @Test("a one-way fault drops at the receiver what one peer sends, and nothing the other way")
    func oneWay() async throws {
        try await withPair { pair in
            let drop = Drop(address: Self.addresses[0], ports: [7001], direction: .input)
            _ = try await pair.clients[1].netDrop(fault: "p1", [drop])
            #expect(try await pair.both() == [0, 3])
            #expect(try await pair.clients[1].netCounters(fault: "p1").packetsIn == 3)
        }
    }

    @Test("TCP is cut too, while the connection stands")
    func tcp() async throws {
        try await withPair { pair in
            let listen =
                "import socket,time\ns=socket.create_server(('',7001))\nprint('READY',flush=True)\n"
                + "c,_=s.accept()\nwhile True:\n  d=c.recv(9)\n  print('got',d.decode(),flush=True)"
            _ = try await pair.clients[1].spawn(
                Spawn(name: "n", argv: ["python3", "-c", listen], output: "/run/n.out", error: "/run/n.err"))
            let talk =
                "import socket,time\nc=socket.create_connection(('10.77.0.2',7001))\nprint('READY',flush=True)\n"
                + "i=0\nwhile True:\n  c.send(b'%d\\n'%i); i+=1; time.sleep(0.05)"
            _ = try await pair.clients[0].spawn(
                Spawn(name: "n", argv: ["python3", "-c", talk], output: "/run/n.out", error: "/run/n.err"))
            func heard() throws -> Int { Int(try pair.hosts[1].shell("wc -c < /run/n.out")) ?? -1 }
            #expect(try pair.hosts[1].eventually { try heard() > 50 })
            _ = try await pair.clients[1].netDrop(fault: "p1", cut(Self.addresses[0]))
            let before = try heard()
            try await Task.sleep(for: .milliseconds(500))
            #expect(try heard() == before)
            #expect(try await pair.clients[1].netCounters(fault: "p1").packetsIn > 0)
            _ = try await pair.clients[1].netHeal(fault: "p1")
            #expect(try pair.hosts[1].eventually { try heard() > before })
        }
    }

    @Test("of two faults that overlap, healing one leaves the other, and each counts its packets")
    func overlap() async throws {
        try await withPair { pair in
            let drop = Drop(address: Self.addresses[0], ports: [7001], direction: .input)
            _ = try await pair.clients[1].netDrop(fault: "p1", [drop])
            _ = try await pair.clients[1].netDrop(fault: "p2", [drop])
            #expect(try await pair.heard(from: 0, to: 1) == 0)
            #expect(try await pair.clients[1].netCounters(fault: "p1").packetsIn == 3)
            #expect(try await pair.clients[1].netCounters(fault: "p2").packetsIn == 3)
            _ = try await pair.clients[1].netHeal(fault: "p1")
            #expect(try await pair.heard(from: 0, to: 1) == 0)
            #expect(try await pair.clients[1].netCounters(fault: "p2").packetsIn == 6)
            #expect(try await !pair.clients[1].netCounters(fault: "p1").isPresent)
            _ = try await pair.clients[1].netHeal(fault: "p2")
            #expect(try await pair.heard(from: 0, to: 1) == 3)
        }
    }

    @Test("IPv6 is cut by its own sets")
    func ipv6() async throws {
        try await withPair { pair in
            let addresses = ["fd77::1", "fd77::2"]
            #expect(try await pair.both(over: addresses) == [3, 3])
            let drop = Drop(address: "fd77:0::0:1", ports: [7001], direction: .input)
            _ = try await pair.clients[1].netDrop(fault: "p1", [drop])
            #expect(try await pair.both(over: addresses) == [0, 3])
            #expect(try await pair.both() == [3, 3])
        }
    }

    @Test("renewals leave no gap: of packets sent all the time none comes through")
    func noGap() async throws {
        try await withPair { pair in
            let drop = Drop(address: Self.addresses[0], ports: [7001], direction: .input)
            _ = try await pair.clients[1].netDrop(fault: "p1", [drop], ttlSeconds: 0.6)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    for _ in 0..<60 {
                        try await pair.clients[1].netRenew(fault: "p1")
                    }
                }
                for _ in 0..<100 {
                    _ = try await pair.clients[0].probeSend(
                        to: Self.addresses[1], port: 7001, nonce: "gap", count: 500)
                    try await Task.sleep(for: .milliseconds(10))
                }
                try await group.waitForAll()
            }
            #expect(try await pair.clients[1].probeReport(nonce: "gap").count(nonce: "gap") == 0)
            let report = try await pair.clients[1].netCounters(fault: "p1")
            #expect(report.packetsIn == 50_000 && report.lapses == 0)
        }
    }

    @Test("with agent and guardian dead the kernel ends the partition within its time")
    func kernelHeals() async throws {
        try await withPair { pair in
            let drop = Drop(address: Self.addresses[0], ports: [7001], direction: .input)
            _ = try await pair.clients[1].netDrop(fault: "p1", [drop], ttlSeconds: 2)
            let status = try pair.hosts[1].status()
            // Stopped first, so that neither sees the other's death.
            try pair.hosts[1].shell(
                "kill -STOP \(status.guardian) \(status.pid); kill -9 \(status.guardian) \(status.pid)")
            let host = pair.hosts[1]
            func elements() throws -> Int {
                Int(try host.shell("nft list table inet inquest | grep -c 10.77.0.1 || true")) ?? -1
            }
            #expect(try elements() > 0)
            #expect(try host.eventually(seconds: 2.5) { try elements() == 0 })
            #expect(try host.hasTable)
            // The next start clears the empty table away.
            try host.startAgent()
            #expect(try !host.hasTable)
        }
    }

    @Test("a rule that was not applied has no evidence: probes pass and counters are absent")
    func sabotaged() async throws {
        try await withPair(["--sabotage", "net-drop"]) { pair in
            for (index, client) in pair.clients.enumerated() {
                #expect(try await client.netDrop(fault: "p1", cut(Self.addresses[1 - index])).isPresent)
            }
            #expect(try await pair.both() == [3, 3])
            let counters = try await pair.clients[0].netCounters(fault: "p1")
            #expect(!counters.isPresent && counters.packetsOut == 0 && counters.elements == 0)
            #expect(try await pair.clients[0].netHeal(fault: "p1").isPresent == false)
        }
    }

    @Test("rules that match SSH or a protected port are refused and leave nothing")
    func ssh() async throws {
        try await withHost { host in
            try host.startAgent(["--protect", "2200"])
            try await host.withClient { client in
                _ = try await client.hello(leaseSeconds: 60, protectedPorts: [2222])
                for port in [22, 2200, 2222] {
                    let error = await #expect(throws: AgentError.self) {
                        try await client.netDrop(
                            fault: "p1", [Drop(address: "10.0.0.1", ports: [7001, port], direction: .input)])
                    }
                    #expect(error?.code == .refused)
                }
                #expect(try !host.hasTable)
                #expect(try await client.healAll().undone == [])
            }
        }
    }

    @Test("a fault whose table somebody removed comes back, and the gap is reported")
    func removedByOthers() async throws {
        try await withHost { host in
            try host.startAgent()
            try await host.withClient { client in
                _ = try await client.hello(leaseSeconds: 60)
                _ = try await client.netDrop(
                    fault: "p1", [Drop(address: "10.0.0.1", ports: [7001], direction: .input)], ttlSeconds: 1)
                try host.shell("nft delete table inet inquest")
                #expect(try await !client.netCounters(fault: "p1").isPresent)
                #expect(try host.eventually(seconds: 3) { try host.hasTable })
                #expect(try await client.netCounters(fault: "p1").lapses >= 1)
                let other = await #expect(throws: AgentError.self) {
                    try await client.netDrop(
                        fault: "p1", [Drop(address: "10.0.0.1", ports: [7002], direction: .input)])
                }
                #expect(other?.code == .exists)
            }
        }
    }
}
