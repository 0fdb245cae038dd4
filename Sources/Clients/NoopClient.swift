import HistoryModel

/// A client without a system: writes succeed and are forgotten, reads find nothing.
///
/// For tests of what stands above the clients, and for measuring the runner alone.
public struct NoopClient: Client {
    public init() {}

    public func invoke(_ request: OperationRequest, deadline: ContinuousClock.Instant) async -> ClientReply {
        if let flaw = request.flaw {
            return ClientReply(.init(ClientError(.unsupported, flaw), of: request), node: request.node)
        }
        let value: Value = request.function == .read && request.readsList ? [] : request.value
        return ClientReply(.ok(value), node: request.node)
    }

    public func close() async {}
}
