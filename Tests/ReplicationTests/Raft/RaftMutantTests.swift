import Testing

@testable import Replication

/// A course of events in which one bug of `Mutant` breaks a promise; without the bug nothing may be found.
struct RaftScenario: Sendable, CustomTestStringConvertible {
    let mutant: Mutant
    /// Runs it and says what went wrong.
    let flaws: @Sendable (Set<Mutant>) -> [String]

    var testDescription: String { "\(mutant.id) \(mutant.name)" }

    init(_ mutant: Mutant, _ flaws: @escaping @Sendable (Set<Mutant>) -> [String]) {
        self.mutant = mutant
        self.flaws = flaws
    }
}

@Suite("Bugs of Raft, each with the events that expose it")
struct RaftMutantTests {
    static let scenarios = elections + commitments + readings + logs + members

    @Test("the bug breaks a promise", arguments: scenarios)
    func breaks(scenario: RaftScenario) {
        let flaws = scenario.flaws([scenario.mutant])
        #expect(!flaws.isEmpty, "\(scenario.mutant.name) went unnoticed")
    }

    @Test("without the bug the same events break nothing", arguments: scenarios)
    func control(scenario: RaftScenario) {
        let flaws = scenario.flaws([])
        #expect(flaws.isEmpty, "\(flaws)")
    }

    @Test("every bug of Raft has its events")
    func isComplete() {
        let wanted = Mutant.allCases.filter { (40...55).contains(Int($0.id.dropFirst()) ?? 0) }
        #expect(Self.scenarios.map(\.mutant.id).sorted() == wanted.map(\.id))
    }

    // MARK: Votes

    static let elections = [
        RaftScenario(.voteNotPersisted) { mutants in
            votesTwice(mutants) { cluster in
                cluster.order("n3", .failpoint("raft.vote.afterSend", .crash))
            }
        },
        RaftScenario(.termNotPersisted) { mutants in votesTwice(mutants) { _ in } },
        RaftScenario(.voteWithoutLogCheck) { mutants in
            var cluster = RaftCluster(3, mutants: mutants)
            cluster.close(["ship:n3"], at: "n1")
            cluster.write("n1", "x", "1")
            cluster.crash("n1")
            _ = cluster.elect("n3")
            let value = cluster.settled("x")
            return cluster.broken + (value == "1" ? [] : ["x is \(value ?? "gone")"])
        },
        RaftScenario(.quorumHalf) { mutants in
            var cluster = RaftCluster(4, mutants: mutants)
            cluster.cut(["n1", "n2"], ["n3", "n4"])
            _ = cluster.set("n1", "x", "1")
            cluster.run(milliseconds: 3000)
            return cluster.broken
        },
    ]

    /// One member votes, restarts, and is asked by another candidate in the same term.
    private static func votesTwice(_ mutants: Set<Mutant>, _ prepare: (inout RaftCluster) -> Void) -> [String] {
        var cluster = RaftCluster(3, mutants: mutants)
        prepare(&cluster)
        cluster.isolate("n3")
        cluster.keep = { from, _, _ in from == "n3" }
        let term = (cluster.core("n3")?.term ?? 0) + 5
        for candidate in ["n1", "n2"] {
            let last = Position(timeline: term - 1, lsn: 100)
            let ask = RaftMessage(term: term, body: .askVote(last: last, isForced: false)).encoded
            cluster.step("n3", .received(from: candidate, ask))
            cluster.run(milliseconds: 20)
            cluster.crash("n3", keeping: 0)
            cluster.start("n3")
            cluster.run(milliseconds: 20)
        }
        let votes = cluster.kept.filter { kept in
            (try? RaftMessage(decoding: kept.message))?.body == .voteAnswer(isGranted: true)
        }
        return Set(votes.map(\.to)).count > 1 ? ["n3 votes for two in term \(term)"] : []
    }

    // MARK: What is committed

