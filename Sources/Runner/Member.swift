import AgentProtocol
import Systems

/// What the runner asks of a host's agent.
///
/// `AgentClient` answers over SSH; tests answer from a script.
protocol AgentCalls: Sendable {
    func call<Request: AgentRequest>(
        _ request: Request, deadline: Duration
    ) async throws(AgentError) -> Request.Reply
}

extension AgentClient: AgentCalls {}

extension AgentCalls {
    /// Asks with the usual deadline of 30 s.
    func call<Request: AgentRequest>(_ request: Request) async throws(AgentError) -> Request.Reply {
        try await call(request, deadline: .seconds(30))
    }
}

/// A node of the system under test and the agent on its host.
struct Member: Sendable {
    var site: NodeSite
    var agent: any AgentCalls
    /// The controller's address as this host sees it.
    var controllerAddress: String

    var name: String { site.name }
}
