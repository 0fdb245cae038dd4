import Foundation
import HostProcesses
import Replication
import Synchronization
import Testing

@testable import NodeRuntime

/// Nodes of this process on loopback ports, with directories of their own that go with them.
final class Cluster: Sendable {
    struct Ports: Sendable {
        var client: Int
        var peer: Int
    }

    let directory: String
    let names: [NodeName]
    let ports: [NodeName: Ports]
    private let configure: @Sendable (inout NodeOptions) -> Void
    private let running: Mutex<[NodeName: NodeServer]> = Mutex([:])

    init(_ count: Int, configure: @escaping @Sendable (inout NodeOptions) -> Void = { _ in }) throws {
        directory = NSTemporaryDirectory() + "inquest-node-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        names = (1...count).map { "n\($0)" }
        let free = FreePorts.take(2 * count)
        var ports: [NodeName: Ports] = [:]
        for (index, name) in names.enumerated() {
            ports[name] = Ports(client: free[2 * index], peer: free[2 * index + 1])
        }
        self.ports = ports
        self.configure = configure
    }

    deinit {
        for server in running.withLock({ $0.values }) { server.stop() }
        try? FileManager.default.removeItem(atPath: directory)
    }

    func data(_ name: NodeName) -> String { "\(directory)/\(name)" }

    func options(_ name: NodeName, leader: NodeName = "n1") throws -> NodeOptions {
        let own = try #require(ports[name])
        var configuration = SingleLeaderConfiguration(name: name, cluster: "c", members: names)
        configuration.ackTimeout = 500_000_000
        let design = SingleLeaderDesign(configuration, role: name == leader ? .leader : .follower, leader: leader)
        var options = NodeOptions(
            NodeSetting(name: name, cluster: "c", members: names), design,
            client: NodeEndpoint(host: "127.0.0.1", port: own.client),
            peer: NodeEndpoint(host: "127.0.0.1", port: own.peer), dataDirectory: data(name))
        for (name, ports) in ports {
            options.peerAddresses[name] = NodeEndpoint(host: "127.0.0.1", port: ports.peer)
            options.clientAddresses[name] = NodeEndpoint(host: "127.0.0.1", port: ports.client)
        }
        options.adminSocket = "\(directory)/\(name).sock"
        options.eventLog = "\(directory)/\(name).jsonl"
        configure(&options)
        return options
    }

    @discardableResult
    func start(
        _ name: NodeName, leader: NodeName = "n1", change: (inout NodeOptions) -> Void = { _ in }
    ) throws -> NodeServer {
        var options = try options(name, leader: leader)
        change(&options)
        let server = try launch(options)
        running.withLock { $0[name] = server }
        return server
    }

    /// A child that another test is just starting may hold this test's closed socket until it runs its program.
    func launch(
        _ options: NodeOptions, onFailure: @escaping @Sendable (NodeError) -> Void = { Issue.record("\($0)") }
    ) throws -> NodeServer {
        for _ in 0..<150 {
            do {
                return try NodeServer.start(options, onFailure: onFailure)
            } catch {
                guard error.code == .cannotStart else { throw error }
                usleep(20_000)
            }
        }
        return try NodeServer.start(options, onFailure: onFailure)
    }

    /// Starts all, and waits until the followers have met their leader: one that comes later gets a snapshot.
    func startAll() throws {
        for name in names { try start(name) }
        try wait("all are ready") {
            names.allSatisfy { admin($0, "status").contains("\"readiness\":\"ready\"") }
        }
    }

    func stop(_ name: NodeName, wiping: Bool = false) throws {
        running.withLock { $0.removeValue(forKey: name) }?.stop()
        if wiping { try FileManager.default.removeItem(atPath: data(name)) }
    }

    func admin(_ name: NodeName, _ words: String) -> String {
        running.withLock { $0[name] }?.admin(words.split(separator: " ").map(String.init)) ?? "down"
    }

    func events(_ name: NodeName) -> String {
        (try? String(contentsOfFile: "\(directory)/\(name).jsonl", encoding: .utf8)) ?? ""
    }

    func client(_ name: NodeName) throws -> RedisCLI {
        RedisCLI(port: try #require(ports[name]).client)
    }

    /// Waits until a condition holds; says what it waited for when it does not.
    func wait(
        _ what: String, seconds: Double = 10, location: SourceLocation = #_sourceLocation,
        until condition: () throws -> Bool
    ) throws {
        let end = Date.now.addingTimeInterval(seconds)
        while Date.now < end {
            if try condition() { return }
            usleep(5000)
        }
        Issue.record("waited \(seconds) s in vain: \(what)", sourceLocation: location)
    }

    /// Waits until all running nodes hold the same.
    func waitForEqualHashes(_ nodes: [NodeName], location: SourceLocation = #_sourceLocation) throws {
        try wait("equal hashes at \(nodes)", location: location) {
            let hashes = nodes.map { admin($0, "hash").split(separator: "\"hash\":").last }
            let isApplied = nodes.allSatisfy {
                Field.number("applied", admin($0, "status")) == Field.number("lsn", admin(nodes[0], "status"))
            }
            return isApplied && Set(hashes).count == 1
        }
    }
}

extension NodeOptions {
    /// What `node-single` is told.
    var single: SingleLeaderDesign {
        get {
            guard let design = design as? SingleLeaderDesign else { preconditionFailure("another design") }
            return design
        }
        set { design = newValue }
    }
}

/// Debian's redis-cli as the client: what it says, without its newline.
struct RedisCLI {
    var port: Int

    func callAsFunction(_ words: String) throws -> String {
        let arguments = ["redis-cli", "-p", "\(port)"] + words.split(separator: " ").map(String.init)
        let output = try runCommand(arguments, deadlineSeconds: 10)
        return output.standardOutput.trimmingCharacters(in: .whitespacesAndNewlines)
    }
}

/// Numbers and texts out of a flat line of JSON.
enum Field {
    static func number(_ name: String, _ json: String) -> Int? {
        guard let range = json.range(of: "\"\(name)\":") else { return nil }
        return Int(json[range.upperBound...].prefix { $0.isNumber })
    }
}

/// Loopback ports that nobody uses at the moment, all different.
///
/// They lie below the range from which the kernel gives ports to outgoing connections: one of those could take a
/// port while its node is down.
enum FreePorts {
    private static let next: Atomic<Int> = Atomic(Int(getpid()) * 97 % 20_000)

    static func take(_ count: Int) -> [Int] {
        var ports: [Int] = []
        for _ in 0..<20_000 where ports.count < count {
            let port = 10_000 + next.wrappingAdd(1, ordering: .relaxed).oldValue % 20_000
            if isFree(port) { ports.append(port) }
        }
        return ports
    }

    private static func isFree(_ port: Int) -> Bool {
        let file = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(file) }
        return unsafe RawConnection.call(port) { unsafe bind(file, $0, $1) } == 0
    }
}
