import HistoryModel

/// What the run exercised, whatever is checked: answers of each kind, of each client, in each fault window.
struct Exercise {
    /// The names of the counts that are made here.
    let names: Set<String> = [
        "ok-read", "ok-write", "ok-cas", "ok-add", "ok-txn", "least-ok-per-client", "least-ok-per-fault-window",
        "least-tried-per-fault-window",
    ]
    private var counts: [String: Int] = [:]
    /// Where a least count was found.
    private var places: [String: String] = [:]

    init(_ history: History, _ options: CheckOptions) {
        // Final reads and dumps come after the faults, from whoever makes them: they exercise nothing.
        let operations = history.operations.filter { !$0.isFinal && $0.f != "dump" }
        countFunctions(operations)
        countClients(operations, options.clients)
        countWindows(history, operations, options.faultsWithoutService)
    }

    /// `nil` where the count makes no sense for this history.
    func count(_ name: String) -> Int? { counts[name] }

    func place(_ name: String) -> String? { places[name] }

    private mutating func countFunctions(_ operations: [HistoryModel.Operation]) {
        for operation in operations where names.contains("ok-\(operation.f)") {
            counts["ok-\(operation.f)", default: 0] += operation.outcome == .ok ? 1 : 0
        }
    }

    private mutating func countClients(_ operations: [HistoryModel.Operation], _ clients: Int?) {
        var answered: [Int: Int] = [:]
        for client in 0..<(clients ?? 0) { answered[client] = 0 }
        for operation in operations {
            guard let process = operation.process.client else { continue }
            answered[clients.map { process % $0 } ?? process, default: 0] += operation.outcome == .ok ? 1 : 0
        }
        note("least-ok-per-client", answered.map { (name: "client \($0.key)", count: $0.value) })
    }

    private mutating func countWindows(
        _ history: History, _ operations: [HistoryModel.Operation], _ withoutService: Set<String>
    ) {
        let answers = operations.filter { $0.outcome == .ok }.compactMap { $0.completion?.time }.sorted()
        let attempts = operations.map { $0.invocation.time }.sorted()
        let (dead, alive) = history.faultWindows.reduce(into: ([FaultWindow](), [FaultWindow]())) {
            if withoutService.contains($1.fault) { $0.0.append($1) } else { $0.1.append($1) }
        }
        note("least-ok-per-fault-window", alive.map { ("fault \($0.fault)", Self.within($0, answers)) })
        note("least-tried-per-fault-window", dead.map { ("fault \($0.fault)", Self.within($0, attempts)) })
    }

    /// How many of the sorted times lie in the window.
    private static func within(_ window: FaultWindow, _ times: [Int64]) -> Int {
        let first = times.partitioningIndex { $0 >= window.start }
        let last = window.end.map { end in times.partitioningIndex { $0 > end } } ?? times.count
        return max(0, last - first)
    }

    private mutating func note(_ name: String, _ candidates: [(name: String, count: Int)]) {
        guard let least = candidates.min(by: { ($0.count, $0.name) < ($1.count, $1.name) }) else { return }
        counts[name] = least.count
        places[name] = least.name
    }
}

extension Array {
    /// The first position whose element belongs to the second part, in an array that is so divided.
    func partitioningIndex(_ belongsToSecond: (Element) -> Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if belongsToSecond(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
