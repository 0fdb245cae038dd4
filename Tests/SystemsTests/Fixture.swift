@testable import Systems

/// Sites and plans for the tests of this target.
enum Fixture {
    static func site(_ name: String, _ number: Int, programs: [String: String] = [:]) -> NodeSite {
        NodeSite(
            name: name, host: name, address: "10.0.0.\(number)", clientPort: 7000, peerPort: 7001,
            stateDirectory: "/var/lib/inquest/run1/\(name)", runDirectory: "/run/inquest/run1", programs: programs)
    }

    static let programs = ["node-single": "/bin/ns", "nodectl": "/bin/ctl"]
    static let sites = (1...3).map { site("n\($0)", $0, programs: programs) }
    static let plan = ClusterPlan(name: "run1", sites: sites, leader: "n1", seed: 42)
}

/// A host that answers every command alike and remembers what it was asked.
actor RecordingHost: HostAccess {
    private(set) var commands: [[String]] = []
    private(set) var files: [String: String] = [:]
    private(set) var spawned: [ProcessSpec] = []
    private(set) var removed: [String] = []
    private let answer: ([String]) throws -> ExecResult

    init(_ answer: @escaping @Sendable ([String]) throws -> ExecResult) { self.answer = answer }

    init(printing text: String, status: Int32 = 0, error: String = "") {
        self.init { _ in
            ExecResult(status: status, standardOutput: Array(text.utf8), standardError: Array(error.utf8))
        }
    }

    func exec(_ argv: [String], input: [UInt8], deadline: Duration) async throws -> ExecResult {
        commands.append(argv)
        return try answer(argv)
    }

    func spawn(_ process: ProcessSpec, deadline: Duration) async throws { spawned.append(process) }
    func signal(_ name: String, _ signal: ProcessSignal) async throws {}
    func putFile(_ path: String, _ content: [UInt8], mode: UInt32) async throws {
        files[path] = String(decoding: content, as: UTF8.self)
    }
    func removeTree(_ path: String) async throws { removed.append(path) }
}
