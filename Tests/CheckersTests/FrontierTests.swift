import HistoryModel
import SequentialModels
import Testing

@testable import Checkers

/// What small random histories do not reach.
@Suite("Frontier search")
struct FrontierTests {
    private static func outcome(
        _ search: ModelSearch<some SequentialModel>, steps: Int = 10_000_000, bytes: Int = 64 << 20
    ) -> String {
        var budget = SearchBudget(steps: steps, bytes: bytes)
        return switch search.check(&budget) {
        case .linearizable: "linearizable"
        case .violated(let operations, _, _): "violated \(operations)"
        case .undecided(let reason, let passed): "\(reason), passed \(passed.map(String.init) ?? "nothing")"
        }
    }

    /// A write and many reads, all at once; reads see it or not.
    private static func crowd(_ reads: Int, last: Value) -> ModelSearch<CASRegisterModel> {
        var search = ModelSearch(CASRegisterModel())
        search.add(operation: 0, process: 0, call: 0, ret: 5, Call(.write, 1))
        for number in 1...reads {
            let seen: Value = number % 2 == 0 ? 1 : nil
            search.add(operation: number, process: Int32(number), call: 0, ret: 5, Call(.read, result: seen))
        }
        search.add(operation: reads + 1, process: 0, call: 6, ret: 7, Call(.read, result: last))
        return search
    }

    @Test("many operations at once need no more than a larger set of slots", arguments: [10, 63, 64, 300, 511])
    func crowds(reads: Int) {
        #expect(Self.outcome(Self.crowd(reads, last: 1)) == "linearizable")
        #expect(Self.outcome(Self.crowd(reads, last: nil)) == "violated [0, \(reads + 1)]")
    }

    @Test("there is a limit to how many there may be at once, which is said")
    func tooMany() {
        let expected = "more than 512 operations were under way at once, passed nothing"
        #expect(Self.outcome(Self.crowd(600, last: 1)) == expected)
    }

    /// Elements added two at a time, and a read of all after each pair; the last one lacks `missing`.
    private static func growing(_ pairs: Int, missing: Int?) -> ModelSearch<GrowOnlySetModel> {
        var search = ModelSearch(GrowOnlySetModel())
        var elements: [Value] = []
        for pair in 0..<pairs {
            let time = Int32(4 * pair)
            for process in 0..<2 {
                elements.append(.int(Int64(elements.count)))
                let add = Call(.add, elements[elements.count - 1])
                search.add(operation: 3 * pair + process, process: Int32(process), call: time, ret: time + 1, add)
            }
            let seen = pair == pairs - 1 ? elements.filter { $0.int != missing.map(Int64.init) } : elements
            let read = Call(.read, result: .list(seen))
            search.add(operation: 3 * pair + 2, process: 0, call: time + 2, ret: time + 3, read)
        }
        return search
    }

    @Test("states that are left behind are forgotten, in an order that stays right")
    func forgotten() {
        let search = Self.growing(800, missing: nil)
        var budget = SearchBudget(steps: 10_000_000, bytes: 3 << 20)
        guard case .linearizable(let order?) = search.check(wantsOrder: true, &budget) else {
            Issue.record("no order")
            return
        }
        #expect(order.count == 2400 && order.indices.allSatisfy { order[$0] / 3 == $0 / 3 })
        #expect(Self.outcome(Self.growing(800, missing: 1599)) == "violated [2398, 2399]")
    }

    /// Pairs of concurrent writes and, after each, a read of one of them; the last read is of neither.
    private static func writes(_ pairs: Int) -> ModelSearch<CASRegisterModel> {
        var search = ModelSearch(CASRegisterModel())
        for pair in 0..<pairs {
            let time = Int32(4 * pair)
            for process in 0..<2 {
                let write = Call(.write, .int(Int64(process)))
                search.add(operation: 3 * pair + process, process: Int32(process), call: time, ret: time + 1, write)
            }
            let seen: Value = pair == pairs - 1 ? 2 : .int(Int64(pair % 2))
            search.add(
                operation: 3 * pair + 2, process: 0, call: time + 2, ret: time + 3, Call(.read, result: seen))
        }
        return search
    }

    @Test("a search that reaches a limit says how far there is an order")
    func limits() {
        #expect(Self.outcome(Self.writes(100)) == "violated [298, 299]")
        let all = SearchBudget(steps: 1_000_000, bytes: 1 << 30)
        var left = all
        _ = Self.writes(100).check(&left)
        let half = Self.outcome(Self.writes(100), steps: (all.steps - left.steps) / 2)
        let passed = half.split(separator: " ").last.flatMap { Int($0) } ?? 0
        #expect(half.hasPrefix("the step limit was reached") && passed > 120 && passed < 180)
        #expect(Self.outcome(Self.writes(100), bytes: 10).hasPrefix("the memory limit"))
    }

    @Test("the same operations give the same answer after as many steps")
    func deterministic() {
        let spent = (0..<3).map { _ in
            var budget = SearchBudget(steps: 1_000_000, bytes: 1 << 30)
            _ = Self.growing(50, missing: 7).check(&budget)
            return budget.steps
        }
        #expect(Set(spent).count == 1)
    }
}
