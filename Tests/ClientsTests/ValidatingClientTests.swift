import HistoryModel
import Testing

@testable import Clients

@Suite("The validating client")
struct ValidatingClientTests {
    /// Answers everything alike.
    private struct Fixed: Client {
        var reply: ClientReply
        func invoke(_ request: OperationRequest, deadline: ContinuousClock.Instant) async -> ClientReply { reply }
        func close() async {}
    }

    private static let write = OperationRequest(f: "write", key: "k", value: 1)
    private static let read = OperationRequest(f: "read", key: "k")
    private static let readSet = OperationRequest(f: "read", key: "k", shape: .set)
    private static let txn = OperationRequest(f: "txn", value: [["r", "a", nil], ["r", "b", nil]])

    private func reply(_ request: OperationRequest, _ outcome: ClientReply.Outcome) async -> ClientReply {
        await ValidatingClient(Fixed(reply: ClientReply(outcome, node: "n1"))).invoke(request, deadline: .now)
    }

    static let good: [(OperationRequest, ClientReply.Outcome)] = [
        (write, .ok(1)), (write, .fail(ClientError(.readOnly, ""))), (write, .info(ClientError(.timeout, ""))),
        (read, .ok(nil)), (read, .ok(5)), (read, .fail(ClientError(.timeout, ""))), (readSet, .ok([1, 2])),
        (txn, .ok([["r", "a", 1], ["r", "b", nil]])),
    ]

    @Test("a completion that belongs to its request passes", arguments: good)
    func passes(request: OperationRequest, outcome: ClientReply.Outcome) async {
        #expect(await reply(request, outcome) == ClientReply(outcome, node: "n1"))
    }

    static let bad: [(OperationRequest, ClientReply.Outcome)] = [
        (write, .ok(2)), (write, .fail(ClientError(.timeout, ""))), (write, .info(ClientError(.readOnly, ""))),
        (read, .info(ClientError(.timeout, ""))), (read, .ok([1])), (readSet, .ok(1)),
        (txn, .ok([["r", "b", 1], ["r", "a", nil]])), (txn, .ok([["r", "a", 1]])), (txn, .ok(nil)),
    ]

    @Test("one that does not becomes an invalid completion", arguments: bad)
    func caught(request: OperationRequest, outcome: ClientReply.Outcome) async {
        let reply = await reply(request, outcome)
        #expect(reply.error?.code == .invalidCompletion)
        #expect(reply.type == (request.isReadOnly ? .fail : .info))
    }

    @Test("a request without sense does not reach the client")
    func request() async {
        let reply = await reply(OperationRequest(f: "decrement", key: "k"), .ok(1))
        #expect(reply.outcome == .fail(ClientError(.unsupported, "no client knows the function 'decrement'")))
    }

    @Test("the client without a system passes it", arguments: [write, read, readSet, txn])
    func noop(request: OperationRequest) async {
        let reply = await ValidatingClient(NoopClient()).invoke(request, deadline: .now)
        #expect(reply.type == .ok)
    }
}
