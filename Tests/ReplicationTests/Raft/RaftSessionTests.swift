import Testing

@testable import Replication

@Suite("Operations of Raft that are sent again")
struct RaftSessionTests {
    private func set(_ value: String, _ client: UInt64, _ cluster: inout RaftCluster) -> ClientAnswer? {
        let command = Command.set(key: Array("x".utf8), value: Array(value.utf8))
        let id = cluster.request("n1", command, identity: CallIdentity(client: client, sequence: 1))
        cluster.run(milliseconds: 100)
        return cluster.answers[id]?.answer
    }

    @Test("a second attempt is told what the first one was, and when: what came between is newer")
    func version() throws {
        var cluster = RaftCluster(3, mutants: [])
        let first = try #require(set("1", 1, &cluster))
        let newer = try #require(set("2", 2, &cluster))
        let again = try #require(set("1", 1, &cluster))
        #expect([first, newer, again].map(\.reply) == [.ok, .ok, .ok])
        #expect(again.version == first.version && again.position == first.position)
        let (old, new) = (try #require(again.version), try #require(newer.version))
        #expect(old < new)
        let value = cluster.get("n1", "x", "readindex")
        #expect(value == "2")
    }
}
