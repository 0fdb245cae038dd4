import Testing

@testable import Checkers

@Suite("Orders of queues, stacks and priority queues")
struct ContainerOrderTests {
    /// Of 40 values put in one after the other, the order in which they are taken out.
    private static func taken(_ function: ObjectOperations.Function, _ order: [Int32]) -> ObjectVerdict {
        let insertions: [ObjectOperations.Function: ObjectOperations.Function] = [
            .dequeue: .enqueue, .pop: .push, .pollMax: .insert,
        ]
        var operations = ObjectOperations()
        let values = (1...40).map { Int32($0) }
        for (position, value) in (values + order).enumerated() {
            operations.operation.append(Int32(position))
            operations.process.append(0)
            operations.call.append(Int32(2 * position))
            operations.ret.append(Int32(2 * position + 1))
            operations.function.append(position < 40 ? insertions[function] ?? .read : function)
            operations.argument.append(position < 40 ? value : -1)
            operations.expected.append(-1)
            operations.result.append(position < 40 ? -1 : value)
        }
        operations.valueCount = 41
        operations.amount = (0...40).map { Int64($0) }
        return ExactAlgorithm.choose(operations)?.check(operations) ?? .undecided("no algorithm")
    }

    @Test(
        "values are taken out in the order of a queue, a stack, a priority queue, and a proof names four operations"
    )
    func orders() {
        let up = (1...40).map { Int32($0) }
        for function in [ObjectOperations.Function.dequeue, .pop, .pollMax] {
            let right = function == .dequeue ? up : up.reversed()
            #expect(Self.taken(function, right) == .linearizable(order: nil))
            var wrong = right
            wrong.swapAt(20, 21)
            let first = wrong[20] - 1
            let second = wrong[21] - 1
            let expected = ObjectViolation([first, second, 60, 61])
            guard case .violated(let violations) = Self.taken(function, wrong) else {
                Issue.record("\(function): no violation")
                continue
            }
            #expect(violations.map(\.operations) == [expected.operations], "\(function)")
        }
    }
}
