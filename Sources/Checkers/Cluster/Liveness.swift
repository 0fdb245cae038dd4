import HistoryModel

/// Once everything is healed, the system goes on: clients get something answered, and replicas catch up.
///
/// A moment counts if a fault ends, no other one is on, and none begins for `patience`: whoever still asks in the second
/// half of that time must have seen an answer to some operation of the kind, be it an update or a read. In the last phase
/// replicas must catch up, within the time that the run waits for them, and some of the final reads be answered.
struct Liveness {
    /// How long a system may take after it was healed, in nanoseconds.
    static let patience: Int64 = 10_000_000_000

    private let history: History
    private var draft: VerdictDraft
    private let ordinals: [Int]

    static func draft(_ history: History, _ options: CheckOptions) -> VerdictDraft {
        var liveness = Liveness(history, options)
        liveness.checkHealings()
        liveness.checkLastPhase()
        return liveness.draft
    }

    private init(_ history: History, _ options: CheckOptions) {
        self.history = history
        draft = VerdictDraft(.liveness, options, algorithm: "answers after each healing (exact)")
        ordinals = (0..<history.columns.count).filter { !history.isFinal($0) && !Self.isDump($0, history) }
    }

    private static func isDump(_ ordinal: Int, _ history: History) -> Bool {
        history.functions[Int(history.columns.function[ordinal].number)] == "dump"
    }

    private func isRead(_ ordinal: Int) -> Bool {
        let function = history.functions[Int(history.columns.function[ordinal].number)]
        return function == "read" || function == "txn"
    }

    // MARK: While clients work

    private mutating func checkHealings() {
        let windows = history.faultWindows
        for window in windows {
            guard let end = window.end, !windows.contains(where: { $0.start <= end && end < $0.end ?? .max }) else {
                continue
            }
            let next = windows.map(\.start).filter { $0 > end }.min() ?? .max
            guard next >= end + Self.patience else { continue }
            check(ordinals.filter(isRead), "reads", window, end)
            check(ordinals.filter { !isRead($0) }, "updates", window, end)
        }
    }

    private mutating func check(_ ordinals: [Int], _ what: String, _ window: FaultWindow, _ healed: Int64) {
        let limit = healed + Self.patience
        let asked = ordinals.map { history.operations[$0] }.filter { (healed..<limit).contains($0.invocation.time) }
        guard !asked.isEmpty else { return }
        let isAnswered = ordinals.contains { ordinal in
            let operation = history.operations[ordinal]
            guard operation.outcome == .ok, let time = operation.completion?.time else { return false }
            return (healed...limit).contains(time)
        }
        guard !isAnswered else { return draft.count("healings") }
        guard let late = asked.first(where: { $0.invocation.time >= healed + Self.patience / 2 }) else { return }
        draft.count("healings")
        draft.report(
            Anomaly(
                .noProgress, [Anomaly.Step(late.index, .conflicting)],
                detail:
                    "no \(what) are answered for \(Self.patience / 1_000_000_000) s after \(window.fault) was healed"
            ))
    }

    // MARK: In the last phase

    private mutating func checkLastPhase() {
        let notes = history.nemesis.filter { $0.f == "phase" }
        for note in notes {
            switch note.value["name"]?.string {
            case "caught-up": draft.count("healings")
            case "not-caught-up":
                draft.count("healings")
                let detail = note.value["detail"]?.string.map { ": \($0)" } ?? ""
                draft.report(Anomaly(.noProgress, [], detail: "replicas do not catch up\(detail)"))
            default: break
            }
        }
        let finals = (0..<history.columns.count).filter { history.isFinal($0) && !Self.isDump($0, history) }
        guard let first = finals.first, !finals.contains(where: { history.columns.outcome[$0] == .ok }) else {
            return
        }
        draft.report(
            Anomaly(
                .noProgress, [Anomaly.Step(history.operations[first].index, .finalRead)],
                detail: "none of the final reads is answered"))
    }
}
