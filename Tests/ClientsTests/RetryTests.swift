import HistoryModel
import Synchronization
import Testing
import WireProtocol

@testable import Clients

@Suite("Clients that send an operation again", .timeLimit(.minutes(1)))
struct RetryTests {
    private static let read = OperationRequest(f: "read", key: "k")
    private static let write = OperationRequest(f: "write", key: "k", value: 1)

    // MARK: The rule

    private func ended(
        _ codes: [ClientErrorCode], _ request: OperationRequest = write, isLast: Bool = false
    ) -> Attempts.Next? {
        var attempts = Attempts()
        var next: Attempts.Next?
        for (index, code) in codes.enumerated() {
            let outcome = ClientReply.Outcome(ClientError(code, "x"), of: request)
            next = attempts.ended(outcome, of: request, isLast: isLast && index == codes.count - 1)
        }
        return next
    }

    @Test("an answer ends the operation; without one it is sent again while there is time")
    func unanswered() {
        var attempts = Attempts()
        #expect(attempts.ended(.ok(1), of: Self.write, isLast: false) == .end(.ok(1)))
        for code in ClientErrorCode.allCases where !code.isDefinite {
            #expect(ended([code]) == .again)
            #expect(ended([code], isLast: true) == .end(.info(ClientError(code, "x"))))
            #expect(ended([code], Self.read, isLast: true) == .end(.fail(ClientError(code, "x"))))
        }
    }

    @Test("a definite answer is one only while no earlier attempt is in doubt")
    func definite() {
        for code in ClientErrorCode.allCases where code.isDefinite {
            #expect(ended([code], isLast: true) == .end(.fail(ClientError(code, "x"))))
            guard case .end(.info(let error))? = ended([.timeout, code], isLast: true) else {
                Issue.record("\(code.name) after a timeout is not in doubt")
                continue
            }
            #expect(error.code == .outcomeUnknown && error.message.contains(code.name))
        }
        // A comparison may have failed because of the earlier attempt; a node that does not serve tells nothing of it.
        #expect(ended([.casFailed]) == .end(.fail(ClientError(.casFailed, "x"))))
        #expect(ended([.timeout, .casFailed]) != .again)
        #expect(ended([.notSent]) == .again)
        #expect(ended([.timeout, .notConnected]) == .again)
        #expect(ended([.connectionLost, .noLeader]) == .again)
    }

    // MARK: The client

    private func client(_ address: NodeAddress, retryAfter: Duration? = .milliseconds(400)) -> RESPClient {
        RESPClient(
            process: 7, dialect: NodeDialect(), topology: Topology(["n1": address], leader: "n1"),
            options: RESPClientOptions(retryAfter: retryAfter), seed: 1)
    }

    private static let done = RESPValue.array([.simple("OK"), .array([.text("node"), .text("n1")])])

    /// Leaves the first requests without an answer.
    private static func deaf(to count: Int) -> FakeServer.Script {
        let seen = Mutex(0)
        return { _ in
            seen.withLock { seen in
                seen += 1
                return seen <= count ? .silence : .reply(done)
            }
        }
    }

    @Test("what nobody answers is sent again on another connection, under the same number")
    func sendsAgain() async throws {
        try await FakeServer.with(Self.deaf(to: 2)) { server, address in
            let client = self.client(address)
            let reply = await client.invoke(Self.write, deadline: .now + .seconds(20))
            #expect(reply.outcome == .ok(1))
            #expect(server.requests.map(\.connection) == [0, 1, 2])
            #expect(Set(server.requests.map(\.words)).count == 1)
            #expect(server.requests.first?.words.contains("7:1") == true)
            await client.close()
        }
    }

    @Test("without the option an operation is sent once")
    func sendsOnce() async throws {
        try await FakeServer.with(Self.deaf(to: 1)) { server, address in
            let client = self.client(address, retryAfter: nil)
            let reply = await client.invoke(Self.write, deadline: .now + .milliseconds(700))
            #expect(reply.error?.code == .timeout)
            #expect(server.requests.count == 1)
            await client.close()
        }
    }

    @Test("the time of all attempts is that of the operation")
    func timeIsOver() async throws {
        try await FakeServer.with({ _ in .silence }) { server, address in
            let client = self.client(address)
            let start = ContinuousClock.now
            // Long enough for a second attempt on a machine that is busy.
            let reply = await client.invoke(Self.write, deadline: .now + .seconds(5))
            #expect(reply.type == .info)
            #expect((.milliseconds(4900)...(.seconds(15))).contains(ContinuousClock.now - start))
            #expect((2...17).contains(server.requests.count))
            await client.close()
        }
    }

    @Test("a first attempt that is held arrives when it is released, with its own number")
    func held() async throws {
        try await FakeServer.with({ _ in .reply(Self.done) }) { server, address in
            let client = self.client(address)
            let deadline = ContinuousClock.now + .seconds(20)
            let late = OperationRequest(f: "write", key: "k", value: 1, hold: "late")
            #expect(await client.invoke(late, deadline: deadline).outcome == .ok(1))
            let newer = OperationRequest(f: "write", key: "k", value: 2)
            #expect(await client.invoke(newer, deadline: deadline).outcome == .ok(2))
            #expect(await client.release("late", deadline: deadline) == nil)
            let numbers = server.requests.map { $0.words.last }
            #expect(numbers == ["7:1", "7:2", "7:1"])
            #expect(await client.release("late", deadline: deadline) != nil)
            await client.close()
        }
    }
}
