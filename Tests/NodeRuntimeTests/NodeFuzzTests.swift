import Foundation
import NodeRuntime
import Replication
import Testing

/// Bytes that mean nothing, from peers, disks and clients, to members of every design; `scripts/fuzz nodes` goes on for
/// longer.
@Suite("Members that get nonsense")
struct NodeFuzzTests {
    struct Setup: Sendable, CustomTestStringConvertible {
        var program: String
        var words: @Sendable (Int) -> [String]

        init(_ program: String, _ words: @escaping @Sendable (Int) -> [String]) {
            self.program = program
            self.words = words
        }

        init(_ program: String, _ words: String) {
            self.init(program) { _ in words.split(separator: " ").map(String.init) }
        }

        var testDescription: String { "\(program) \(words(0).joined(separator: " "))" }
    }

    private static func single(_ words: String) -> Setup {
        Setup("node-single") { place in
            (place == 0 ? ["--role", "leader"] : ["--role", "follower", "--leader", "n1"])
                + words.split(separator: " ").map(String.init)
        }
    }

    static let setups: [Setup] = [
        single("--ack async --retain 5"), single("--ack all --log-format wal"),
        single("--ack count:1 --log-format statement --apply-workers 4 --retain 1"),
        single("--partitions 4 --ack count:1 --retain 5 --snapshot-every 9"),
        Setup(
            "node-single", "--arbiters a1=127.0.0.1:7301 --ack set:1 --semi promote --ack-stage apply"),
        Setup("node-raft", "--snapshot-every 7 --retain 2"), Setup("node-raft", "--read lease --snapshot-every 3"),
        Setup("node-raft", "--read local --voters n1,n2"), Setup("node-chain", "--read craq"),
        Setup("node-chain", "--read any"), Setup("node-arbiter", "--nodes d1=127.0.0.1:7201,d2=127.0.0.1:7202"),
        Setup("node-quorum", "--repair blocking --version abd --snapshot-every 9"),
        Setup("node-quorum", "--repair async --version dvv --sloppy on --anti-entropy 100ms"),
        Setup("node-quorum", "--version hlc --gc-grace 1s --anti-entropy 100ms --snapshot-every 3"),
        Setup("node-multi", "--policy crdt"), Setup("node-multi", "--policy siblings --topology ring:n1,n2,n3"),
        Setup("node-multi", "--policy lww-hlc --topology star:n2 --causal off"),
        Setup("node-multi", "--devices n3:n1 --snapshot-every 5 --gc-grace 20ms"),
        Setup("node-multi", "--policy merge --home hash --centres east:n1+n3,west:n2"),
    ]

    @Test("they go on, end themselves or refuse to start, whatever comes", arguments: setups)
    func nonsense(_ setup: Setup) throws {
        let environment = ProcessInfo.processInfo.environment
        let first = environment["INQUEST_SEED"].flatMap { UInt64($0) } ?? 0
        let count = environment["INQUEST_HISTORIES"].flatMap { UInt64($0) } ?? 14
        let design = try #require(NodeDesigns.design(ofProgram: setup.program))
        var (damaged, answers, refusedDisks, largest) = (0, 0, 0, 0)
        for seed in first..<first + count {
            if let path = environment["INQUEST_FUZZ_STATE"] {
                try "\(seed) \(setup.testDescription)\n".write(toFile: path, atomically: false, encoding: .utf8)
            }
            var cluster = try FuzzedCluster(design, seed: seed, members: 3, words: setup.words)
            cluster.run(steps: 600)
            damaged += cluster.damaged
            answers += cluster.answers
            refusedDisks += cluster.refusedDisks
            largest = max(largest, cluster.largest)
        }
        #expect(damaged > Int(count) * 3, "\(damaged) damaged")
        #expect(answers > Int(count) || setup.program == "node-arbiter", "\(answers) answers")
        #expect(largest < 1 << 20, "\(largest) bytes at once")
    }

    @Test("every design is among them")
    func complete() {
        #expect(Set(NodeDesigns.all.map { $0.program }) == Set(Self.setups.map(\.program)))
    }
}
