import Checkers
import HistoryModel

/// Anomalies of queues, counters, banks, calendars, identifiers and of the cluster itself in words.
struct TotalWords {
    private let words: AnomalyWords
    private var anomaly: Anomaly { words.anomaly }

    init(_ words: AnomalyWords) { self.words = words }

    /// What happened; `nil` if this is no anomaly of these.
    var lead: String? {
        let who = words.operation(.violatingRead).map { "Process \($0.process.words)" } ?? "Somebody"
        let what = anomaly.detail.map { Words.cut($0, 60) } ?? "an element"
        let told = anomaly.detail.map { Words.cut($0, 200) } ?? "see the nodes' events"
        let key = anomaly.key.map { " of key \"\(Words.cut($0, 60))\"" } ?? ""
        return switch anomaly.kind {
        case .duplicatedElement: "\(who) got \(what)\(key) more often than it had been put there."
        case .lostElement: "\(what)\(key) was acknowledged and never came out, though nothing was left."
        case .unexpectedElement: "\(who) got an element\(key) that had never gone in: \(what)."
        case .duplicateID: "An identifier\(key) was given out again: \(what)."
        case .wrongTotal: "\(who) saw money\(key) appear or vanish: \(what)."
        case .negativeBalance: "\(who) saw an account\(key) overdrawn: \(what)."
        case .missingBalance: "\(who) saw an account\(key) without balance: \(what)."
        case .counterOutOfBounds: "\(who) read a counter\(key) that was never there: \(what)."
        case .doubleBooking: "One slot\(key) was given to two: \(what)."
        case .lostBooking: "A reservation\(key) vanished and nobody was told: \(what)."
        case .unknownHolder: "\(who) found a slot\(key) with somebody who never got it: \(what)."
        case .twoLeaders: "Two led at once: \(told)."
        case .twoVotes: "A member voted twice: \(told)."
        case .forgottenTerm: "A member forgot a term: \(told)."
        case .logContradiction: "A node found its log contradicted: \(told)."
        case .positionTwice: "One place of the log was acknowledged for two updates: \(told)."
        case .positionWentBack: "An update came before an earlier one in the log: \(told)."
        case .noProgress: "It does not go on after it was healed: \(told)."
        default: nil
        }
    }
}
