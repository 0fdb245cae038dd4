import HistoryModel
import SequentialModels

/// Decides one object by search, and finds few operations that prove a violation.
///
/// Models see numbers for values: they compare them, and nothing else.
struct ObjectSearch<Model: SequentialModel> {
    private let operations: ObjectOperations
    private(set) var search: ModelSearch<Model>

    private let kind: SearchedModel

    /// For objects of which the kind says what the operations mean to the model.
    init(
        _ model: Model, _ operations: ObjectOperations, as kind: SearchedModel = .register,
        firstWidth: Int = ModelSearch<Model>.usualWidth
    ) {
        self.operations = operations
        self.kind = kind
        search = ModelSearch(model, firstWidth: firstWidth)
        for position in operations.function.indices {
            search.add(
                operation: Int(operations.operation[position]), process: operations.process[position],
                call: operations.call[position], ret: operations.ret[position], call(position))
        }
    }

    private func call(_ position: Int) -> Call {
        let argument = Self.value(operations.argument[position])
        let result = operations.result[position]
        switch operations.function[position] {
        case .read: return read(position)
        case .write: return Call(.write, kind == .list ? [argument] : argument)
        case .cas: return Call(.cas, [Self.value(operations.expected[position]), argument])
        case .append: return Call(.append, argument)
        case .add: return Call(.add, argument, result: Self.truth(result))
        case .remove: return Call(.remove, argument, result: Self.truth(result))
        case .contains: return Call(.contains, argument, result: Self.truth(result))
        case .increment: return Call(.increment, amount(operations.argument[position]))
        case .acquire:
            return Call(.acquire, result: result < 0 ? .none : .some(amount(result)), process: process(position))
        case .release: return Call(.release, process: process(position))
        case .enqueue: return Call(.enqueue, argument)
        case .push: return Call(.push, argument)
        case .insert: return Call(.insert, amount(operations.argument[position]))
        case .dequeue: return Call(.dequeue, result: seen(result))
        case .pop: return Call(.pop, result: seen(result))
        case .pollMax: return Call(.pollMax, result: seen(result))
        case .peek: return Call(.peek, result: seen(result))
        }
    }

    private func read(_ position: Int) -> Call {
        let result = operations.result[position]
        switch kind {
        case .counter: return Call(.read, result: amount(result))
        case .list, .set: return Call(.read, result: .list(operations.elements[position].map(Self.value)))
        default: return Call(.read, result: Self.value(result))
        }
    }

    private func process(_ position: Int) -> ProcessID { .client(Int(operations.process[position])) }

    private func amount(_ number: Int32) -> Value { .int(operations.amount[Int(number)]) }

    /// What a removal found; `nil` if nobody knows. Values of priority queues are their priorities.
    private func seen(_ number: Int32) -> Value? {
        if number < 0 { return nil }
        return number == 0 || kind != .priorityQueue ? Self.value(number) : amount(number)
    }

    private static func value(_ number: Int32) -> Value { number <= 0 ? .null : .int(Int64(number)) }

    private static func truth(_ number: Int32) -> Value? {
        // `nil` in a conditional expression would be the value `null`.
        number < 0 ? .none : .some(.bool(number == 1))
    }

    /// The verdict, with proofs and orders by ordinals; `passed` says up to the return of which operation there is an
    /// order where the search gave up.
    func check(wantsOrder: Bool = false, _ budget: inout SearchBudget) -> (verdict: ObjectVerdict, passed: Int?) {
        switch search.check(wantsOrder: wantsOrder, &budget) {
        case .linearizable(let order): (.linearizable(order: order?.map { Int32($0) }), nil)
        case .violated(let ordinals, let last, let basis):
            (.violated([violation(ordinals, last, basis)]), nil)
        case .undecided(let reason, let passed): (.undecided(reason), passed)
        }
    }

    /// The verdict of the other search; a violation names the operation behind which it came to no order, which proves
    /// nothing by itself.
    func checkDepthFirst(_ budget: inout SearchBudget) -> ObjectVerdict {
        switch search.checkDepthFirst(&budget) {
        case .linearizable(let order): .linearizable(order: (order ?? []).map { Int32($0) })
        case .violated(let ordinals, _, _): .violated([ObjectViolation(ordinals.map { Int32($0) })])
        case .undecided(let reason, _): .undecided(reason)
        }
    }

    private func violation(_ ordinals: [Int], _ last: Int, _ basis: ProofBasis) -> ObjectViolation {
        ObjectViolation(ordinals.map { Int32($0) } + seenUpdate(Int32(last)), basis.words("key"))
    }

    /// The latest update whose value the last operation saw: readers want to know where it comes from.
    private func seenUpdate(_ last: Int32) -> [Int32] {
        guard
            let read = operations.function.indices.first(where: {
                operations.operation[$0] == last && operations.function[$0] == .read && operations.result[$0] >= 0
            })
        else { return [] }
        let writer = operations.function.indices.last {
            [.write, .cas].contains(operations.function[$0])
                && operations.argument[$0] == operations.result[read]
                && operations.call[$0] <= operations.ret[read]
        }
        return writer.map { [operations.operation[$0]] } ?? []
    }
}
