import Foundation
import HostProcesses
import Replication
import Testing

@testable import NodeRuntime

/// The programs as they are deployed: processes that can be killed.
@Suite("The programs", .serialized)
struct ProgramTests {
    static let products = Bundle.main.bundleURL.deletingLastPathComponent()

    static func program(_ name: String) -> String {
        let beside = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
        return beside.appendingPathComponent(name).path
    }

    /// A node as a process of its own; killed when it is dropped.
    final class Child {
        let process = Foundation.Process()
        let output = Pipe()

        init(_ arguments: [String], program: String = "node-single") throws {
            process.executableURL = URL(fileURLWithPath: ProgramTests.program(program))
            process.arguments = arguments
            process.standardOutput = output
            try process.run()
        }

        var readyLine: String {
            String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        }

        func kill9() {
            _ = kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
        }

        deinit { if process.isRunning { kill9() } }
    }

    static func arguments(_ cluster: Cluster, _ name: NodeName) throws -> [String] {
        func list(_ port: KeyPath<Cluster.Ports, Int>) throws -> String {
            try cluster.names.map { "\($0)=127.0.0.1:\(try #require(cluster.ports[$0])[keyPath: port])" }
                .joined(separator: ",")
        }
        let own = try #require(cluster.ports[name])
        return [
            "--id", name, "--cluster", "c", "--peers", try list(\.peer), "--clients", try list(\.client),
            "--client", "127.0.0.1:\(own.client)", "--peer", "127.0.0.1:\(own.peer)",
            "--admin", "unix:\(cluster.directory)/\(name).sock", "--data", cluster.data(name),
            "--role", name == "n1" ? "leader" : "follower", "--leader", "n1",
            "--log", "\(cluster.directory)/\(name).jsonl", "--pidfile", "\(cluster.directory)/\(name).pid",
        ]
    }

    static func control(_ cluster: Cluster, _ name: NodeName, _ words: String...) throws -> CommandOutput {
        try runCommand([program("nodectl"), "--socket", "\(cluster.directory)/\(name).sock"] + words)
    }

    @Test("kill -9 of the leader keeps all that it acknowledged, and the follower goes on with it")
    func killLeader() throws {
        let cluster = try Cluster(2)
        var leader = try Child(Self.arguments(cluster, "n1"))
        #expect(leader.readyLine.hasPrefix("READY id=n1 client=127.0.0.1:"))
        let follower = try Child(Self.arguments(cluster, "n2"))
        #expect(follower.readyLine.hasPrefix("READY id=n2"))
        let client = try cluster.client("n1")
        for round in 1...3 {
            for value in 1...10 { #expect(try client("SADD s \(round)-\(value)") == "1") }
            leader.kill9()
            leader = try Child(Self.arguments(cluster, "n1"))
            #expect(leader.readyLine.hasPrefix("READY"))
            #expect(try client("SMEMBERS s").split(separator: "\n").count == 10 * round)
        }
        let quiet = try Self.control(cluster, "n1", "quiesce")
        #expect(quiet.standardOutput.hasPrefix("{\"quiet\":true"))
        #expect(try cluster.client("n2")("SMEMBERS s").split(separator: "\n").count == 30)
    }

    @Test("nodectl power-cut answers and the process is gone; kill -9 loses what was not made durable, too")
    func powerCut() throws {
        let cluster = try Cluster(1)
        let arguments = try Self.arguments(cluster, "n1") + ["--disk", "buffered"]
        var node = try Child(arguments)
        #expect(node.readyLine.hasPrefix("READY"))
        let client = try cluster.client("n1")
        #expect(try client("SET x 1") == "OK")
        let output = try Self.control(cluster, "n1", "power-cut", "--torn")
        #expect(output.standardOutput == "{\"ok\":true,\"id\":\"n1\",\"torn\":false}\n")
        node.process.waitUntilExit()
        #expect(node.process.terminationReason == .uncaughtSignal)
        node = try Child(arguments + ["--fsync", "never"])
        #expect(node.readyLine.hasPrefix("READY"))
        #expect(try client("GET x") == "1")
        #expect(try client("SET x 2") == "OK")
        node.kill9()
        node = try Child(arguments)
        #expect(node.readyLine.hasPrefix("READY"))
        #expect(try client("GET x") == "1")
    }

    @Test("kill -9 of a follower: it catches up from where it was")
    func killFollower() throws {
        let cluster = try Cluster(2)
        let leader = try Child(Self.arguments(cluster, "n1"))
        _ = leader.readyLine
        var follower = try Child(Self.arguments(cluster, "n2"))
        _ = follower.readyLine
        let client = try cluster.client("n1")
        _ = try Self.control(cluster, "n1", "quiesce")
        _ = try client("SET a 1")
        _ = try Self.control(cluster, "n1", "quiesce")
        follower.kill9()
        _ = try client("SET b 2")
        follower = try Child(Self.arguments(cluster, "n2"))
        _ = follower.readyLine
        let quiet = try Self.control(cluster, "n1", "quiesce")
        #expect(quiet.standardOutput.hasPrefix("{\"quiet\":true"))
        #expect(try cluster.client("n2")("MGET a b") == "1\n2")
        #expect(!cluster.events("n2").contains("snapshot-installed"))
    }

    @Test("nodectl prints one line of JSON, and fails with a reason where there is one")
    func nodectl() throws {
        let cluster = try Cluster(2)
        let leader = try Child(Self.arguments(cluster, "n1"))
        _ = leader.readyLine
        _ = try cluster.client("n1")("SET x 1")
        for words in [["status"], ["info"], ["dump"], ["hash"], ["log", "1", "9"], ["gate", "list"]] {
            let output = try runCommand(
                [Self.program("nodectl"), "--socket", "\(cluster.directory)/n1.sock"] + words)
            #expect(output.status == 0, "\(words)")
            let data = Data(output.standardOutput.utf8)
            #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: data) }
        }
        #expect(
            try Self.control(cluster, "n1", "dump").standardOutput
                == "{\"id\":\"n1\",\"timeline\":1,\"lsn\":1,\"applied\":1,\"keys\":[[\"x\",\"1\"]]}\n")
        let refused = try Self.control(cluster, "n1", "promote")
        #expect(refused.status == 1)
        #expect(refused.standardOutput.hasPrefix("{\"error\":"))
        #expect(try Self.control(cluster, "n9", "status").status == 3)
    }

    @Test("a node ends with 0 when asked to, 2 for bad arguments, 71 for another's data")
    func exitCodes() throws {
        let cluster = try Cluster(2)
        let node = try Child(Self.arguments(cluster, "n1"))
        _ = node.readyLine
        let pid = try String(contentsOfFile: "\(cluster.directory)/n1.pid", encoding: .utf8)
        #expect(pid == "\(node.process.processIdentifier)\n")
        node.process.terminate()
        node.process.waitUntilExit()
        #expect(node.process.terminationStatus == 0)
        #expect(!FileManager.default.fileExists(atPath: "\(cluster.directory)/n1.pid"))
        let wrong = try runCommand([Self.program("node-single"), "--role", "king"])
        #expect(wrong.status == 2)
        #expect(wrong.standardError.hasPrefix("node-single: "))
        var words = try Self.arguments(cluster, "n1")
        words[3] = "other"
        let refused = try runCommand([Self.program("node-single")] + words)
        #expect(refused.status == 71)
        #expect(refused.standardError.contains("belongs to n1 of cluster c"))
    }
}
