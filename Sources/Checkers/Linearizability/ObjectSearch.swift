import HistoryModel
import SequentialModels

/// Decides one object by search, and finds few operations that prove a violation.
///
/// Models see numbers for values: they compare them, and nothing else.
struct ObjectSearch<Model: SequentialModel> {
    private let operations: ObjectOperations
    private(set) var search: ModelSearch<Model>

    /// For registers and sets.
    init(_ model: Model, _ operations: ObjectOperations, firstWidth: Int = ModelSearch<Model>.usualWidth) {
        self.operations = operations
        search = ModelSearch(model, firstWidth: firstWidth)
        let isSet = operations.function.contains(.add)
        for position in operations.function.indices {
            search.add(
                operation: Int(operations.operation[position]), process: operations.process[position],
                call: operations.call[position], ret: operations.ret[position], call(position, isSet: isSet))
        }
    }

    private func call(_ position: Int, isSet: Bool) -> Call {
        let argument = Self.value(operations.argument[position])
        switch operations.function[position] {
        case .read:
            let elements = operations.elements[position].map(Self.value)
            let isList = isSet || !elements.isEmpty
            return Call(.read, result: isList ? .list(elements) : Self.value(operations.result[position]))
        case .cas: return Call(.cas, [Self.value(operations.expected[position]), argument])
        case .add: return Call(.add, argument)
        default: return Call(.write, argument)
        }
    }

    private static func value(_ number: Int32) -> Value { number <= 0 ? .null : .int(Int64(number)) }

    /// The verdict, with proofs by ordinals; `passed` says up to the return of which operation there is an order where
    /// the search gave up.
    func check(_ budget: inout SearchBudget) -> (verdict: ObjectVerdict, passed: Int?) {
        switch search.check(&budget) {
        case .linearizable: (.linearizable(order: nil), nil)
        case .violated(let ordinals, let last, let isFromAnywhere):
            (.violated([violation(ordinals, last, isFromAnywhere)]), nil)
        case .undecided(let reason, let passed): (.undecided(reason), passed)
        }
    }

    private func violation(_ ordinals: [Int], _ last: Int, _ isFromAnywhere: Bool) -> ObjectViolation {
        ObjectViolation(
            ordinals.map { Int32($0) } + seenUpdate(Int32(last)),
            isFromAnywhere ? "whatever the key held before these operations" : nil)
    }

    /// The latest update whose value the last operation saw: readers want to know where it comes from.
    private func seenUpdate(_ last: Int32) -> [Int32] {
        guard
            let read = operations.function.indices.first(where: {
                operations.operation[$0] == last && operations.function[$0] == .read && operations.result[$0] >= 0
            })
        else { return [] }
        let writer = operations.function.indices.last {
            operations.function[$0] != .read && operations.argument[$0] == operations.result[read]
                && operations.call[$0] <= operations.ret[read]
        }
        return writer.map { [operations.operation[$0]] } ?? []
    }
}
