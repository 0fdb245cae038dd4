import Faults
import Generators
import HistoryModel
import Workloads

/// One perfect copy of the data: plays a load on a virtual clock, and gives the history of a system that keeps every
/// promise and knows no faults.
struct LoadModel {
    private var values: [String: Value] = [:]
    private var events: [Event] = []
    /// Nanoseconds from invocation to effect, and from effect to completion.
    private let half: Int64 = 1_000_000

    /// Plays the load and the last phase.
    mutating func play(_ plan: Plan) throws -> History {
        guard case .load(var generator, _, let duration, _) = plan.work else { return try History([]) }
        let end = run(&generator, clients: plan.clients, from: 0)
        var finals = plan.finalReads(of: generator.keys)
        let after = run(&finals, clients: plan.clients, from: max(end, duration.nanoseconds))
        for (place, node) in plan.nodes.enumerated() {
            let pairs = values.sorted { $0.key < $1.key }.map { Value.list([.string($0.key), $0.value]) }
            let dump = PlannedOperation(f: "dump", node: node, isFinal: true)
            record(dump, process: 0, at: after + Int64(place) * 4 * half, result: .list(pairs))
        }
        let ordered = events.enumerated().sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }
        return try History(
            ordered.enumerated().map { place, event in
                var event = event.element
                event.index = place
                return event
            })
    }

    /// When each client asks next; ties go by number.
    private mutating func run(_ generator: inout some Generator, clients: Int, from start: Int64) -> Int64 {
        var free = [Int64](repeating: start, count: clients)
        var isDone = [Bool](repeating: false, count: clients)
        var open: [Int: (PlannedOperation, Value)] = [:]
        while let client = free.indices.filter({ !isDone[$0] }).min(by: { free[$0] < free[$1] }) {
            let time = free[client]
            if let (operation, result) = open.removeValue(forKey: client) {
                generator.update(
                    CompletedOperation(
                        process: client, clients: clients, time: time, operation: operation, outcome: .ok,
                        result: result))
            }
            switch generator.next(GeneratorContext(time: time, process: client, clients: clients)) {
            case .exhausted: isDone[client] = true
            case .pending(let until): free[client] = max(until ?? 0, time + 1)
            case .operation(let operation):
                let result = apply(operation)
                record(operation, process: client, at: time, result: result)
                open[client] = (operation, result)
                free[client] = time + half * 2
            }
        }
        return free.max() ?? start
    }

    private mutating func apply(_ operation: PlannedOperation) -> Value {
        guard let key = operation.key else {
            if operation.f == "open", case .object(let balances) = operation.value {
                for balance in balances { values[balance.name] = balance.value }
            }
            if operation.f == "transfer" { return transfer(operation.value) }
            guard operation.f == "txn" else { return operation.value }
            return .list(
                (operation.value.list ?? []).map { read in
                    ["r", read.list?[1] ?? .null, values[read.list?[1].string ?? ""] ?? .null]
                })
        }
        switch operation.f {
        case "write": values[key] = operation.value
        case "increment": values[key] = .int((values[key]?.int ?? 0) + (operation.value.int ?? 0))
        case "reserve":
            guard values[key] == nil else { return Self.refusal }
            values[key] = operation.value
        case "add", "append": values[key] = .list((values[key]?.list ?? []) + [operation.value])
        case "cas":
            guard values[key] == operation.value.list?.first else { return Self.refusal }
            values[key] = operation.value.list?.last
        default:
            return values[key] ?? (operation.shape == .set || operation.shape == .list ? [] : .null)
        }
        return operation.value
    }

    private static let refusal: Value = "cas-failed"

    private mutating func transfer(_ value: Value) -> Value {
        guard let from = value["from"]?.string, let to = value["to"]?.string, let amount = value["amount"]?.int,
            let left = values[from]?.int, let right = values[to]?.int, left >= amount
        else { return Self.refusal }
        values[from] = .int(left - amount)
        values[to] = .int(right + amount)
        return value
    }

    private mutating func record(_ operation: PlannedOperation, process: Int, at time: Int64, result: Value) {
        let isFailed = result == Self.refusal
        var event = Event(
            index: 0, time: time, process: .client(process), type: .invoke, f: operation.f, key: operation.key,
            value: operation.value, node: operation.node, meta: operation.isFinal ? ["final": true] : .null)
        events.append(event)
        event.time = time + half * 2
        event.type = isFailed ? .fail : .ok
        event.value = isFailed ? operation.value : result
        event.error = isFailed ? "cas-failed" : nil
        event.meta = .null
        events.append(event)
    }
}
