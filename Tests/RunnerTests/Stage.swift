import Clients
import Determinism
import Faults
import Foundation
import HistoryModel
import RunStore
import Systems
import Testing

@testable import Runner

/// Everything between a plan and its hosts, with hosts and system that are only pretended.
struct Stage {
    let hosts: FakeHosts
    let system = FakeSystem()
    let recorder = Recorder(clock: RunClock())
    let problems = Problems()
    let control: ClusterControl
    let nemesis: Nemesis

    /// Three started nodes, n1 leading, while the body runs.
    static func with(_ body: (Stage) async throws -> Void) async throws {
        let path = NSTemporaryDirectory() + "inquest-runner-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let stage = try Stage(path)
        try await stage.control.startAll()
        try await body(stage)
    }

    private init(_ path: String) throws {
        hosts = FakeHosts()
        let members = hosts.members
        let sites = members.values.map(\.site).sorted { $0.name < $1.name }
        control = ClusterControl(
            members: members, system: system,
            plan: ClusterPlan(name: "c", sites: sites, leader: "n1", seed: 1), recorder: recorder)
        nemesis = Nemesis(
            control: control, recorder: recorder, writer: try FaultsWriter(path: path), problems: problems,
            random: .named("faults", seed: 1))
    }

    func start(_ kind: FaultKind, _ target: Target, _ id: String = "f", end: FaultEnd = .lastPhase) async {
        await nemesis.start(
            PlannedFault(id: id, kind: kind, target: target, at: .zero, end: end), as: id, plannedAt: 0)
    }

    func outcome(_ id: String = "f") async -> FaultRecord.Outcome? {
        await nemesis.records.last { $0.id == id }?.outcome
    }

    func worker(
        _ place: Int = 0, of clients: Int = 1, _ reply: @escaping @Sendable (OperationRequest) -> ClientReply
    ) -> Worker {
        Worker(place: place, clients: clients, timeout: .seconds(1), recorder: recorder, loop: ClientLoop.next()) {
            _ in
            ScriptedClient(reply: reply)
        }
    }
}

/// A client that answers what it is told.
struct ScriptedClient: Client {
    var reply: @Sendable (OperationRequest) -> ClientReply

    func invoke(_ request: OperationRequest, deadline: ContinuousClock.Instant) async -> ClientReply {
        reply(request)
    }

    func close() async {}
}
