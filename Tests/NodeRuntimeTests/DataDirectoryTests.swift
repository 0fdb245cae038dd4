import Foundation
import Replication
import Testing

@testable import NodeRuntime

@Suite("What is on disk")
struct DataDirectoryTests {
    /// A leader's directory with entries 1 to 5, its node stopped.
    static func filled() throws -> (cluster: Cluster, segment: String) {
        let cluster = try Cluster(1)
        try cluster.start("n1")
        for value in 1...5 { #expect(try cluster.client("n1")("SET k\(value) \(value)") == "OK") }
        try cluster.stop("n1")
        let names = try FileManager.default.contentsOfDirectory(atPath: cluster.data("n1"))
        let segment = try #require(names.first { $0.hasSuffix(".wal") })
        return (cluster, cluster.data("n1") + "/" + segment)
    }

    static func refusal(_ cluster: Cluster, _ change: (inout NodeOptions) -> Void = { _ in }) -> NodeError? {
        do {
            try cluster.start("n1", change: change)
            return nil
        } catch {
            return error as? NodeError
        }
    }

    @Test("a torn tail is cut off and reported, and everything before it is there", arguments: [1, 5, 20])
    func tornTail(lost: Int) throws {
        let (cluster, segment) = try Self.filled()
        let bytes = try Data(contentsOf: URL(fileURLWithPath: segment))
        try bytes.dropLast(lost).write(to: URL(fileURLWithPath: segment))
        try cluster.start("n1")
        #expect(try cluster.client("n1")("MGET k4 k5") == "4")
        try cluster.wait("reported") { cluster.events("n1").contains("torn tail") }
        #expect(try cluster.client("n1")("SET k6 6") == "OK")
        try cluster.stop("n1")
        try cluster.start("n1")
        #expect(try cluster.client("n1")("MGET k4 k6") == "4\n6")
    }

    @Test("a bad record with good ones behind it is refused")
    func badRecord() throws {
        let (cluster, segment) = try Self.filled()
        var bytes = try Data(contentsOf: URL(fileURLWithPath: segment))
        bytes[bytes.count / 2] ^= 0x10
        try bytes.write(to: URL(fileURLWithPath: segment))
        let refusal = Self.refusal(cluster)
        #expect(refusal?.code == .refusedData)
        #expect(refusal?.message.contains("bad record") == true)
    }

    @Test("a node with the bug that skips bad records starts without what stood there")
    func skippedRecord() throws {
        let (cluster, segment) = try Self.filled()
        var bytes = try Data(contentsOf: URL(fileURLWithPath: segment))
        bytes[bytes.count / 2] ^= 0x10
        try bytes.write(to: URL(fileURLWithPath: segment))
        #expect(Self.refusal(cluster)?.code == .refusedData)
        try cluster.start("n1") { $0.setting.mutants = [.skipBadRecord] }
        #expect(try cluster.client("n1")("MGET k1 k2 k3 k4 k5") == "1\n2\n\n4\n5")
    }

    @Test("a bad record in a segment that is not the last is refused even at its end")
    func badEarlierSegment() throws {
        let (cluster, segment) = try Self.filled()
        var bytes: [UInt8] = []
        let record = StoredRecord(timeline: 1, lsn: 6, kind: 0, payload: [])
        LogRecord.append(record, to: &bytes)
        let next = cluster.data("n1") + "/" + LogFiles.name(of: record.position)
        try Data(bytes).write(to: URL(fileURLWithPath: next))
        #expect(Self.refusal(cluster) == nil)
        try cluster.stop("n1")
        let whole = try Data(contentsOf: URL(fileURLWithPath: segment))
        try whole.dropLast(3).write(to: URL(fileURLWithPath: segment))
        #expect(Self.refusal(cluster)?.code == .refusedData)
    }

    @Test("a damaged state is refused")
    func badState() throws {
        let (cluster, _) = try Self.filled()
        let path = cluster.data("n1") + "/" + StateFile.name
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        bytes[bytes.count - 1] ^= 1
        try bytes.write(to: URL(fileURLWithPath: path))
        #expect(Self.refusal(cluster)?.message.contains("wrong checksum") == true)
    }

    @Test("a damaged snapshot is refused")
    func badSnapshot() throws {
        let (cluster, _) = try Self.filled()
        try cluster.start("n1")
        #expect(cluster.admin("n1", "snapshot").contains("ok"))
        try cluster.wait("saved") { cluster.events("n1").contains("snapshot-saved") }
        try cluster.stop("n1")
        let names = try FileManager.default.contentsOfDirectory(atPath: cluster.data("n1"))
        let path = cluster.data("n1") + "/" + (try #require(names.first { $0.hasPrefix("snap-") }))
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        bytes[bytes.count - 1] ^= 1
        try bytes.write(to: URL(fileURLWithPath: path))
        #expect(Self.refusal(cluster)?.code == .refusedData)
    }

    @Test("the directory of another cluster or node is refused")
    func others() throws {
        let (cluster, _) = try Self.filled()
        #expect(Self.refusal(cluster) { $0.setting.cluster = "other" }?.code == .refusedData)
        let options = try cluster.options("n1")
        var other = options
        other.setting = NodeSetting(name: "n2", cluster: "c", members: ["n1", "n2"])
        #expect { try DataDirectory(other) } throws: { ($0 as? NodeError)?.code == .refusedData }
        other = options
        other.design = PingDesign()
        #expect { try DataDirectory(other) } throws: { "\($0)".contains("written by node-single") }
        try FileManager.default.removeItem(atPath: cluster.data("n1") + "/node.control")
        #expect(Self.refusal(cluster)?.code == .refusedData)
    }

    @Test("a directory that is in use is refused")
    func inUse() throws {
        let (cluster, _) = try Self.filled()
        try cluster.start("n1")
        #expect(Self.refusal(cluster)?.message.contains("in use") == true)
    }

    @Test(
        "a command line that cannot be meant is refused with the option's name",
        arguments: [
            ("", "--id"), ("--id n1 --cluster c --peers n2=h:1", "--peers"), ("--bogus 1", "--bogus"),
            ("--id n1 --cluster c --peers n1=h:1 --ack count:1", "--ack"),
            ("--id n1 --cluster c --peers n1=h:1 --silence 1ms", "--silence"), ("--id", "--id"),
            ("--id n1 --cluster c --peers n1=h:1,n1=h:2", "--peers"), ("word", "word"),
            ("--id n1 --cluster c --peers n1=h:1 --client h:1 --peer h:2 --data d --gate sync", "--gate"),
            ("--id n1 --cluster c --peers n1=h:1 --client h:1 --peer h:2 --data d --delay apply=5", "--delay"),
            ("--id n1 --cluster c --peers n1=h:1 --client h:1 --peer h:2 --data d --leader n1", "--leader"),
            ("--id n1 --cluster c --peers n1=h:1 --client h:x", "--client"),
            ("--id n1 --cluster c --peers n1=h:1 --client h:1 --peer h:2 --data d --clock soon", "--clock"),
            (
                "--id n1 --cluster c --peers n1=h:1 --client h:1 --peer h:2 --data d --clock-mono strobe:1s/1s",
                "--clock-mono"
            ),
            ("--id n1 --cluster c --peers n1=h:1 --mutant M00", "--mutant"),
            ("--id n1 --cluster c --peers n1=h:1 --mutant M01,M99", "M99 (timeout-as-fail) is not in node-single"),
            (
                "--id n1 --cluster c --peers n1=h:1 --client h:1 --peer h:2 --data d --failpoint x=wait",
                "--failpoint"
            ),
        ])
    func commandLine(words: String, option: String) {
        #expect {
            try NodeCommandLine.options(
                words.split(separator: " ").map(String.init), of: SingleLeaderDesign.self)
        } throws: {
            ($0 as? NodeError)?.code == .badArguments && ($0 as? NodeError)?.message.contains(option) == true
        }
    }
}
