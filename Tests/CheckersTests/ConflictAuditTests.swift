import Determinism
import HistoryModel
import Testing

@testable import Checkers

@Suite("What becomes of writes that did not know each other")
struct ConflictAuditTests {
    private func judgement(_ line: String) throws -> Judgement {
        let options = CheckOptions(guarantees: [.conflictAudit], applyMinimums: false)
        return try #require(check(try History(notation: line), options).first).judgement
    }

    @Test(
        "each case gets its verdict",
        arguments: [
            ("p0 w x 1 ok | p1 w x 2 ok | p2 d x=2 ok @n1", Judgement.invalid),
            ("p0 w x 1 ok | p1 w x 2 ok | p2 d x=[1,2] ok @n1", .valid),
            ("p0 w x 1 ok | p1 w x 2 ok | p2 d x=2 ok @n1 | p2 d x=1 ok @n2", .valid),
            ("p0 w x 1 ok | p1 r x 1 ok | p1 w x 2 ok | p2 d x=2 ok @n1", .valid),
            ("p0 w x 1 ok | p1 r x 1 ok | p1 w x 2 info | p2 d x=3 ok @n1 | p0 w y 1 ok", .valid),
            ("p0 w x 1 ok | p1 r x 1 ok | p1 w x 2 fail:x | p2 w x 3 ok | p2 d x=3 ok @n1", .invalid),
            ("p0 w x 1 ok | p0 w x 2 ok | p2 d x=2 ok @n1", .valid),
            ("p0 w x 1 info | p1 w x 2 ok | p2 d x=2 ok @n1", .valid),
            ("p0 w x 1 ok | p1 w x 2 ok | p2 r x 2 ok", .unknown),
            ("p0 w x 1 ok | p1 r x 1 ok | p1 w y 1 ok | p2 r y 1 ok | p2 w x 2 ok | p3 d x=2,y=1 ok @n1", .valid),
        ])
    func cases(line: String, expected: Judgement) throws {
        #expect(try judgement(line) == expected)
    }

    @Test("a write that knew a value as a sibling replaces it; one that did not leaves it")
    func siblings() throws {
        func verdict(told: Bool) throws -> Judgement {
            var events = try HistoryNotation.events(
                "p0 w x 1 ok | p1 w x 2 ok | p2 r x 2 ok | p2 w x 3 ok | p3 d x=3 ok @n1")
            if told { events[5].meta = ["sibling": 1] }
            let options = CheckOptions(guarantees: [.conflictAudit], applyMinimums: false)
            return try #require(check(try History(events), options).first).judgement
        }
        #expect(try verdict(told: true) == .valid)
        #expect(try verdict(told: false) == .invalid)
    }

    /// One operation of a random history, as the definition looks at it.
    private struct Step {
        var process: Int
        var value: Int?
        var isWrite: Bool
        var isSure: Bool
    }

    /// Whether some acknowledged write is gone although no other write came after it over sessions and reads.
    private func dropsSilently(_ steps: [Step], left: [Int]) -> Bool {
        var reach = Array(repeating: Array(repeating: false, count: steps.count), count: steps.count)
        for (i, first) in steps.enumerated() {
            for (j, second) in steps.enumerated() where i < j {
                reach[i][j] =
                    first.process == second.process
                    || first.isWrite && !second.isWrite && first.value == second.value
            }
        }
        for k in steps.indices {
            for i in steps.indices where reach[i][k] {
                for j in steps.indices where reach[k][j] { reach[i][j] = true }
            }
        }
        return steps.indices.contains { place in
            guard steps[place].isWrite, steps[place].isSure, let value = steps[place].value else { return false }
            return !left.contains(value)
                && !steps.indices.contains { steps[$0].isWrite && $0 != place && reach[place][$0] }
        }
    }

    @Test("it agrees with its definition on random histories")
    func definition() throws {
        var random = SeededRandom(seed: 11)
        var counts: [Judgement: Int] = [:]
        for _ in 0..<3_000 {
            var steps: [Step] = []
            var words: [String] = []
            // After an unknown outcome a process does nothing more.
            var living = [0, 1, 2, 3]
            for number in 1...(2 + random.below(6)) {
                let process = random.choose(living)
                let written = steps.filter(\.isWrite).compactMap(\.value)
                if written.isEmpty || random.chance(1, in: 2) {
                    let isSure = living.count == 1 || random.chance(4, in: 5)
                    if !isSure { living.removeAll { $0 == process } }
                    steps.append(Step(process: process, value: number, isWrite: true, isSure: isSure))
                    words.append("p\(process) w x \(number) \(isSure ? "ok" : "info")")
                } else {
                    let value = random.choose(written)
                    steps.append(Step(process: process, value: value, isWrite: false, isSure: true))
                    words.append("p\(process) r x \(value) ok")
                }
            }
            let written = steps.filter(\.isWrite).compactMap(\.value)
            let left = written.filter { _ in random.chance(2, in: 3) }
            let held =
                left.isEmpty
                ? "null" : left.count == 1 ? "\(left[0])" : "[\(left.map(String.init).joined(separator: ","))]"
            words.append("p9 d x=\(held) ok @n1")
            let found = try judgement(words.joined(separator: " | "))
            counts[found, default: 0] += 1
            guard steps.contains(where: { $0.isWrite && $0.isSure }) else { continue }
            let expected: Judgement = dropsSilently(steps, left: left) ? .invalid : .valid
            #expect(found == expected, "\(words.joined(separator: " | "))")
        }
        #expect(counts[.valid, default: 0] > 300 && counts[.invalid, default: 0] > 300)
    }
}
