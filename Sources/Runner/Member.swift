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

extension [String: Member] {
    /// Does something at once on those of the nodes that drop packets; each is tried even if another fails.
    func forEach(
        _ nodes: [String], dropping drops: (String) -> [Drop],
        _ body: @escaping @Sendable (Member, [Drop]) async throws -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for node in nodes {
                guard let member = self[node] else { continue }
                let drops = drops(node)
                // The speaker of a one-way cut drops nothing itself.
                if drops.isEmpty { continue }
                group.addTask { try await body(member, drops) }
            }
            var first: (any Error)?
            while let result = await group.nextResult() {
                if case .failure(let error) = result { first = first ?? error }
            }
            if let first { throw first }
        }
    }
}
