import HistoryModel
import NIOCore
import Testing
import WireProtocol

@testable import Clients

@Suite("The RESP client against a server that misbehaves", .timeLimit(.minutes(1)))
struct RESPClientTests {
    static let read = OperationRequest(f: "read", key: "k")
    static let write = OperationRequest(f: "write", key: "k", value: 1)
    /// Connects, so that the time of what follows is that of the exchange alone.
    static let warm = OperationRequest(f: "read", key: "warm")

    private func client(
        _ addresses: [String: NodeAddress], leader: String? = "n1", policy: ReadPolicy = .leader,
        limits: RESPLimits = RESPLimits()
    ) -> RESPClient {
        RESPClient(
            process: 3, dialect: RedisDialect(), topology: Topology(addresses, leader: leader),
            options: RESPClientOptions(readPolicy: policy, maximumRedirects: 2, limits: limits), seed: 1)
    }

    private func invoke(
        _ client: RESPClient, _ request: OperationRequest, within time: Duration = .seconds(20)
    ) async -> ClientReply {
        await client.invoke(request, deadline: .now + time)
    }

    /// What a server does, and the code it leads to.
    static let breakages: [(FakeServer.Action, ClientErrorCode)] = [
        (.close, .connectionLost), (.bytesThenClose("$5\r\nab"), .connectionLost), (.silence, .timeout),
        (.bytes("$5\r\nab"), .timeout), (.bytes("!garbage\r\n"), .malformedReply),
        (.bytes("$99999\r\n"), .malformedReply), (.bytes(":1\r\n"), .unexpectedReply),
        (.bytes("-INTERNAL x\r\n"), .unknownError),
    ]

    @Test("after the request was sent a write is info and a read is fail", arguments: breakages)
    func afterSending(action: FakeServer.Action, code: ClientErrorCode) async throws {
        let script: FakeServer.Script = { $0.words[1] == "warm" ? .reply(.text("1")) : action }
        try await FakeServer.with(script) { _, address in
            let client = self.client(["n1": address], limits: RESPLimits(bulkLength: 1000))
            for request in [Self.write, Self.read] {
                #expect(await invoke(client, Self.warm).value == 1)
                let time: Duration = code == .timeout ? .seconds(1) : .seconds(20)
                let reply = await invoke(client, request, within: time)
                #expect(reply.type == (request.isReadOnly ? .fail : .info))
                #expect(reply.error?.code == code)
                #expect(reply.node == "n1")
            }
            await client.close()
        }
    }

    @Test("before it was sent both fail: nobody listens, or no time is left")
    func beforeSending() async throws {
        try await FakeServer.with({ _ in .silence }) { server, address in
            let client = self.client(["n1": address])
            for request in [Self.write, Self.read] {
                let reply = await invoke(client, request, within: .zero)
                #expect(reply.type == .fail)
                #expect(reply.error?.code == .notSent)
            }
            #expect(server.requests.isEmpty)
        }
        let client = self.client(["n1": NodeAddress(host: "127.0.0.1", port: 1)])
        for request in [Self.write, Self.read] {
            let reply = await invoke(client, request)
            #expect(reply.type == .fail)
            #expect(reply.error?.code == .notConnected)
        }
    }

    @Test("a node that takes no connection costs the connect timeout, not the deadline")
    func connectTimeout() async throws {
        // TEST-NET-1: never routed, so that connecting neither succeeds nor fails; some hosts refuse at once.
        let topology = Topology(["n1": NodeAddress(host: "192.0.2.1", port: 9)], leader: "n1")
        let client = RESPClient(
            process: 1, dialect: RedisDialect(), topology: topology,
            options: RESPClientOptions(connectTimeout: .milliseconds(100)), seed: 1)
        let start = ContinuousClock.now
        let reply = await invoke(client, Self.write, within: .seconds(30))
        #expect(reply.error?.code == .notConnected)
        #expect(ContinuousClock.now - start < .seconds(10))
    }

    @Test("a late reply is never taken for that of the next request")
    func lateReply() async throws {
        let script: FakeServer.Script = { request in
            if request.words[1] == "warm" { return .reply(.text("1")) }
            return request.connection == 0
                ? .later(.milliseconds(1200), .text("1")) : .later(.milliseconds(600), .text("2"))
        }
        try await FakeServer.with(script) { server, address in
            let client = self.client(["n1": address])
            #expect(await invoke(client, Self.warm).value == 1)
            #expect(await invoke(client, Self.read, within: .seconds(1)).error?.code == .timeout)
            #expect(await invoke(client, Self.read).value == 2)
            #expect(server.requests.map(\.connection) == [0, 0, 1])
            await client.close()
        }
    }

    @Test("a reply that nobody asked for ends the connection, and the next operation has its own")
    func unaskedReply() async throws {
        let script: FakeServer.Script = { request in
            request.connection == 0 ? .bytes("$1\r\n1\r\n$1\r\n9\r\n") : .reply(.text("2"))
        }
        try await FakeServer.with(script) { _, address in
            let client = self.client(["n1": address])
            #expect(await invoke(client, Self.read).value == 1)
            #expect(await invoke(client, Self.read).value == 2)
            await client.close()
        }
    }

    @Test("one connection serves many operations, and a new one is made when it broke")
    func reconnects() async throws {
        let script: FakeServer.Script = { request in
            request.words == ["GET", "bad"] ? .close : .reply(.text("1"))
        }
        try await FakeServer.with(script) { server, address in
            let client = self.client(["n1": address])
            for key in ["a", "b", "bad", "c", "d"] {
                _ = await invoke(client, OperationRequest(f: "read", key: key))
            }
            #expect(server.requests.map(\.connection) == [0, 0, 0, 1, 1])
            await client.close()
        }
    }

