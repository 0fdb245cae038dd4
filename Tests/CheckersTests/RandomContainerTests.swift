import Determinism
import HistoryModel
import SequentialModels
import Testing

@testable import Checkers

/// Queues, stacks and priority queues against trying all orders.
extension RandomHistoryTests {
    /// What random operations on a container are like.
    static func shape<Model: SequentialModel>(
        _ model: Model, _ insertion: Call.Function, _ removal: Call.Function, peeks: Bool, indefinite: Int
    ) -> RandomModel<Model> {
        var shape = RandomModel(
            model: model,
            draw: { random, fresh in
                let value = Value.int(Int64(model is PriorityQueueModel ? (fresh * 5) % 11 : fresh))
                return switch random.below(peeks ? 9 : 8) {
                case 0..<4: Call(insertion, value)
                case 4..<8: Call(removal)
                default: Call(.peek)
                }
            },
            answers: { call in
                call.function == insertion ? [nil] : [.some(.null)] + (1...10).map { .int($0) }
            })
        shape.mostOperations = 8
        shape.indefinite = indefinite
        shape.touching = 2
        return shape
    }

    /// The columns of the calls; numbers are the values themselves.
    private static func columns(_ calls: [TimedCall]) -> ObjectOperations {
        let functions: [Call.Function: ObjectOperations.Function] = [
            .enqueue: .enqueue, .dequeue: .dequeue, .push: .push, .pop: .pop, .insert: .insert, .pollMax: .pollMax,
            .peek: .peek,
        ]
        var operations = ObjectOperations()
        operations.valueCount = 12
        operations.amount = (0..<12).map { Int64($0) }
        for (position, call) in calls.enumerated() where call.what.function != .peek || call.ret != .max {
            operations.operation.append(Int32(position))
            operations.process.append(call.process)
            operations.call.append(call.call)
            operations.ret.append(call.ret)
            operations.function.append(functions[call.what.function] ?? .read)
            operations.argument.append(Int32(call.what.argument.int ?? -1))
            operations.expected.append(-1)
            let isUpdate = !call.what.argument.isNull
            operations.result.append(isUpdate ? -1 : call.what.result.map { Int32($0.int ?? 0) } ?? -1)
        }
        return operations
    }

    private static func hasTies(_ calls: [TimedCall]) -> Bool {
        calls.indices.contains { first in
            calls.indices.contains {
                first < $0 && calls[first].process == calls[$0].process && calls[first].ret == calls[$0].call
            }
        }
    }

    private func compareContainers<Model: SequentialModel>(
        _ algorithm: ExactAlgorithm, _ shape: RandomModel<Model>, largestProof: Int, usual: Int = 3000
    ) {
        let count = historyCount(usual)
        var random = SeededRandom.named("container-\(algorithm)-\(shape.indefinite)", seed: randomSeed)
        var kept = 0
        var broken = 0
        var undecided = 0
        for number in 0..<count {
            let calls = RandomCalls.calls(shape, random.split())
            var operations = Self.columns(calls)
            operations.hasTies = Self.hasTies(calls)
            guard ExactAlgorithm.choose(operations) == algorithm else { continue }
            let naive = NaiveModel(shape.model, calls)
            let flaw: String?
            switch algorithm.check(operations, wantsOrder: true) {
            case .linearizable(let order):
                kept += 1
                flaw = naive.isCertificate((order ?? []).map(Int.init)) ? nil : "wrong order \(order ?? [])"
            case .violated(let violations):
                broken += 1
                let wrong = violations.first { violation in
                    violation.operations.count > largestProof
                        || !naive.isViolation(violation.operations.map(Int.init))
                }
                flaw = wrong.map { "no proof, or a large one: \($0)" }
            case .undecided:
                undecided += 1
                flaw = nil
            }
            guard let flaw else { continue }
            let verdict = naive.isLinearizable() ? "linearizable" : "not linearizable"
            Issue.record("history \(number) of \(algorithm), \(verdict): \(flaw): \(Self.text(calls))")
            return
        }
        #expect(
            broken > count / 20 && kept > count / 20 && undecided <= count * (1 + shape.indefinite) / 50,
            "\(broken) broken, \(kept) kept, \(undecided) undecided of \(count)")
    }

    private static func text(_ calls: [TimedCall]) -> String {
        calls.enumerated().map { position, call in
            "\(position): p\(call.process) [\(call.call), \(call.ret == .max ? "..." : "\(call.ret)")] "
                + "\(call.what.function.rawValue) \(call.what.argument) -> \(call.what.result.map { "\($0)" } ?? "?")"
        }.joined(separator: "; ")
    }

    @Test("queues of unique values agree with trying all orders", arguments: [0, 3])
    func queueContainers(indefinite: Int) {
        let shape = Self.shape(QueueModel(), .enqueue, .dequeue, peeks: true, indefinite: indefinite)
        compareContainers(.queue, shape, largestProof: 12)
    }

    @Test("stacks of unique values agree with trying all orders", arguments: [0, 3])
    func stackContainers(indefinite: Int) {
        let shape = Self.shape(StackModel(), .push, .pop, peeks: true, indefinite: indefinite)
        compareContainers(.stack, shape, largestProof: 12)
    }

    @Test("priority queues of unique values agree with trying all orders", arguments: [0, 3])
    func priorityQueueContainers(indefinite: Int) {
        let shape = Self.shape(PriorityQueueModel(), .insert, .pollMax, peeks: true, indefinite: indefinite)
        compareContainers(.priorityQueue, shape, largestProof: 12)
    }
}
