import Determinism
import HistoryModel
import Testing

@testable import Checkers

/// What follows for other guarantees once every key is linearizable, and what is asked of a history by itself.
@Suite struct ImplicationTests {
    /// Values repeat, so that no answer tells its write.
    static let kept = "p0 w x 1 ok | p0 w x 2 ok | p1 w x 1 ok | p0 r x 1 ok | p1 w y 2 ok | p0 r y 2 ok"

    private func verdicts(_ line: String, _ guarantees: [Guarantee]) throws -> [Verdict] {
        check(try History(notation: line), CheckOptions(guarantees: guarantees))
    }

    @Test func `sessions of a linearizable history kept their guarantees whatever the values`() throws {
        let alone = try #require(try verdicts(Self.kept, [.readYourWrites]).first)
        #expect(alone.judgement == .unknown)
        for order in [[Guarantee.linearizable, .readYourWrites], [.readYourWrites, .linearizable]] {
            let both = try verdicts(Self.kept, order)
            #expect(both.map(\.guarantee) == order && both.allSatisfy { $0.judgement == .valid })
            #expect(both.contains { $0.algorithm == "follows from linearizable" })
        }
    }

    @Test func `nothing follows from a violation, nor from keys that cannot be judged`() throws {
        let stale = Self.kept + " | p0 w y 3 ok | p1 r y 2 ok"
        #expect(try verdicts(stale, [.linearizable, .readYourWrites]).map(\.judgement) == [.invalid, .unknown])
        let mixed = Self.kept + " | p0 add z 1 ok | p0 w z 2 ok"
        #expect(try verdicts(mixed, [.linearizable, .readYourWrites]).map(\.judgement) == [.unknown, .unknown])
    }

    @Test func `what nothing could have broken does not become valid`() throws {
        let idle = "p0 w x 1 ok | p0 w x 1 ok | p1 r x 1 ok"
        let verdict = try verdicts(idle, [.linearizable, .readYourWrites])[1]
        #expect(verdict.judgement == .unknown && verdict.isUnexercised)
    }

    @Test func `of one key no effect without its cause is asked`() throws {
        let one = Guarantee.applicable(to: try History(notation: "p0 w x 1 ok | p1 r x 1 ok"))
        let two = Guarantee.applicable(to: try History(notation: "p0 w x 1 ok | p1 r y null ok"))
        #expect(!one.contains(.consistentPrefixSession) && two.contains(.consistentPrefixSession))
    }

    @Test func `what follows is never found broken in a linearizable history`() throws {
        var random = SeededRandom.named("implications", seed: 20_261)
        let shapes: [RandomHistory.Shape] = [.uniqueRegister, .repeatedRegister, .unknownRegister, .set, .twoKeys]
        var linearizable = 0
        for number in 0..<3000 {
            let history = try History(RandomHistory.events(shapes[number % shapes.count], random.split()))
            guard check(history, CheckOptions(guarantees: [.linearizable]))[0].judgement == .valid else { continue }
            let following = Guarantee.allCases.filter { $0.followsFromLinearizable(in: history) }
            linearizable += following.count >= 9 ? 1 : 0
            for verdict in check(history, CheckOptions(guarantees: following)) where verdict.judgement == .invalid {
                Issue.record("\(verdict.guarantee.rawValue): \(HistoryNotation.text(history))")
                return
            }
        }
        #expect(linearizable > 600)
    }
}
