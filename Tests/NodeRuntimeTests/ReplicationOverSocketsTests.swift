import Foundation
import Replication
import Testing

@testable import NodeRuntime

@Suite("Nodes over sockets and files", .serialized)
struct ReplicationOverSocketsTests {
    @Test("redis-cli writes at the leader and reads everywhere")
    func replicates() throws {
        let cluster = try Cluster(3)
        try cluster.startAll()
        let (leader, follower) = (try cluster.client("n1"), try cluster.client("n2"))
        #expect(try leader("PING") == "PONG")
        #expect(try leader("SET x 7") == "OK")
        #expect(try leader("GET x") == "7")
        #expect(try leader("CAS x 7 8") == "OK")
        #expect(try leader("CAS x 7 9").hasPrefix("FAIL CASFAIL"))
        #expect(try leader("SADD s b a c") == "3")
        #expect(try leader("SREM s c") == "1")
        try cluster.waitForEqualHashes(cluster.names)
        #expect(try follower("MGET x y") == "8")
        #expect(try follower("SMEMBERS s") == "a\nb")
        #expect(try follower("X GET x OPT id 1:2") == "8\nn2\nfollower\n1\n4\n2")
        #expect(try follower("SET x 9") == "MOVED 127.0.0.1:\(cluster.ports["n1"]?.client ?? 0)")
        #expect(try leader("INFO").contains("role:leader"))
        #expect(try leader("FLUSHALL").hasPrefix("ERR"))
        #expect(try leader("DEL x") == "1")
        #expect(try leader("GET x") == "")
    }

    @Test("a follower that was away catches up from its own position")
    func catchesUp() throws {
        let cluster = try Cluster(2)
        try cluster.startAll()
        let leader = try cluster.client("n1")
        _ = try leader("SET a 1")
        try cluster.waitForEqualHashes(cluster.names)
        try cluster.stop("n2")
        _ = try leader("SET b 2")
        try cluster.start("n2")
        try cluster.waitForEqualHashes(cluster.names)
        #expect(!cluster.events("n2").contains("snapshot-installed"))
        #expect(cluster.events("n2").contains("following from 1:1"))
    }

    @Test("a follower that the log no longer covers joins from a snapshot, and keeps it over a restart")
    func joinsFromSnapshot() throws {
        let cluster = try Cluster(2) { $0.single.configuration.retain = 5 }
        try cluster.startAll()
        let leader = try cluster.client("n1")
        try cluster.stop("n2", wiping: true)
        for value in 1...60 { _ = try leader("SET k\(value % 9) \(value)") }
        try cluster.start("n2")
        try cluster.waitForEqualHashes(cluster.names)
        // The event log has a thread of its own.
        try cluster.wait("both tell of the snapshot") {
            cluster.events("n2").contains("snapshot-installed") && cluster.events("n1").contains("snapshot-sent")
        }
        try cluster.stop("n1")
        try cluster.stop("n2")
        try cluster.start("n2")
        #expect(try cluster.client("n2")("GET k6") == "60")
    }

    @Test("a saved snapshot lets old segments go, and the node recovers from both")
    func snapshotAndSegments() throws {
        let cluster = try Cluster(1) { $0.single.configuration.retain = 10 }
        try cluster.start("n1")
        let client = try cluster.client("n1")
        let value = String(repeating: "v", count: 60_000)
        for index in 1...60 { _ = try client("SET k\(index % 3) \(value)\(index)") }
        let before = try FileManager.default.contentsOfDirectory(atPath: cluster.data("n1"))
        #expect(before.count { $0.hasSuffix(".wal") } >= 3)
        #expect(cluster.admin("n1", "snapshot").contains("\"ok\":true"))
        try cluster.wait("old segments are gone") {
            try FileManager.default.contentsOfDirectory(atPath: cluster.data("n1")).count { $0.hasSuffix(".wal") }
                < before.count { $0.hasSuffix(".wal") }
        }
        let hash = cluster.admin("n1", "hash")
        try cluster.stop("n1")
        try cluster.start("n1")
        #expect(cluster.admin("n1", "hash") == hash)
    }

    @Test("promotion: the others follow, the old leader is refused until it is wiped, clients are sent on")
    func promotes() throws {
        let cluster = try Cluster(3)
        try cluster.startAll()
        _ = try cluster.client("n1")("SET x 1")
        try cluster.waitForEqualHashes(cluster.names)
        // The old leader writes what nobody else gets, and is gone.
        #expect(cluster.admin("n1", "gate close ship:n2").contains("ok"))
        #expect(cluster.admin("n1", "gate close ship:n3").contains("ok"))
        #expect(try cluster.client("n1")("SET x lost") == "OK")
        try cluster.stop("n1")
        #expect(Field.number("timeline", cluster.admin("n2", "promote")) == 2)
        #expect(cluster.admin("n3", "follow n2").contains("\"leader\":\"n2\""))
        try cluster.wait("n2 answers reads") { try cluster.client("n2")("GET x") == "1" }
        #expect(try cluster.client("n2")("SET x 2") == "OK")
        #expect(try cluster.client("n3")("SET x 3").hasPrefix("MOVED"))
        try cluster.waitForEqualHashes(["n2", "n3"])
        try cluster.start("n1", leader: "n2")
        try cluster.wait("n1 is refused") { cluster.events("n1").contains("\"event\":\"diverged\"") }
        #expect(try cluster.client("n1")("GET x").hasPrefix("FAIL DIVERGED"))
        try cluster.stop("n1", wiping: true)
        try cluster.start("n1", leader: "n2")
        try cluster.waitForEqualHashes(["n2", "n3", "n1"])
        #expect(try cluster.client("n1")("GET x") == "2")
    }

