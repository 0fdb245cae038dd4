import Foundation
import Replication
import Testing

@testable import NodeRuntime

@Suite("Power cuts", .serialized)
struct PowerCutTests {
    /// A node of its own whose failures are counted, `n1` of a cluster of one.
    final class Node {
        let cluster: Cluster
        let server: NodeServer

        init(_ cluster: Cluster, _ change: (inout NodeOptions) -> Void = { _ in }) throws {
            self.cluster = cluster
            var options = try cluster.options("n1")
            options.disk = .buffered
            change(&options)
            server = try cluster.launch(options) { #expect($0.code == .crashed) }
        }

        func get(_ key: String) throws -> String { try cluster.client("n1")("GET \(key)") }
        func set(_ key: String, _ value: String) throws -> String {
            try cluster.client("n1")("SET \(key) \(value)")
        }
    }

    @Test("what was made durable is there after a power cut, and nothing else", arguments: [true, false])
    func keeps(isSyncing: Bool) throws {
        let cluster = try Cluster(1)
        let node = try Node(cluster) { $0.isSyncing = isSyncing }
        for value in 1...5 { #expect(try node.set("k", "\(value)") == "OK") }
        try node.server.cutPower(torn: false)
        node.server.stop()
        let again = try Node(cluster)
        #expect(try again.get("k") == (isSyncing ? "5" : ""))
        again.server.stop()
    }

    @Test("a node that is asked to stop leaves everything behind, durable or not")
    func stops() throws {
        let cluster = try Cluster(1)
        let node = try Node(cluster) { $0.isSyncing = false }
        #expect(try node.set("k", "1") == "OK")
        node.server.stop()
        let again = try Node(cluster)
        #expect(try again.get("k") == "1")
        again.server.stop()
    }

    @Test(
        "with a closed fsync gate nothing is answered; a torn record is left, reported and cut off",
        arguments: [true, false])
    func tears(isTorn: Bool) throws {
        let cluster = try Cluster(1)
        let node = try Node(cluster)
        #expect(try node.set("k", "1") == "OK")
        #expect(node.server.admin(["gate", "close", "fsync"]).contains("ok"))
        #expect(node.server.admin(["gate", "list"]) == "{\"gates\":[\"fsync\"]}")
        var connection = try RawConnection(port: try #require(cluster.ports["n1"]).client)
        try connection.write("SET k 2\r\nSET k 3\r\n")
        try cluster.wait("appended") { Field.number("lsn", node.server.admin(["status"])) == 3 }
        #expect(Field.number("flushed", node.server.admin(["status"])) == 1)
        try node.server.cutPower(torn: isTorn)
        connection.close()
        node.server.stop()
        let again = try Node(cluster)
        #expect(try again.get("k") == "1")
        #expect(try again.set("k", "4") == "OK")
        // Events are on their way to the file until the node has stopped.
        again.server.stop()
        #expect(cluster.events("n1").contains("torn tail") == isTorn)
    }

    @Test("an fsync gate that opens lets go what waited, in order")
    func opens() throws {
        let cluster = try Cluster(1)
        let node = try Node(cluster) { $0.isFsyncClosed = true }
        var connection = try RawConnection(port: try #require(cluster.ports["n1"]).client)
        defer { connection.close() }
        try connection.write("SET k 1\r\nSET k 2\r\n")
        try cluster.wait("appended") { Field.number("lsn", node.server.admin(["status"])) == 2 }
        #expect(node.server.admin(["gate", "open", "fsync"]).contains("ok"))
        #expect(try connection.read(10) == "+OK\r\n+OK\r\n")
        #expect(try node.get("k") == "2")
        node.server.stop()
    }

    @Test("a kernel that has everything cannot lose it: the order is refused")
    func refused() throws {
        let cluster = try Cluster(1)
        let node = try Node(cluster) { $0.disk = .real }
        #expect { try node.server.cutPower(torn: false) } throws: { "\($0)".contains("--disk buffered") }
        #expect(try node.set("k", "1") == "OK")
        node.server.stop()
    }
}
