import Determinism
import Foundation
import Testing

@testable import Checkers

/// How many random histories a test makes: `INQUEST_HISTORIES` divided by `parts`, or few enough for every run of the
/// tests. A test that runs several times over, for shapes of one algorithm, takes a part each time.
func historyCount(_ usual: Int, parts: Int = 1) -> Int {
    let asked = ProcessInfo.processInfo.environment["INQUEST_HISTORIES"].flatMap { Int($0) }
    return asked.map { max(1, $0 / parts) } ?? usual
}

/// The seed of all random histories: `INQUEST_SEED`, or the same one every time.
let randomSeed = ProcessInfo.processInfo.environment["INQUEST_SEED"].flatMap { UInt64($0) } ?? 20_260_101

/// The algorithms for one object against trying all orders.
extension RandomHistoryTests {
    /// Compares an algorithm on objects of some shapes: verdicts, certificates, and every proof by itself.
    private func compare(
        _ algorithm: ExactAlgorithm, _ shapes: [RandomObject.Shape], largestProof: Int, usual: Int = 3000
    ) {
        let count = historyCount(usual)
        var random = SeededRandom.named("object-\(algorithm)", seed: randomSeed)
        var kept = 0
        var broken = 0
        for number in 0..<count {
            let shape = shapes[number % shapes.count]
            let operations = RandomObject.operations(shape, random.split())
            guard ExactAlgorithm.choose(operations) == algorithm else { continue }
            let naive = NaiveObject(shape.kind, operations)
            let flaw: String?
            switch algorithm.check(operations, wantsOrder: true) {
            case .linearizable(let order):
                kept += 1
                flaw = flawOfOrder(order, naive)
            case .violated(let violations):
                broken += 1
                flaw = flawOfProofs(violations, naive, largestProof)
            case .undecided:
                let mayBe = algorithm == .sums || !operations.hasUniqueUpdates && !naive.isLinearizable()
                flaw = mayBe ? nil : "undecided"
            }
            guard let flaw else { continue }
            Issue.record("history \(number) of \(shape): \(flaw): \(Self.text(operations))")
            return
        }
        // Both answers must have come up often, or the comparison says nothing.
        #expect(
            broken > count / 20 && (kept > count / 20 || algorithm == .sums),
            "\(broken) broken, \(kept) kept of \(count)")
    }

    private func flawOfOrder(_ order: [Int32]?, _ naive: NaiveObject) -> String? {
        guard let order else { return "no order" }
        if naive.isCertificate(order) { return nil }
        return naive.isLinearizable() ? "wrong order \(order)" : "a violation was missed"
    }

    private func flawOfProofs(_ violations: [ObjectViolation], _ naive: NaiveObject, _ largest: Int) -> String? {
        if naive.isLinearizable() { return "false alarm \(violations)" }
        if violations.isEmpty { return "no proof" }
        for violation in violations {
            if violation.operations.count > largest { return "large proof \(violation)" }
            if !naive.isViolation(violation.operations) { return "no proof: \(violation)" }
        }
        return nil
    }

    private static func text(_ operations: ObjectOperations) -> String {
        operations.function.indices.map { position in
            let ret = operations.ret[position]
            return "\(operations.operation[position]): p\(operations.process[position]) "
                + "[\(operations.call[position]), \(ret == .max ? "..." : String(ret))] "
                + "\(operations.function[position]) \(operations.argument[position]) "
                + "\(operations.expected[position]) -> \(operations.result[position]) "
                + "\(Array(operations.elements[position]))"
        }.joined(separator: "; ") + " \(operations.amount)"
    }

    @Test("registers of unique values agree with trying all orders")
    func registerObjects() { compare(.register, [.register, .cas], largestProof: 10) }

    @Test("lists with full reads agree with trying all orders")
    func listObjects() { compare(.list, [.list, .replacedList], largestProof: 6) }

    @Test("lists whose elements repeat agree with trying all orders where times tell them apart")
    func repeatedListObjects() { compare(.list, [.repeatedList], largestProof: 6) }

    @Test("grow-only sets with full reads agree with trying all orders")
    func setObjects() { compare(.set, [.set, .repeatedSet], largestProof: 3) }

    @Test("sets of elements agree with trying all orders")
    func elementObjects() { compare(.elements, [.elements], largestProof: 7) }

    @Test("counters of one amount agree with trying all orders")
    func counterObjects() { compare(.counter, [.counter], largestProof: 10) }

    @Test("bounds of sums are never wrong")
    func sumObjects() { compare(.sums, [.mixedCounter], largestProof: 10) }

    @Test("locks agree with trying all orders")
    func mutexObjects() { compare(.mutex, [.mutex, .tokens], largestProof: 4) }

    @Test("fencing tokens agree with comparing all pairs")
    func tokenObjects() {
        var random = SeededRandom.named("tokens", seed: randomSeed)
        var broken = 0
        let count = historyCount(3000)
        for _ in 0..<count {
            let operations = RandomObject.operations(.tokens, random.split())
            let pairs = Self.wrongPairs(operations)
            let violations = FencingTokens.check(operations)
            broken += violations.isEmpty ? 0 : 1
            let areProven = violations.allSatisfy { pairs.contains($0.operations) }
            guard pairs.isEmpty != violations.isEmpty || !areProven else { continue }
            Issue.record("\(violations), expected some of \(pairs): \(Self.text(operations))")
            return
        }
        #expect(broken > count / 20 && broken < count * 19 / 20)
    }

    /// Acquisitions with equal tokens, or with the larger one first.
    private static func wrongPairs(_ operations: ObjectOperations) -> [[Int32]] {
        let acquisitions = operations.result.indices.filter { operations.result[$0] >= 0 }
        func token(_ position: Int) -> Int64 { operations.amount[Int(operations.result[position])] }
        return acquisitions.flatMap { first in
            acquisitions.compactMap { second in
                let isBefore = operations.ret[first] < operations.call[second] && token(first) > token(second)
                guard first != second, isBefore || token(first) == token(second) else { return nil }
                return [operations.operation[first], operations.operation[second]].sorted()
            }
        }
    }
}