    @Test("an order to lead outlives a restart with the same command line")
    func roleOutlivesRestart() throws {
        let cluster = try Cluster(2)
        try cluster.startAll()
        _ = try cluster.client("n1")("SET x 1")
        try cluster.waitForEqualHashes(cluster.names)
        try cluster.stop("n1")
        _ = cluster.admin("n2", "promote")
        try cluster.stop("n2")
        try cluster.start("n2")
        #expect(try cluster.client("n2")("SET x 2") == "OK")
    }

    @Test("policy all: a write without a follower is unknown at the deadline, and others do not see it")
    func stalls() throws {
        let cluster = try Cluster(3) { $0.single.configuration.ack = .all }
        try cluster.startAll()
        let leader = try cluster.client("n1")
        #expect(try leader("SET x 1") == "OK")
        try cluster.stop("n3")
        #expect(try leader("SET x 2").hasPrefix("INFO STALLED"))
        #expect(try leader("GET x") == "1")
        #expect(try leader("CAS x 1 5").hasPrefix("FAIL TIMEOUT"))
        try cluster.start("n3")
        try cluster.wait("the write is acknowledged late") { try leader("GET x") == "2" }
        #expect(try leader("SET x 3") == "OK")
    }

    @Test("gates over the admin socket: applied state only, then all of it")
    func gates() throws {
        let cluster = try Cluster(2)
        try cluster.start("n1")
        try cluster.start("n2") { $0.single.closedGates = [.apply] }
        try cluster.wait("connected") { cluster.events("n1").contains("follows from") }
        _ = try cluster.client("n1")("SET x 1")
        try cluster.wait("durable at n2") { Field.number("flushed", cluster.admin("n2", "status")) == 1 }
        #expect(try cluster.client("n2")("GET x") == "")
        #expect(cluster.admin("n2", "gate list") == "{\"gates\":[\"apply\"]}")
        #expect(cluster.admin("n2", "gate open apply").contains("ok"))
        #expect(try cluster.client("n2")("GET x") == "1")
        #expect(cluster.admin("n2", "delay apply 50..100ms").contains("ok"))
        #expect(cluster.admin("n2", "status").contains("\"delays\":{\"apply\":\"50..100ms\"}"))
        #expect(cluster.admin("n2", "gate close nonsense").contains("error"))
        #expect(cluster.admin("n2", "follow n9").contains("error"))
    }

    @Test("requests sent without waiting are answered in order, and each read sees the writes before it")
    func pipelining() throws {
        let cluster = try Cluster(1)
        try cluster.start("n1")
        var connection = try RawConnection(port: try #require(cluster.ports["n1"]).client)
        defer { connection.close() }
        let lines = (1...300).map { "SET x \($0)\r\nSET y \($0)\r\nGET x\r\n" }.joined()
        let expected = (1...300).map { "+OK\r\n+OK\r\n$\(String($0).count)\r\n\($0)\r\n" }.joined()
        try connection.write(lines)
        #expect(try connection.read(expected.utf8.count) == expected)
    }

    @Test("bytes that are no RESP2 get an error and the end of the connection")
    func hostile() throws {
        let cluster = try Cluster(1)
        try cluster.start("n1")
        var connection = try RawConnection(port: try #require(cluster.ports["n1"]).client)
        defer { connection.close() }
        try connection.write("*2\r\n$-7\r\n")
        #expect(try connection.readToEnd().hasPrefix("-ERR protocol"))
        var peer = try RawConnection(port: try #require(cluster.ports["n1"]).peer)
        defer { peer.close() }
        try peer.write("GET / HTTP/1.1\r\n\r\n")
        #expect(try peer.readToEnd() == "")
        try cluster.wait("noted") { cluster.events("n1").contains("bad-frame") }
        #expect(try cluster.client("n1")("PING") == "PONG")
    }

    @Test(
        "a connection that swallows everything is given up and replication goes on within about a second of healing"
    )
    func blackhole() throws {
        let cluster = try Cluster(2)
        let proxy = try BlackholeProxy(to: try #require(cluster.ports["n1"]).peer)
        defer { proxy.stop() }
        try cluster.start("n1")
        try cluster.start("n2") { $0.peerAddresses["n1"] = NodeEndpoint(host: "127.0.0.1", port: proxy.port) }
        _ = try cluster.client("n1")("SET x 1")
        try cluster.waitForEqualHashes(cluster.names)
        proxy.setSwallowing(true)
        _ = try cluster.client("n1")("SET x 2")
        try cluster.wait("both ends hang up") {
            cluster.events("n1").contains("nothing heard") && cluster.events("n2").contains("nothing heard")
        }
        #expect(try cluster.client("n2")("GET x") == "1")
        let healed = Date.now
        proxy.setSwallowing(false)
        try cluster.waitForEqualHashes(cluster.names)
        #expect(Date.now.timeIntervalSince(healed) < 2.5, "a fresh dial takes at most a silence and a retry")
        #expect(try cluster.client("n2")("GET x") == "2")
    }
}
