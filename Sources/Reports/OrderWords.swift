import Checkers
import HistoryModel

/// Anomalies about orders of operations in words; an operation is named by its index.
struct OrderWords {
    private let words: AnomalyWords
    private var anomaly: Anomaly { words.anomaly }

    init(_ words: AnomalyWords) {
        self.words = words
    }

    /// What happened; `nil` if this is no such anomaly.
    var lead: String? {
        switch anomaly.kind {
        case .missedCause:
            "\(reader) read \(seen)\(place) without \(missed), of which it knew: \(chain)."
        case .replacedRead:
            "\(reader) read \(seen)\(place), which \(missed) had replaced, and it knew of that: \(chain)."
        case .causalityCycle: "What led to what goes in a circle: \(circle)."
        case .commitOrderCycle where isPlain: "No one order of all writes fits what was seen: \(circle)."
        case .noSequentialOrder: none("operations that keeps the order of each session")
        case .noWriteOrder: none("writes")
        case .longFork: fork
        case .noObserverOrder:
            "\(reader) saw the writes of some session out of their order: no order of all writes explains its reads."
        default: nil
        }
    }

    /// Whether no transaction writes: those have words of their own.
    private var isPlain: Bool {
        words.steps.allSatisfy { step in
            step.operation.map { operation in
                operation.f != "txn"
                    || (operation.argument.list ?? []).allSatisfy { $0.list?.first == "r" }
            } ?? true
        }
    }

    private func none(_ what: String) -> String {
        guard anomaly.cycle.isEmpty else {
            return "No one order of all \(what) explains what was read: \(circle)."
        }
        return
            "No one order of all \(what) explains what these \(Words.count(words.steps.count, "operation")) show."
    }

    // MARK: Reads

    private var reader: String {
        words.operation(.violatingRead).map { "Process \($0.process.words)" } ?? "A session"
    }

    private var place: String { anomaly.key.map { " of key \"\(Words.cut($0, 60))\"" } ?? "" }

    private var seen: String {
        guard let read = words.operation(.violatingRead), read.f == "read" else {
            let value = anomaly.cycle.last?.value
            return value.map { $0.isNull ? "nothing" : Words.value($0, limit: 40) } ?? "an older state"
        }
        return read.result.isNull ? "nothing" : Words.value(read.result, limit: 40)
    }

    private var missed: String {
        guard let write = words.operation(.expectedWrite) else { return "a write" }
        let value = anomaly.cycle.first?.value ?? anomaly.cycle.last?.next ?? write.argument
        let written = write.f == "write" || write.f == "cas" ? anomaly.cycle.last?.next ?? value : write.argument
        return
            "the \(write.f == "append" || write.f == "add" ? write.f : "write") of \(Words.value(written, limit: 40))"
    }

    private var fork: String {
        let reads = words.steps.filter { $0.role == .violatingRead }.map { "operation \($0.index)" }
        let writes = words.steps.filter { $0.role == .seenWrite }.map { "operation \($0.index)" }
        return Words.capital(Words.list(reads))
            + " saw writes in opposite orders (long fork): of what \(Words.list(writes)) wrote, each shows something that "
            + "the other one misses."
    }

    // MARK: Circles

    /// How the write that was missed led to the read.
    private var chain: String {
        anomaly.cycle.dropLast().map(sentence).joined(separator: "; ")
    }

    private var circle: String { anomaly.cycle.map(sentence).joined(separator: "; ") }

    private func sentence(_ link: Anomaly.Dependency) -> String {
        let (from, to) = ("operation \(link.from)", "operation \(link.to)")
        let key = link.key.map { "key \"\(Words.cut($0, 60))\"" } ?? "a key"
        let value = link.value.map { $0.isNull ? "nothing" : Words.value($0, limit: 40) } ?? "a value"
        let next = link.next.map { Words.value($0, limit: 40) } ?? "a value"
        let adds = words.steps.contains { $0.index == link.to && $0.operation?.f == "add" }
        return switch link.kind {
        case .ww: "\(from) wrote \(value) to \(key) before \(to) wrote \(next)"
        case .wr: "\(to) read \(value) of \(key), which \(from) wrote"
        case .rw where adds: "\(from) read \(key) without \(next) and so came before \(to), which added it"
        case .rw: "\(from) read \(value) of \(key) and so came before \(to), which wrote \(next)"
        case .session: "\(from) came before \(to) in one session"
        case .realTime: "\(from) was over before \(to) began"
        case .commit:
            "\(from), which wrote \(value) to \(key), came before \(to), because "
                + "\(link.reader.map { "operation \($0)" } ?? "a reader") came after it and read \(next) from \(to)"
        }
    }
}
