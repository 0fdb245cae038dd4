import HistoryModel

/// What each session did: a session is one process up to its first `info`, after which nothing it promised holds.
struct PlantSessions {
    /// The operations of each session, in program order.
    private(set) var operations: [[Int]] = []
    /// By operation: its session.
    private(set) var session: [Int] = []

    init(_ history: History) {
        let columns = history.columns
        var current = [Int](repeating: -1, count: history.clients.count)
        session.reserveCapacity(columns.count)
        for ordinal in 0..<columns.count {
            let process = Int(columns.process[ordinal])
            if current[process] < 0 {
                current[process] = operations.count
                operations.append([])
            }
            session.append(current[process])
            operations[current[process]].append(ordinal)
            if columns.outcome[ordinal] == .info { current[process] = -1 }
        }
    }
}
