import HistoryModel

/// What the run exercised, whatever is checked: answers of each kind, of each client, in each fault window.
struct Exercise {
    /// The names of the counts that are made here.
    let names: Set<String> = [
        "ok-read", "ok-write", "ok-cas", "ok-add", "ok-increment", "ok-append", "ok-reserve", "ok-txn",
        "least-ok-per-client", "least-ok-per-fault-window",
        "least-tried-per-fault-window",
    ]
    private var counts: [String: Int] = [:]
    /// Where a least count was found.
    private var places: [String: String] = [:]

    init(_ history: History, _ options: CheckOptions) {
        // Final reads and dumps come after the faults, from whoever makes them: they exercise nothing.
        let dump = history.functions.firstIndex(of: "dump")
        let ordinals = (0..<history.columns.count).filter {
            Int(history.columns.function[$0].number) != dump && !history.isFinal($0)
        }
        countFunctions(history, ordinals)
        countClients(history, ordinals, options.clients)
        countWindows(history, ordinals, options.faultsWithoutService)
    }

    /// `nil` where the count makes no sense for this history.
    func count(_ name: String) -> Int? { counts[name] }

    func place(_ name: String) -> String? { places[name] }

    private mutating func countFunctions(_ history: History, _ ordinals: [Int]) {
        let columns = history.columns
        var invoked = [Int](repeating: 0, count: history.functions.count)
        var answered = invoked
        for ordinal in ordinals {
            let function = Int(columns.function[ordinal].number)
            invoked[function] += 1
            if columns.outcome[ordinal] == .ok { answered[function] += 1 }
        }
        for (number, function) in history.functions.enumerated() where invoked[number] > 0 {
            if names.contains("ok-\(function)") { counts["ok-\(function)"] = answered[number] }
        }
    }

    private mutating func countClients(_ history: History, _ ordinals: [Int], _ clients: Int?) {
        let columns = history.columns
        var byPlace = [Int](repeating: -1, count: history.clients.count)
        for ordinal in ordinals {
            let place = Int(columns.process[ordinal])
            byPlace[place] = max(byPlace[place], 0) + (columns.outcome[ordinal] == .ok ? 1 : 0)
        }
        var answered: [Int: Int] = [:]
        for client in 0..<(clients ?? 0) { answered[client] = 0 }
        for (process, count) in zip(history.clients, byPlace) where count >= 0 {
            answered[clients.map { process % $0 } ?? process, default: 0] += count
        }
        note("least-ok-per-client", answered.map { (name: "client \($0.key)", count: $0.value) })
    }

    private mutating func countWindows(_ history: History, _ ordinals: [Int], _ withoutService: Set<String>) {
        guard !history.faultWindows.isEmpty else { return }
        let operations = ordinals.map { history.operations[$0] }
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

extension History {
    /// True for reads of the last phase, after healing and catching up.
    func isFinal(_ ordinal: Int) -> Bool {
        let metas = metas(ordinal)
        return isFinal(metas.invocation) || isFinal(metas.completion)
    }

    private func isFinal(_ meta: ValueRef) -> Bool {
        !meta.isNull && (values.member("final", of: meta) ?? values.member("final?", of: meta)) == .true
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
