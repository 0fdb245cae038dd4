import HistoryModel

/// What each session did: a session is one process up to its first `info`, after which nothing it promised holds.
struct Sessions {
    /// The operations of each session, in program order.
    private(set) var operations: [[Int]] = []
    /// By operation: its session.
    private(set) var session: [Int]
    /// By operation: its place in the session, from 1.
    private(set) var place: [Int]

    init(_ history: History) {
        session = [Int](repeating: 0, count: history.operations.count)
        place = session
        var current: [ProcessID: Int] = [:]
        for (ordinal, operation) in history.operations.enumerated() {
            let number = current[operation.process] ?? operations.count
            if number == operations.count { operations.append([]) }
            session[ordinal] = number
            operations[number].append(ordinal)
            place[ordinal] = operations[number].count
            current[operation.process] = operation.outcome == .info ? nil : number
        }
    }
}

/// One moment of an operation: its invocation, or its completion if it has one.
struct Moment {
    var index: Int
    var operation: Int
    var isReturn: Bool

    /// All moments of a history in the order of its lines.
    static func all(_ history: History) -> [Moment] {
        var moments: [Moment] = []
        moments.reserveCapacity(2 * history.operations.count)
        for (ordinal, operation) in history.operations.enumerated() {
            moments.append(Moment(index: operation.index, operation: ordinal, isReturn: false))
            guard let completion = operation.completion else { continue }
            moments.append(Moment(index: completion.index, operation: ordinal, isReturn: true))
        }
        return moments.sorted { $0.index < $1.index }
    }
}