    static let commitments = [
        RaftScenario(.commitOldTermByCount) { mutants in
            var cluster = RaftCluster(5, mutants: mutants)
            let all = ["ship:n1", "ship:n2", "ship:n3", "ship:n4", "ship:n5"]
            // An entry of the first term on two of five.
            cluster.cut(["n1", "n2"], ["n3", "n4", "n5"])
            _ = cluster.set("n1", "x", "1")
            cluster.run(milliseconds: 100)
            cluster.crash("n1")
            // Another one in its place, at the leader of the second term alone.
            cluster.close(all, at: "n5")
            guard cluster.elect("n5") else { return ["n5 is not elected"] }
            cluster.run(milliseconds: 100)
            cluster.crash("n5")
            // The first leader comes back and brings the old entry, and nothing of its new term, to a majority.
            cluster.cuts = []
            cluster.start("n1")
            cluster.isolate("n4")
            cluster.close(all, at: "n1")
            guard cluster.elect("n1") else { return ["n1 is not elected again"] }
            cluster.run(milliseconds: 300)
            cluster.crash("n1")
            cluster.cuts = []
            cluster.start("n5")
            guard cluster.elect("n5") else { return ["n5 is not elected again"] }
            cluster.run(milliseconds: 1000)
            return cluster.broken
        },
        RaftScenario(.replyBeforeCommit) { mutants in
            var cluster = RaftCluster(3, mutants: mutants)
            cluster.isolate("n1")
            let id = cluster.set("n1", "x", "1")
            cluster.run(milliseconds: 100)
            _ = cluster.elect("n2")
            let value = cluster.settled("x")
            return cluster.answers[id]?.answer.reply == .ok && value != "1"
                ? ["x=1 was acknowledged and is gone"] : []
        },
        RaftScenario(.applyUncommitted) { mutants in
            var cluster = RaftCluster(5, mutants: mutants)
            cluster.cut(["n1", "n2"], ["n3", "n4", "n5"])
            _ = cluster.set("n1", "x", "1")
            cluster.run(milliseconds: 100)
            let seen = cluster.get("n2", "x", "local")
            cluster.crash("n1")
            _ = cluster.elect("n3")
            cluster.run(milliseconds: 500)
            let value = cluster.settled("x")
            return seen == "1" && value != "1" ? ["a reader saw x=1, which was never committed"] : []
        },
    ]

    // MARK: Reads

    static let readings = [
        RaftScenario(.staleLeaderRead) { mutants in
            staleRead(mutants, "readindex") {
                $0.checkQuorum = false
            } before: { _ in
            } after: { _ in
            }
        },
        RaftScenario(.leaseWallClock) { mutants in
            staleRead(mutants, "lease") {
                $0.checkQuorum = true
            } before: { _ in
            } after: { cluster in
                cluster.hosts["n1"]?.wallOffset -= 10_000_000_000
            }
        },
        RaftScenario(.readindexNoNoop) { mutants in
            var cluster = RaftCluster(3, mutants: mutants)
            cluster.write("n1", "x", "1")
            cluster.run(milliseconds: 200)
            // The second write is acknowledged, and only its leader knows that it is committed.
            cluster.write("n1", "x", "2")
            cluster.isolate("n1")
            cluster.close(["ship:n3", "ship:n1"], at: "n2")
            guard cluster.elect("n2") else { return ["n2 is not elected"] }
            let value = cluster.get("n2", "x", "readindex")
            return value == "1" ? ["x=1 was read after x=2 had been written"] : []
        },
        RaftScenario(.readindexOldHeartbeat) { mutants in
            staleRead(mutants, "readindex") { _ in
            } before: { cluster in
                cluster.close(["ack:n2", "ack:n3"], at: "n1")
                cluster.run(milliseconds: 200)
            } after: { cluster in
                cluster.order("n1", .delay("ack:n2", nil))
            } asked: { cluster in
                cluster.open(["ack:n2", "ack:n3"], at: "n1")
            }
        },
    ]

    /// The leader is cut off, another one takes a write, and the old one is asked for the value.
    private static func staleRead(
        _ mutants: Set<Mutant>, _ policy: String, configure: (inout RaftConfiguration) -> Void,
        before: (inout RaftCluster) -> Void, after: (inout RaftCluster) -> Void,
        asked: (inout RaftCluster) -> Void = { _ in }
    ) -> [String] {
        var cluster = RaftCluster(3, mutants: mutants, configure: configure)
        cluster.write("n1", "x", "1")
        cluster.run(milliseconds: 200)
        before(&cluster)
        cluster.isolate("n1")
        after(&cluster)
        guard cluster.run(until: { $0.core("n2")?.role == .leader || $0.core("n3")?.role == .leader }),
            let leader = cluster.leader
        else { return ["nobody is elected"] }
        cluster.write(leader, "x", "2")
        let id = cluster.request("n1", .get(key: Array("x".utf8)), policy: policy)
        asked(&cluster)
        _ = cluster.run(atMost: 1000) { $0.answers[id] != nil }
        return cluster.answers[id]?.answer.reply == .value(Array("1".utf8))
            ? ["x=1 was read after x=2 was written"] : []
    }

