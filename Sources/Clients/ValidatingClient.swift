import HistoryModel

/// Checks what another client is asked and what it answers, so that a wrong client cannot spoil a history unseen.
///
/// A request that makes no sense does not reach the client. A completion that does not belong to its request becomes
/// `invalid-completion`: `info`, because nobody knows what happened, or `fail` for a read.
public struct ValidatingClient: Client {
    private let client: any Client

    public init(_ client: any Client) { self.client = client }

    public func invoke(_ request: OperationRequest, deadline: ContinuousClock.Instant) async -> ClientReply {
        if let flaw = request.flaw {
            return ClientReply(.init(ClientError(.unsupported, flaw), of: request), node: request.node)
        }
        let reply = await client.invoke(request, deadline: deadline)
        guard let flaw = reply.flaw(of: request) else { return reply }
        let error = ClientError(.invalidCompletion, flaw)
        return ClientReply(.init(error, of: request), node: reply.node, meta: reply.meta)
    }

    public func release(_ name: String, deadline: ContinuousClock.Instant) async -> String? {
        await client.release(name, deadline: deadline)
    }

    public func close() async { await client.close() }
}

extension ClientReply {
    /// Why this cannot be the completion of a request, `nil` when it can.
    func flaw(of request: OperationRequest) -> String? {
        switch outcome {
        case .ok(let value): valueFlaw(value, request)
        case .fail(let error), .info(let error):
            outcome == .init(error, of: request)
                ? nil : "\(error.code.name) of a \(request.f) completes as \(type.rawValue)"
        }
    }

    private func valueFlaw(_ value: Value, _ request: OperationRequest) -> String? {
        switch request.function {
        case .read:
            return request.readsList == (value.list != nil)
                ? nil : "a read of a \(request.shape.rawValue) returns \(request.readsList ? "no" : "a") list"
        case .write where request.computed != nil: return value.isNull ? "an ok write tells nothing" : nil
        case .write, .cas, .add, .remove, .increment, .append, .open, .transfer, .reserve, .rejected:
            return value == request.value ? nil : "an ok \(request.f) repeats another value than it was given"
        case .txn:
            let keys = value.list?.map { $0.list?.dropFirst().first?.string }
            return keys == request.readKeys ? nil : "an ok txn has other keys than it was given"
        case .statement:
            return value.list == nil ? "an ok statement tells no rows" : nil
        case nil:
            return "no client knows the function '\(request.f)'"
        }
    }
}
