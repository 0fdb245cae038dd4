import Testing

@testable import Replication

@Suite("What members of Raft say of their votes")
struct RaftVoteTests {
    private func votes(_ effects: [ReplicaEffect]) -> [String] {
        effects.compactMap { effect in
            guard case .record(let event) = effect, event.kind == "vote" else { return nil }
            return "\(event.peer ?? "") \(event.detail)"
        }
    }

    @Test("a candidate's vote for itself is told when it is durable, and once")
    func own() throws {
        var configuration = RaftConfiguration(name: "n1", cluster: "c", members: ["n1", "n2", "n3"])
        configuration.preVote = false
        var member = try RaftReplica(configuration)
        let time = NodeTime(monotonic: 0, wall: 0)
        let stands = member.step(.tick, at: time)
        let states = stands.compactMap { effect in
            if case .saveState(let state, let number) = effect { (state, number) } else { nil }
        }
        let last = try #require(states.last)
        #expect(votes(stands) == [])
        let early = member.step(.stateSaved(last.1 - 1), at: time)
        #expect(votes(early) == [])
        let durable = member.step(.stateSaved(last.1), at: time)
        #expect(votes(durable) == ["n1 term 1"])

        var stored = StoredState()
        stored.state = last.0
        var again = try RaftReplica(configuration, stored: stored)
        _ = again.step(.tick, at: time)
        let restarted = again.step(.stateSaved(1), at: time)
        #expect(votes(restarted) == [])
    }

    /// For whom each member votes in each term.
    private func candidates(_ cluster: RaftCluster) -> [String: Set<NodeName>] {
        var candidates: [String: Set<NodeName>] = [:]
        for (name, event) in cluster.events where event.kind == "vote" {
            candidates["\(name) in \(event.detail)", default: []].insert(event.peer ?? "")
        }
        return candidates
    }

    @Test("who leads has told of votes of a majority, its own among them")
    func majority() {
        var cluster = RaftCluster(3, mutants: [])
        cluster.crash("n1")
        let isElected = cluster.elect("n2")
        #expect(isElected)
        let candidates = candidates(cluster)
        #expect(candidates["n2 in term 2"] == ["n2"] && candidates["n3 in term 2"] == ["n2"])
        #expect(candidates.values.allSatisfy { $0.count == 1 })
    }

    @Test("a forgotten vote and one for itself in the same term are two", arguments: [true, false])
    func forgotten(isPersisted: Bool) {
        var cluster = RaftCluster(3, mutants: isPersisted ? [] : [.voteNotPersisted])
        cluster.order("n3", .failpoint("raft.vote.afterSend", .crash))
        cluster.crash("n1")
        let isElected = cluster.elect("n2")
        #expect(isElected)
        cluster.isolate("n2")
        cluster.crash("n3", keeping: 0)
        cluster.start("n1")
        cluster.start("n3")
        let isReplaced = cluster.elect("n3")
        #expect(isReplaced)
        let twice = candidates(cluster).filter { $0.value.count > 1 }
        #expect(twice == (isPersisted ? [:] : ["n3 in term 2": ["n2", "n3"]]))
    }
}