    // MARK: Logs and snapshots

    static let logs = [
        RaftScenario(.truncateAlways) { mutants in
            var cluster = RaftCluster(3, mutants: mutants)
            cluster.isolate("n3")
            cluster.keep = { from, to, message in from == "n1" && to == "n2" && holdsEntries(message) }
            _ = cluster.set("n1", "x", "1")
            let late = cluster.kept
            cluster.release()
            cluster.run(milliseconds: 100)
            cluster.write("n1", "x", "2")
            for message in late { cluster.step("n2", .received(from: "n1", message.message)) }
            cluster.run(milliseconds: 20)
            cluster.crash("n1", keeping: 0)
            cluster.cuts = []
            _ = cluster.elect("n2")
            cluster.run(milliseconds: 500)
            let value = cluster.settled("x")
            return cluster.broken + (value == "2" ? [] : ["x=2 was acknowledged, and x is \(value ?? "gone")"])
        },
        RaftScenario(.noPrevlogCheck) { mutants in
            var cluster = RaftCluster(3, mutants: mutants)
            cluster.keep = { from, to, message in from == "n1" && to == "n2" && holdsEntries(message) }
            cluster.write("n1", "x", "1")
            cluster.keep = nil
            cluster.write("n1", "y", "1")
            cluster.run(milliseconds: 500)
            return cluster.broken
        },
        RaftScenario(.oldSnapshotWins) { mutants in
            var cluster = RaftCluster(3, mutants: mutants)
            cluster.isolate("n3")
            cluster.write("n1", "x", "1")
            cluster.order("n1", .snapshot)
            cluster.run(milliseconds: 100)
            let part = RaftMessage.Kind.snapshotPart.rawValue
            cluster.keep = { _, to, message in to == "n3" && message.kind == part }
            cluster.cuts = []
            cluster.run(milliseconds: 100)
            let late = cluster.kept
            cluster.release()
            cluster.run(milliseconds: 300)
            cluster.write("n1", "x", "2")
            cluster.run(milliseconds: 300)
            let before = cluster.get("n3", "x", "local")
            for message in late { cluster.step("n3", .received(from: "n1", message.message)) }
            // Before the leader finds out what it lost, and sends it again.
            cluster.run(milliseconds: 1)
            let after = cluster.get("n3", "x", "local")
            if late.isEmpty || before != "2" { return ["n3 got no snapshot or did not catch up"] }
            return after == "2" ? [] : ["n3 showed x=2 and then x=\(after ?? "?")"]
        },
    ]

    private static func holdsEntries(_ message: PeerMessage) -> Bool {
        guard case .append(let append)? = (try? RaftMessage(decoding: message))?.body else { return false }
        return !append.entries.isEmpty
    }

    // MARK: Members and sessions

    static let members = [
        RaftScenario(.twoConfigChanges) { mutants in
            var cluster = RaftCluster(3, mutants: mutants)
            cluster.isolate("n1")
            cluster.order("n1", .member(.remove("n3")))
            cluster.order("n1", .member(.remove("n2")))
            _ = cluster.set("n1", "x", "1")
            cluster.run(milliseconds: 100)
            _ = cluster.elect("n2")
            cluster.run(milliseconds: 500)
            return cluster.broken
        },
        RaftScenario(.noDedup) { mutants in
            var cluster = RaftCluster(3, mutants: mutants)
            let identity = CallIdentity(client: 1, sequence: 1)
            for _ in 0..<2 {
                _ = cluster.request("n1", .increment(key: Array("x".utf8), by: 1), identity: identity)
                cluster.run(milliseconds: 100)
            }
            let value = cluster.settled("x")
            return value == "1" ? [] : ["one increment made x \(value ?? "absent")"]
        },
    ]
}
