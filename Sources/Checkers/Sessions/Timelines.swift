import HistoryModel

/// Which timeline of the system a write belongs to: after a failover, writes of the old one may be gone.
///
/// Replies say it (`tli` in the completion's metadata). A history in which they do not, and in which nobody was promoted,
/// has one timeline. With a promotion and without `tli`, only what completed before the nemesis first spoke is known.
struct Timelines {
    private let history: History
    private let isSingle: Bool
    private let isTold: Bool
    /// Where the nemesis first spoke.
    private let quietUntil: Int

    init(_ history: History) {
        self.history = history
        let told = Set(history.operations.compactMap { $0.meta["tli"]?.int })
        let isPromoted = history.nemesis.contains { $0.f == "promote" }
        isTold = !told.isEmpty
        isSingle = told.count <= 1 && !isPromoted
        quietUntil = history.nemesis.first?.index ?? .max
    }

    /// The timeline of an operation, `nil` if nobody knows.
    func timeline(_ ordinal: Int) -> Int64? {
        if isSingle { return 0 }
        let operation = history.operations[ordinal]
        if isTold { return operation.meta["tli"]?.int }
        guard let completion = operation.completion, operation.outcome == .ok else { return nil }
        return completion.index < quietUntil ? 0 : nil
    }

    /// True if both are known to lie on one timeline.
    func areSame(_ first: Int, _ second: Int) -> Bool {
        guard let timeline = timeline(first) else { return false }
        return timeline == self.timeline(second)
    }
}
