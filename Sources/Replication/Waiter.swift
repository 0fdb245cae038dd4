/// A client that waits until an entry counts as the design wants.
struct Waiter: Sendable {
    var request: RequestID
    var lsn: LSN
    var deadline: Moment
    var answer: ClientAnswer
    /// Whether an entry was written, rather than state observed.
    var isWrite: Bool

    /// The answer when its time is over: what was written may count later.
    func late(_ unknown: String, _ failed: String) -> ClientAnswer {
        ended(.unknown(.stalled, unknown), .failed(.timeout, failed))
    }

    /// The answer of a node that no longer takes writes: nobody can promise anything.
    func deposed(_ unknown: String, _ failed: String) -> ClientAnswer {
        ended(.unknown(.deposed, unknown), .failed(.deposed, failed))
    }

    private func ended(_ written: Reply, _ observed: Reply) -> ClientAnswer {
        var answer = answer
        answer.reply = isWrite ? written : observed
        return answer
    }
}