    @Test("a deadline that ends sooner than the one before is kept all the same")
    func shorterDeadline() async throws {
        let script: FakeServer.Script = { $0.words[1] == "a" ? .reply(.text("1")) : .silence }
        try await FakeServer.with(script) { _, address in
            let client = self.client(["n1": address])
            #expect(await invoke(client, OperationRequest(f: "read", key: "a"), within: .seconds(50)).value == 1)
            let start = ContinuousClock.now
            #expect(await invoke(client, Self.read, within: .milliseconds(500)).error?.code == .timeout)
            #expect(ContinuousClock.now - start < .seconds(10))
            await client.close()
        }
    }
}

@Suite("Redirects", .timeLimit(.minutes(1)))
struct RedirectTests {
    private func client(_ topology: Topology) -> RESPClient {
        RESPClient(
            process: 3, dialect: NodeDialect(), topology: topology,
            options: RESPClientOptions(maximumRedirects: 2), seed: 1)
    }

    private static let write = RESPClientTests.write
    private static let ok = RESPValue.array([.simple("OK"), .array([.text("node"), .text("n2")])])

    @Test("a redirect is followed, remembered by this client alone, and forgotten when the runner speaks")
    func followed() async throws {
        try await FakeServer.with({ _ in .reply(Self.ok) }) { second, secondAddress in
            try await FakeServer.with({ _ in .reply(.error("MOVED \(secondAddress)")) }) { first, firstAddress in
                let addresses = ["n1": firstAddress, "n2": secondAddress]
                let topology = Topology(addresses, leader: "n1")
                let (one, other) = (client(topology), client(topology))
                let deadline = ContinuousClock.now + .seconds(20)
                let reply = await one.invoke(Self.write, deadline: deadline)
                #expect(reply == ClientReply(.ok(1), node: "n2", meta: ["node": "n2"]))
                #expect(await one.invoke(Self.write, deadline: deadline).type == .ok)
                #expect(first.requests.count == 1)
                #expect(await other.invoke(Self.write, deadline: deadline).type == .ok)
                #expect(first.requests.count == 2)
                topology.setLeader("n1")
                #expect(await one.invoke(Self.write, deadline: deadline).type == .ok)
                #expect(first.requests.count == 3)
                #expect(second.requests.count == 4)
                #expect(topology.snapshot.leader == "n1")
                for client in [one, other] { await client.close() }
            }
        }
    }

    @Test("nodes that point at each other are left after so many redirects, and the write has failed")
    func loop() async throws {
        let address = NodeAddress(host: "127.0.0.1", port: 1)
        try await FakeServer.with({ request in .reply(.error("MOVED \(request.words[2])")) }) { server, own in
            let topology = Topology(["n1": own, "n2": address], leader: "n1")
            let request = OperationRequest(f: "write", key: "\(own)", value: 1)
            let client = self.client(topology)
            let reply = await client.invoke(request, deadline: .now + .seconds(20))
            #expect(reply.type == .fail)
            #expect(reply.error?.code == .moved)
            #expect(server.requests.count == 3)
            await client.close()
        }
    }

    @Test("a pinned request, or one sent to where no node is, is not sent elsewhere")
    func notFollowed() async throws {
        try await FakeServer.with({ _ in .reply(.error("MOVED 127.0.0.1:9")) }) { server, address in
            let topology = Topology(["n1": address, "n2": NodeAddress(host: "127.0.0.1", port: 9)], leader: "n1")
            let client = self.client(topology)
            var pinned = Self.write
            pinned.node = "n1"
            let reply = await client.invoke(pinned, deadline: .now + .seconds(20))
            #expect(reply.outcome == .fail(ClientError(.moved, "n1 points to 127.0.0.1:9")))
            await client.close()
        }
        try await FakeServer.with({ _ in .reply(.error("MOVED 127.0.0.1:9")) }) { server, address in
            let client = self.client(Topology(["n1": address], leader: "n1"))
            let reply = await client.invoke(Self.write, deadline: .now + .seconds(20))
            #expect(reply.error?.code == .moved)
            #expect(server.requests.count == 1)
            await client.close()
        }
    }

    @Test("a redirect to a node that is down fails, and the next write asks the runner's leader again")
    func deadTarget() async throws {
        try await FakeServer.with({ _ in .reply(.error("MOVED 127.0.0.1:1")) }) { server, address in
            let topology = Topology(["n1": address, "n2": NodeAddress(host: "127.0.0.1", port: 1)], leader: "n1")
            let client = self.client(topology)
            for _ in 0..<2 {
                let reply = await client.invoke(Self.write, deadline: .now + .seconds(20))
                #expect(reply.type == .fail)
                #expect(reply.error?.code == .notConnected)
            }
            #expect(server.requests.count == 2)
            await client.close()
        }
    }

    @Test("the outcome of a write after a redirect counts from the last node")
    func lostAfterRedirect() async throws {
        try await FakeServer.with({ _ in .close }) { _, second in
            try await FakeServer.with({ _ in .reply(.error("MOVED \(second)")) }) { _, first in
                let client = self.client(Topology(["n1": first, "n2": second], leader: "n1"))
                let reply = await client.invoke(Self.write, deadline: .now + .seconds(20))
                #expect(reply.type == .info)
                #expect(reply.node == "n2")
                await client.close()
            }
        }
    }
}
