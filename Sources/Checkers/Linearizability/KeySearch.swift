import HistoryModel
import SequentialModels

/// Decides one key by search, and finds few operations that prove a violation.
struct KeySearch<Model: SequentialModel> {
    private let accesses: Accesses
    private let calls: KeyCalls
    private(set) var search: ModelSearch<Model>

    init(_ model: Model, _ accesses: Accesses, _ calls: KeyCalls, firstWidth: Int = ModelSearch<Model>.usualWidth) {
        self.accesses = accesses
        self.calls = calls
        search = ModelSearch(model, firstWidth: firstWidth)
        var all: [(interval: Interval, call: Call)] = []
        for update in calls.updates {
            let operation = accesses.operation(update.operation)
            all.append((Interval(operation, update.operation), Call(operation)))
        }
        for reading in calls.readings {
            let values = calls.key.values
            let result: Value =
                calls.key.isSet ? .list(reading.elements.map { values[$0] }) : values[reading.value]
            all.append(
                (
                    Interval(accesses.operation(reading.operation), reading.operation),
                    Call(.read, result: result)
                ))
        }
        all.sort { $0.interval.operation < $1.interval.operation }
        add(all)
    }

    private mutating func add(_ all: [(interval: Interval, call: Call)]) {
        for (interval, call) in all {
            let ordinal = interval.operation
            let process = accesses.operation(ordinal).process.client ?? 0
            search.add(
                operation: ordinal, process: Int32(truncatingIfNeeded: process),
                call: accesses.history.call(ordinal),
                ret: accesses.history.ret(ordinal), call)
        }
    }

    func check(_ budget: inout SearchBudget) -> KeyVerdict {
        switch search.check(&budget) {
        case .linearizable: .linearizable
        case .violated(let operations, let last, let isFromAnywhere):
            .violated([anomaly(operations, last, isFromAnywhere)])
        case .undecided(let reason, let passed):
            .undecided(
                "\(calls.key.title): \(reason) among \(search.operations.count) operations"
                    + (passed.map { "; up to the end of operation \(accesses.index($0)) there is an order" } ?? "")
                    + ": write unique values, use more keys or fewer clients, or raise the limit")
        }
    }

    private func anomaly(_ operations: [Int], _ last: Int, _ isFromAnywhere: Bool) -> Anomaly {
        let shown = Set(operations).union(seenUpdate(last))
        return Anomaly(
            .notLinearizable, key: calls.key.name, Proof(accesses, calls).steps(shown),
            detail: isFromAnywhere ? "whatever the key held before these operations" : nil)
    }

    /// The latest update whose value the last operation saw: readers want to know where it comes from.
    private func seenUpdate(_ last: Int) -> [Int] {
        guard let reading = calls.readings.first(where: { $0.operation == last }), !calls.key.isSet else {
            return []
        }
        let end = Interval(accesses.operation(last), last).ret
        let writers = calls.updates.filter {
            $0.value == reading.value && Interval(accesses.operation($0.operation), $0.operation).call <= end
        }
        return writers.max { $0.operation < $1.operation }.map { [$0.operation] } ?? []
    }
}
