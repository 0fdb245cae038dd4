import Determinism
import Faults
import Testing

@Suite("Targets")
struct TargetTests {
    static let five = ["n1", "n2", "n3", "n4", "n5"]

    struct Choice: CustomTestStringConvertible {
        var target: Target
        var nodes: Int
        var leader: String? = "n2"
        var count: Int
        var testDescription: String { "\(target) of \(nodes)" }
    }

    @Test(
        "a target has as many nodes as its word says, in the order of the nodes",
        arguments: [
            Choice(target: .one, nodes: 5, count: 1), Choice(target: .one, nodes: 1, count: 1),
            Choice(target: .minority, nodes: 3, count: 1), Choice(target: .minority, nodes: 4, count: 1),
            Choice(target: .minority, nodes: 5, count: 2), Choice(target: .majority, nodes: 2, count: 2),
            Choice(target: .majority, nodes: 4, count: 3), Choice(target: .majority, nodes: 5, count: 3),
            Choice(target: .all, nodes: 4, leader: nil, count: 4), Choice(target: .leader, nodes: 3, count: 1),
            Choice(target: .followers, nodes: 5, count: 4), Choice(target: .oneFollower, nodes: 2, count: 1),
            Choice(target: .named(["n3", "n1"]), nodes: 3, leader: nil, count: 2),
        ])
    func sizes(choice: Choice) throws {
        for seed in 0..<50 {
            var random = SeededRandom(seed: UInt64(seed))
            let nodes = Array(Self.five.prefix(choice.nodes))
            let chosen = try choice.target.resolve(nodes: nodes, leader: choice.leader, random: &random)
            #expect(chosen.count == choice.count)
            #expect(chosen == chosen.sorted() && Set(chosen).isSubset(of: nodes))
        }
    }

    @Test("leader and followers go by who leads, follower-2 by the place among the others")
    func roles() throws {
        var random = SeededRandom(seed: 1)
        func resolve(_ target: Target) throws -> [String] {
            try target.resolve(nodes: Self.five, leader: "n2", random: &random)
        }
        #expect(try resolve(.leader) == ["n2"])
        #expect(try resolve(.followers) == ["n1", "n3", "n4", "n5"])
        #expect(try resolve(.follower(1)) == ["n1"])
        #expect(try resolve(.follower(2)) == ["n3"])
        for _ in 0..<50 { #expect(try resolve(.oneFollower) != ["n2"]) }
    }

    @Test("every node is hit by some seed")
    func fairness() throws {
        var random = SeededRandom(seed: 7)
        var hits: [String: Int] = [:]
        for _ in 0..<1000 {
            hits[try Target.one.resolve(nodes: Self.five, leader: nil, random: &random)[0], default: 0] += 1
        }
        #expect(hits.values.allSatisfy { $0 > 120 } && hits.count == 5)
    }

    @Test(
        "what cannot be resolved says why",
        arguments: [
            (Target.leader, 3, nil, FaultError.Code.leaderUnknown), (.followers, 3, nil, .leaderUnknown),
            (.oneFollower, 3, nil, .leaderUnknown), (.minority, 2, "n1", .tooFewNodes),
            (.followers, 1, "n1", .tooFewNodes), (.follower(3), 3, "n1", .tooFewNodes),
            (.named(["n9"]), 3, "n1", .unknownNode),
        ])
    func errors(target: Target, nodes: Int, leader: String?, code: FaultError.Code) {
        var random = SeededRandom(seed: 1)
        let error = #expect(throws: FaultError.self) {
            try target.resolve(nodes: Array(Self.five.prefix(nodes)), leader: leader, random: &random)
        }
        #expect(error?.code == code)
    }

    @Test("words and targets go both ways")
    func words() {
        for word in Target.words { #expect(Target(word: word).description == word) }
        #expect(Target(word: "follower-2") == .follower(2))
        #expect(Target(word: "follower-0") == .named(["follower-0"]))
        #expect(Target(word: "n3") == .named(["n3"]))
    }
}
