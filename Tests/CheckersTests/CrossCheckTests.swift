import HistoryModel
import Testing

@testable import Checkers

@Suite("Algorithms by name, and cross-checks")
struct CrossCheckTests {
    private static func verdict(_ line: String, _ change: (inout CheckOptions) -> Void) throws -> Verdict {
        var options = CheckOptions(guarantees: [.linearizable])
        change(&options)
        return check(try History(notation: line), options)[0]
    }

    /// One history of each kind of object, with the algorithm that decides it by itself.
    static let histories: [(LinearizabilityAlgorithm, String)] = [
        (.zones, "p0 w x 1 ok | p1 c x 1>2 ok | p2 r x 2 ok"),
        (.versions, "p0 append x 1 ok | p1 append x 2 ok | p2 r x [1,2] ok"),
        (.versions, "p0 append x ab ok | p1 put x cd ok | p2 get x cd ok"),
        (.levels, "p0 a x 1 ok | p1 r x [1] ok"),
        (.elements, "p0 a x 1 ok | p1 remove x 1 ok | p0 contains x 1 | p0 ok false"),
        (.slots, "p0 increment x 1 ok | p1 r x 1 ok"),
        (.sums, "p0 increment x 1 ok | p0 increment x 2 ok | p1 r x 3 ok"),
        (.holds, "p0 acquire x 1 ok | p0 release x null ok | p1 acquire x 2 ok"),
        (.queue, "p0 enqueue x 1 ok | p1 dequeue x 1 ok | p1 dequeue x null ok"),
        (.stack, "p0 push x 1 ok | p0 push x 2 ok | p1 pop x 2 ok"),
        (.priorityQueue, "p0 insert x 1 ok | p0 insert x 2 ok | p1 poll x 2 ok"),
        (.search, "p0 w x 1 ok | p1 w x 1 ok | p2 r x 1 ok"),
    ]

    @Test("an algorithm that is named decides, and the verdict says so", arguments: histories)
    func named(algorithm: LinearizabilityAlgorithm, line: String) throws {
        let fitting = LinearizabilityAlgorithm.fitting(try History(notation: line))
        #expect(fitting.contains(algorithm) && fitting.suffix(2) == [.search, .depthFirst])
        for named in fitting {
            let verdict = try Self.verdict(line) { $0.algorithm = named }
            let name = named.exact?.rawValue ?? (named == .search ? "frontier search of" : "depth-first search of")
            #expect(verdict.algorithm.hasPrefix(name))
            #expect(verdict.judgement == (named == .sums ? .unknown : .valid), "\(named) \(verdict.reason ?? "")")
        }
        // What does not fit says nothing.
        for other in LinearizabilityAlgorithm.allCases where !fitting.contains(other) {
            #expect(try Self.verdict(line) { $0.algorithm = other }.judgement == .unknown)
        }
    }

    @Test("an algorithm fits a history if it takes every key of it")
    func severalKeys() throws {
        let history = try History(notation: "p0 w x 1 ok | p1 a y 1 ok | p1 r y [1] ok | p0 r x 1 ok")
        #expect(LinearizabilityAlgorithm.fitting(history) == [.search, .depthFirst])
        let mixed = try History(notation: "p0 w x 1 ok | p1 a x 1 ok | p1 r y 1 ok | p1 w y 1 ok")
        #expect(LinearizabilityAlgorithm.fitting(mixed) == [.zones, .search, .depthFirst])
    }

    @Test("an unrelated algorithm agrees", arguments: histories)
    func agreement(algorithm: LinearizabilityAlgorithm, line: String) throws {
        let crossCheck = try #require(try Self.verdict(line) { $0.crossChecks = true }.crossCheck)
        #expect(crossCheck.outcome == .agrees && crossCheck.agreed == 1 && crossCheck.detail == nil)
        let first = try Self.verdict(line) { _ in }
        #expect(first.crossCheck == nil && first.algorithm != crossCheck.algorithm)
    }

    @Test("an algorithm that is wrong is found out by another one", arguments: histories)
    func disagreement(algorithm: LinearizabilityAlgorithm, line: String) throws {
        // Bounds of sums alone prove nothing here.
        let wrong = algorithm == .sums ? .search : algorithm
        let verdict = try Self.verdict(line) {
            $0.crossChecks = true
            $0.plantedError = wrong
        }
        #expect(verdict.crossCheck?.outcome == .disagrees)
        #expect(verdict.judgement == .unknown && verdict.anomalies.isEmpty)
        #expect(verdict.reason?.contains("two algorithms contradict one another") == true)
        let detail = try #require(verdict.crossCheck?.detail)
        #expect(detail.contains("says that it is not linearizable") && detail.contains("key \"x\""))
    }

    @Test("an algorithm that calls a violation linearizable is found out, and violations of other keys stand")
    func hiddenViolation() throws {
        let line = "p0 w x 1 ok | p0 w x 2 ok | p1 r x 1 ok | p0 a y 1 ok | p1 r y [] ok"
        let verdict = try Self.verdict(line) {
            $0.crossChecks = true
            $0.plantedError = .zones
        }
        #expect(verdict.crossCheck?.outcome == .disagrees && verdict.crossCheck?.agreed == 1)
        #expect(verdict.judgement == .invalid && verdict.anomalies.map(\.key) == ["y"])
    }

    @Test("a second algorithm that reaches its limit could not tell")
    func limit() throws {
        let line =
            (1...40).map { "p\($0) w x \($0)" } + (1...40).map { "p\($0) ok" } + ["p50 r x 3 ok", "p51 r x 3 ok"]
        let verdict = try Self.verdict(line.joined(separator: " | ")) {
            $0.crossChecks = true
            $0.limits = CheckLimits(steps: 30)
        }
        #expect(verdict.judgement == .valid)
        let crossCheck = try #require(verdict.crossCheck)
        #expect(crossCheck.outcome == .cannotTell && crossCheck.agreed == 0)
        #expect(crossCheck.detail?.contains("the step limit was reached") == true)
    }
}
