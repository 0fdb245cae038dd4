import Foundation
import HistoryModel
import Testing

@testable import Clients

@Suite("The RESP client against a real redis-server", .timeLimit(.minutes(1)))
struct RedisClientTests {
    private func invoke(
        _ client: some Client, _ f: String, _ key: String?, _ value: Value = nil, set: Bool = false,
        at node: String? = nil, within time: Duration = .seconds(20)
    ) async -> ClientReply {
        await client.invoke(
            OperationRequest(f: f, key: key, value: value, shape: set ? .set : .register, node: node),
            deadline: .now + time)
    }

    private func client(_ addresses: [String: NodeAddress]) -> ValidatingClient {
        ValidatingClient(
            RESPClient(
                process: 1, dialect: RedisDialect(), topology: Topology(addresses, leader: "n1"), seed: 1))
    }

    @Test("every function does what its name says")
    func functions() async throws {
        try await RedisServer.with { server in
            let client = client(["n1": server.address])
            #expect(await invoke(client, "read", "r").outcome == .ok(nil))
            #expect(await invoke(client, "write", "r", 5).outcome == .ok(5))
            #expect(await invoke(client, "read", "r").outcome == .ok(5))
            #expect(await invoke(client, "cas", "r", [5, 6]).outcome == .ok([5, 6]))
            let failed = await invoke(client, "cas", "r", [5, 7])
            #expect(failed.outcome == .fail(ClientError(.casFailed, "CASFAIL found 6")))
            #expect(await invoke(client, "cas", "new", [nil, 1]).outcome == .ok([nil, 1]))
            #expect(await invoke(client, "cas", "new", [nil, 2]).type == .fail)
            for number: Int64 in [10, 9, -1, 9] {
                #expect(await invoke(client, "add", "s", .int(number)).outcome == .ok(.int(number)))
            }
            #expect(await invoke(client, "read", "s", set: true).outcome == .ok([-1, 9, 10]))
            #expect(await invoke(client, "read", "none", set: true).outcome == .ok([]))
            let txn: Value = [["r", "r", nil], ["r", "absent", nil]]
            #expect(await invoke(client, "txn", nil, txn).outcome == .ok([["r", "r", 6], ["r", "absent", nil]]))
            #expect(await invoke(client, "read", "s").error?.code == .rejected)
            await client.close()
        }
    }

    @Test("a replica refuses writes for certain, scripts too")
    func replica() async throws {
        try await RedisServer.with { primary in
            let options = ["--replicaof", primary.address.host, "\(primary.address.port)"]
            try await RedisServer.with(options) { replica in
                let client = client(["n1": primary.address, "n2": replica.address])
                for (f, value) in [("write", 1), ("add", 2), ("cas", [1, 2])] as [(String, Value)] {
                    let reply = await invoke(client, f, "k", value, at: "n2")
                    #expect(reply.type == .fail)
                    #expect(reply.error?.code == .readOnly, "\(f): \(reply)")
                    #expect(reply.node == "n2")
                }
                await client.close()
            }
        }
    }

    @Test("a primary without enough replicas refuses writes for certain")
    func notEnoughReplicas() async throws {
        try await RedisServer.with(["--min-replicas-to-write", "1"]) { server in
            let client = client(["n1": server.address])
            for (f, value) in [("write", 1), ("cas", [nil, 2])] as [(String, Value)] {
                let reply = await invoke(client, f, "k", value)
                #expect(reply.type == .fail)
                #expect(reply.error?.code == .notEnoughReplicas, "\(f): \(reply)")
            }
            await client.close()
        }
    }

    @Test("a write at a stopped server is info, and may show later")
    func stopped() async throws {
        try await RedisServer.with { server in
            let client = client(["n1": server.address])
            #expect(await invoke(client, "write", "k", 1).type == .ok)
            server.signal(SIGSTOP)
            let write = await invoke(client, "write", "k", 2, within: .seconds(1))
            #expect(write.type == .info)
            #expect(write.error?.code == .timeout)
            server.signal(SIGCONT)
            let read = await invoke(client, "read", "k")
            #expect([Value.int(1), .int(2)].contains(read.value))
            await client.close()
        }
    }

    @Test("a killed server: the write that was under way is lost from sight, the next one is not sent")
    func killed() async throws {
        try await RedisServer.with { server in
            let client = client(["n1": server.address])
            #expect(await invoke(client, "write", "k", 1).type == .ok)
            server.signal(SIGSTOP)
            async let open = invoke(client, "write", "k", 2)
            try await Task.sleep(for: .milliseconds(500))
            server.signal(SIGKILL)
            #expect(await open.error?.code == .connectionLost)
            let next = await invoke(client, "write", "k", 3)
            #expect(next.type == .fail)
            #expect(next.error?.code == .notConnected)
        }
    }
}
