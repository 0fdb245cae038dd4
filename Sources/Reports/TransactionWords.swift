import Checkers
import HistoryModel

/// Anomalies of transactions in words; a transaction is named `T` and the index of its operation.
struct TransactionWords {
    private let words: AnomalyWords
    private var anomaly: Anomaly { words.anomaly }

    init(_ words: AnomalyWords) {
        self.words = words
    }

    /// What happened; `nil` if this is no anomaly of transactions.
    var lead: String? {
        if !anomaly.cycle.isEmpty { return cycle }
        let reader = name(.violatingRead) ?? "A transaction"
        let writer = name(.seenWrite) ?? "another transaction"
        return switch anomaly.kind {
        case .abortedRead:
            "\(reader) read \(what), which \(writer) wrote, and \(writer) did not commit (aborted read)."
        case .intermediateRead:
            "\(reader) read \(what), which \(writer) wrote and replaced itself before it committed (intermediate read)."
        case .internalRead: "\(reader) did not see \(place) as it had left it itself: \(what)."
        case .nonRepeatableRead: "\(reader) read \(place) twice and saw two states, neither its own work."
        case .garbageRead: "\(reader) read \(what), which is no list."
        case .duplicateElements: "\(reader) read \(what) more than once in one list, where it was appended once."
        case .incompatibleOrder: "\(orders)"
        case .dirtyUpdate:
            "\(name(.expectedWrite) ?? "A transaction") built on \(what), which \(writer) wrote without committing."
        case .lostUpdate: "\(lost)"
        case .noOrder:
            "No order of these \(Words.count(anomaly.evidence.count, "transaction")) explains what they read."
        default: nil
        }
    }

    private func name(_ role: Anomaly.Role) -> String? {
        words.steps.first { $0.role == role }.map { Self.name($0.index) }
    }

    private static func name(_ index: Int) -> String { "T\(index)" }

    /// `7 of key "x"`; what was seen stands in the detail.
    private var what: String { (anomaly.detail.map { "\(Words.cut($0, 40)) of " } ?? "") + place }

    private var place: String { anomaly.key.map { "key \"\(Words.cut($0, 60))\"" } ?? "a key" }

    private var orders: String {
        guard let earlier = name(.earlierRead) else {
            return "\(name(.violatingRead) ?? "A transaction") read \(what) without what "
                + "\(name(.seenWrite) ?? "its transaction") had appended before it."
        }
        return
            "\(earlier) and \(name(.violatingRead) ?? "another") read \(place) in orders that exclude one another."
    }

    private var lost: String {
        let names = words.steps.filter { $0.role == .conflicting }.map { Self.name($0.index) }
        return "\(Words.list(names)) read the same state of \(place) and both replaced it: one update is lost."
    }

    /// The cycle, link by link, and what it is called.
    private var cycle: String {
        let links = anomaly.cycle.map(Self.sentence)
        return Words.capital(links.joined(separator: "; ")) + " (\(anomaly.kind.rawValue))."
    }

    private static func sentence(_ link: Anomaly.Dependency) -> String {
        let (from, to) = (name(link.from), name(link.to))
        let key = link.key.map { Words.cut($0, 60) } ?? "a key"
        let value = link.value.map { Words.value($0, limit: 40) } ?? "a value"
        let next = link.next.map { Words.value($0, limit: 40) } ?? "a value"
        return switch link.kind {
        case .ww: "\(from) wrote \(value) to \(key) before \(to) wrote \(next)"
        case .wr: "\(to) read \(key)=\(value), which holds what \(from) wrote"
        case .rw: "\(from) read \(key)=\(value) and so came before \(to), which wrote \(next)"
        case .session: "\(from) came before \(to) in one session"
        case .realTime: "\(from) completed before \(to) began"
        case .commit:
            "\(from), which wrote \(key) too, came before \(to), because \(link.reader.map(name) ?? "a transaction") "
                + "saw it and read \(next) from \(to)"
        }
    }
}
