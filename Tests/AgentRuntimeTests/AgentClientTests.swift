import AgentProtocol
import Foundation
import Synchronization
import Testing

/// An agent of a few lines that a test scripts: one function from a request to a reply, or to nothing.
private final class ScriptedChannel: AgentByteChannel {
    let chunks: AsyncStream<[UInt8]>
    private let feed: AsyncStream<[UInt8]>.Continuation
    private let answer: @Sendable (RequestHeader) -> [UInt8]?

    init(_ answer: @escaping @Sendable (RequestHeader) -> [UInt8]?) {
        (chunks, feed) = AsyncStream.makeStream(of: [UInt8].self)
        self.answer = answer
    }

    func send(_ bytes: [UInt8]) async throws {
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            guard let reply = answer(try AgentLine.header(Array(line))) else { return feed.finish() }
            feed.yield(reply + [UInt8(ascii: "\n")])
        }
    }

    func close() async { feed.finish() }
}

@Suite("AgentClient")
struct AgentClientTests {
    private static func ok(_ header: RequestHeader) -> [UInt8] {
        (try? AgentLine.reply(id: header.id, ok: RenewReply(leaseSeconds: 1))) ?? []
    }

    @Test("a request that the dropped channel swallowed is sent again under the same id")
    func resend() async throws {
        let seen = Mutex<[String]>([])
        let reply = try await withAgentClient(host: "h", controller: "c") {
            ScriptedChannel { header in
                let isFirst = seen.withLock { seen in
                    seen.append(header.id)
                    return seen.count == 1
                }
                return isFirst ? nil : Self.ok(header)
            }
        } body: {
            try await $0.renew()
        }
        #expect(reply == RenewReply(leaseSeconds: 1))
        #expect(seen.withLock { $0 } == ["c-1", "c-1"])
    }

    @Test("a deadline ends one request, names the host, and leaves the client usable")
    func deadline() async throws {
        try await withAgentClient(host: "h7", controller: "c") {
            ScriptedChannel { $0.op == Status.op ? [] : Self.ok($0) }
        } body: { client in
            let error = await #expect(throws: AgentError.self) {
                try await client.call(Status(), deadline: .milliseconds(50))
            }
            #expect(error?.code == .deadline && error?.host == "h7")
            #expect(error?.code.isIndefinite == true)
            _ = try await client.renew()
        }
    }

    @Test("when no connection can be had the client gives up, and says why")
    func unreachable() async throws {
        let options = AgentClientOptions(reconnectFor: .milliseconds(100))
        try await withAgentClient(host: "h", controller: "c", options: options) { () -> ScriptedChannel in
            throw AgentError(.failed, "connection refused")
        } body: { client in
            let error = await #expect(throws: AgentError.self) { try await client.renew() }
            #expect(error?.code == .disconnected)
            #expect(error?.message.contains("connection refused") == true)
        }
    }

    @Test("a closed client fails what is unanswered and what comes after")
    func closing() async throws {
        let asked = Mutex(0)
        try await withAgentClient(host: "h", controller: "c") {
            ScriptedChannel { _ in
                asked.withLock { $0 += 1 }
                return []
            }
        } body: { client in
            await withTaskGroup(of: AgentError?.self) { group in
                group.addTask {
                    await #expect(throws: AgentError.self) { try await client.renew() }
                }
                while asked.withLock({ $0 }) == 0 { await Task.yield() }
                await client.close()
                #expect(await group.next() == AgentError(.closed, "the client was closed", host: "h"))
            }
            let later = await #expect(throws: AgentError.self) { try await client.renew() }
            #expect(later?.code == .closed)
        }
    }

    @Test("an error of the agent is thrown with its code and the host")
    func errors() async throws {
        try await withAgentClient(host: "h", controller: "c") {
            ScriptedChannel { AgentLine.reply(id: $0.id, error: AgentError(.refused, "no")) }
        } body: { client in
            let error = await #expect(throws: AgentError.self) { try await client.renew() }
            #expect(error == AgentError(.refused, "no", host: "h"))
        }
    }

    @Test("many requests at once each get their own reply")
    func many() async throws {
        try await withAgentClient(host: "h", controller: "c") {
            ScriptedChannel {
                try? AgentLine.reply(id: $0.id, ok: RenewReply(leaseSeconds: Double($0.source?.number ?? 0)))
            }
        } body: { client in
            let values = try await withThrowingTaskGroup(of: Double.self) { group in
                for _ in 0..<100 { group.addTask { try await client.renew().leaseSeconds } }
                return try await group.reduce(into: Set<Double>()) { $0.insert($1) }
            }
            #expect(values == Set((1...100).map(Double.init)))
        }
    }
}
