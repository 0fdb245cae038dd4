import Determinism
import Generators
import HistoryModel

/// Runs a generator on a virtual clock: each client asks, waits for its answer, and asks again.
///
/// An operation takes `latency`, and ends as `outcome` says. Reads answer what was written last.
struct VirtualRun {
    struct Line: Hashable {
        var time: Int64
        var process: Int
        var operation: PlannedOperation
        var outcome: EventType
        var result: Value
    }

    var clients = 3
    var latency: Int64 = 1_000_000
    var limit = 1000
    var outcome: @Sendable (Int, PlannedOperation) -> EventType = { _, _ in .ok }

    /// What was done, by time of asking.
    func run(_ generator: inout some Generator) -> [Line] {
        var state = VirtualState()
        var lines: [Line] = []
        var free = (0..<clients).map { (time: Int64(0), process: $0) }
        var open: [(end: Int64, line: Line)] = []
        while lines.count < limit, let asker = free.min(by: { ($0.time, $0.process) < ($1.time, $1.process) }) {
            for done in open.filter({ $0.end <= asker.time }) {
                complete(done.line, at: done.end, &generator)
            }
            open.removeAll { $0.end <= asker.time }
            let place = free.firstIndex { $0.process == asker.process } ?? 0
            let context = GeneratorContext(time: asker.time, process: asker.process, clients: clients)
            switch generator.next(context) {
            case .exhausted: free.remove(at: place)
            case .pending(let until): free[place].time = max(until ?? 0, asker.time + 1)
            case .operation(let operation):
                let outcome = outcome(lines.count, operation)
                let result = state.apply(operation, outcome)
                let line = Line(
                    time: asker.time, process: asker.process, operation: operation, outcome: outcome, result: result
                )
                lines.append(line)
                open.append((asker.time + latency, line))
                free[place].time = asker.time + latency
                if outcome == .info { free[place].process += clients }
            }
        }
        return lines
    }

    private func complete(_ line: Line, at time: Int64, _ generator: inout some Generator) {
        generator.update(
            CompletedOperation(
                process: line.process, clients: clients, time: time, operation: line.operation,
                outcome: line.outcome,
                result: line.result))
    }
}

/// A register for each key.
private struct VirtualState {
    private var values: [String: Value] = [:]

    mutating func apply(_ operation: PlannedOperation, _ outcome: EventType) -> Value {
        guard outcome == .ok else { return .null }
        guard let key = operation.key else { return several(operation) }
        switch operation.f {
        case "read": return values[key] ?? .null
        case "write": values[key] = operation.value
        case "cas" where values[key] == operation.value.list?.first: values[key] = operation.value.list?.last
        default: break
        }
        return .null
    }

    private mutating func several(_ operation: PlannedOperation) -> Value {
        if case .object(let balances) = operation.value, operation.f == "open" {
            for balance in balances { values[balance.name] = balance.value }
        }
        return .list(
            (operation.value.list ?? []).map { read in
                ["r", read.list?[1] ?? .null, values[read.list?[1].string ?? ""] ?? .null]
            })
    }
}

extension [VirtualRun.Line] {
    /// `process function key value` of every line, for diagrams.
    var transcript: [String] {
        map { line in
            let value = line.operation.value.int.map { "=\($0)" } ?? ""
            return "\(line.process) \(line.operation.f) \(line.operation.key ?? "")\(value)"
        }
    }
}
