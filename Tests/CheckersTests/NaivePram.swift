import HistoryModel

/// PRAM spelled out: for each session some order of all writes, which contains the order of each session's writes and all that
/// this session did, explains what it read. Registers only.
struct NaivePram {
    private let sessions: NaiveSessions
    /// By session: its operations.
    private let rows: [[Int]]

    /// Of all operations, or of those with the given indices.
    init(_ history: History, only indices: Set<Int>? = nil) {
        let sessions = NaiveSessions(history, only: indices)
        self.sessions = sessions
        rows = Set(sessions.session).sorted().map { session in
            sessions.operations.indices.filter { sessions.session[$0] == session }
        }
    }

    /// True if some session cannot have seen all this in any order.
    var isBroken: Bool {
        rows.indices.contains { observer in
            var search = Search(sessions, rows, observer)
            return !search.canGoOn(State(next: rows.map { _ in 0 }, held: [:]))
        }
    }

    private struct State: Hashable {
        /// By session: how many of its operations took place.
        var next: [Int]
        var held: [String?: NaiveSessions.Write]
        /// The observer has read, and not written yet: no promise makes both one step.
        var hasRead = false
    }

    private struct Search {
        let sessions: NaiveSessions
        let rows: [[Int]]
        let observer: Int
        var hopeless: Set<State> = []

        init(_ sessions: NaiveSessions, _ rows: [[Int]], _ observer: Int) {
            (self.sessions, self.rows, self.observer) = (sessions, rows, observer)
        }

        /// Tries whose operation comes next, until the observer has done everything.
        mutating func canGoOn(_ state: State) -> Bool {
            if state.next[observer] == rows[observer].count { return true }
            guard !hopeless.contains(state) else { return false }
            for session in rows.indices where state.next[session] < rows[session].count {
                let operation = rows[session][state.next[session]]
                var after = state
                if session == observer, !state.hasRead {
                    guard explains(state, operation) else { continue }
                    after.hasRead = true
                } else {
                    after.next[session] += 1
                    for write in sessions.writes(operation) { after.held[write.key] = write }
                    if session == observer { after.hasRead = false }
                }
                if canGoOn(after) { return true }
            }
            hopeless.insert(state)
            return false
        }

        /// Whether the observer reads what is there; of what nobody can tell who wrote it, nothing is asked.
        private func explains(_ state: State, _ operation: Int) -> Bool {
            guard sessions.operations[operation].outcome == .ok else { return true }
            return sessions.reads(operation).allSatisfy { read in
                if sessions.isInitial(read, operation) { return state.held[read.key] == nil }
                guard let source = sessions.source(read, operation), source.operation != operation else {
                    return true
                }
                return state.held[read.key] == source
            }
        }
    }
}
