import Checkers
import HistoryModel

/// An anomaly in words: what happened in one sentence, and what each operation of the proof shows.
struct AnomalyWords {
    /// One operation of the proof.
    struct Step {
        /// The number it has in words and picture, from 1.
        var number: Int
        var role: Anomaly.Role
        /// What it shows.
        var roleWords: String
        /// Whether it is what gives the violation away.
        var isTelling: Bool
        /// `nil` if the history does not hold it.
        var operation: Operation?
        var index: Int
    }

    let anomaly: Anomaly
    let steps: [Step]
    private let windows: [FaultWindow]
    private let stale: StaleRead?
    /// Why an object's operations fit into no order, if that can be said in a sentence.
    private let flaw: ObjectFlaw?

    init(_ anomaly: Anomaly, in history: OperationIndex) {
        self.anomaly = anomaly
        windows = history.faultWindows
        let operations = anomaly.evidence.map { history[$0.operation] }
        let stale = anomaly.kind == .notLinearizable ? StaleRead(in: operations.compactMap { $0 }) : nil
        self.stale = stale
        let flaw =
            anomaly.kind == .notLinearizable && stale == nil
            ? ObjectFlaw(in: operations.compactMap { $0 }, detail: anomaly.detail) : nil
        self.flaw = flaw
        let hasReader = stale != nil || flaw != nil || anomaly.evidence.contains { $0.role == .violatingRead }
        steps = anomaly.evidence.enumerated().map { place, step in
            let isTeller = flaw != nil && flaw?.teller.index == operations[place]?.index
            let role = isTeller ? .violatingRead : stale?.role(of: operations[place]) ?? step.role
            return Step(
                number: place + 1, role: role, roleWords: role.words(in: anomaly.kind),
                isTelling: role == .violatingRead || role == .violatingWrite || role == .finalRead
                    || (role == .conflicting && !hasReader),
                operation: operations[place], index: step.operation)
        }
    }

    /// What happened.
    var lead: String {
        let key = anomaly.key.map { " of key \"\(Words.cut($0, 60))\"" } ?? ""
        let reader = operation(.violatingRead)
        let who = reader.map { "Process \($0.process.words)" } ?? "A session"
        let seen =
            reader.map { $0.result.isNull ? "nothing" : Words.value($0.result, limit: 40) } ?? "an older value"
        if let told = OrderWords(self).lead ?? TransactionWords(self).lead ?? TotalWords(self).lead { return told }
        switch anomaly.kind {
        case .notLinearizable:
            guard let stale else {
                return flaw.map { $0.sentence + "." }
                    ?? "No single order of the operations\(key) explains every answer."
            }
            let value = Words.value(stale.missed.argument, limit: 40)
            if stale.missed.f == "add" {
                return "\(who) did not find \(value)\(key) after its add was over: it read \(seen)."
            }
            return "\(who) read \(seen)\(key) after the write of \(value) was over."
        case .missedOwnWrite: return "\(who) did not see its own acknowledged write\(key): it read \(seen)."
        case .readWentBack: return "\(who) saw the value\(key) go back in time: \(back(seen))."
        case .writesOutOfOrder:
            return CrossKeyWords(self)?.lead(after: "it had written", preposition: "to")
                ?? "Two writes of one session\(key) are in the wrong order."
        case .writeBeforeItsCause:
            return CrossKeyWords(self)?.lead(after: "it knew of", preposition: "of")
                ?? "A write\(key) comes before what its session had read."
        case .brokenPrefix: return "One atomic read shows a state that never existed on its timeline."
        case .effectWithoutCause:
            return "\(who) saw \(effect) and afterwards missed its cause\(cause): it read \(seen)."
        case .lostWrite: return "\(lost) was acknowledged and is gone at the end."
        case .staleRead: return "\(who) missed \(missed)\(key), which was known before it began: it read \(seen)."
        case .rolledBackRead: return "\(who) read \(rolledBack ?? seen)\(key), which was rolled back later."
        case .phantomRead: return "\(who) read \(seen)\(key), which nobody ever wrote."
        case .readOfFailedWrite: return "\(who) read \(seen)\(key), whose write was reported as not done."
        case .divergedReplicas: return "After healing, the replicas do not hold the same\(key)."
        default: return "Transactions break this promise: \(anomaly.kind.rawValue)\(key)."
        }
    }

    /// That nobody can say which of several guarantees is broken; `nil` if it is that of the verdict alone.
    var together: String? {
        guard anomaly.together.count > 1 else { return nil }
        return "\(Words.capital(Words.list(anomaly.together.map(\.rawValue)))) together: "
            + "no single one of them is proven broken."
    }

    private var missed: String {
        operation(.expectedWrite).map {
            Words.value($0.f == "cas" ? $0.argument.list?.last ?? .null : $0.argument, limit: 40)
        }
            ?? "a write"
    }

    private func back(_ seen: String) -> String {
        guard let earlier = operation(.earlierRead) else { return "it read \(seen)" }
        return "it read \(Words.value(earlier.result, limit: 40)), and then \(seen)"
    }

    /// The effect that was read before its cause was missed.
    private var effect: String {
        guard let effect = operation(.effect), let key = effect.key else { return "an effect" }
        return "\(Words.value(effect.argument, limit: 40)) of key \"\(Words.cut(key, 60))\""
    }

    private var cause: String {
        guard let cause = operation(.cause), let key = cause.key else { return "" }
        return ", \(Words.value(cause.argument, limit: 40)) of key \"\(Words.cut(key, 60))\""
    }

    /// The element of a set that was read and is gone: the other elements may still be there.
    private var rolledBack: String? {
        guard let add = operation(.seenWrite), add.f == "add" else { return nil }
        return "the element \(Words.value(add.argument, limit: 40))"
    }

    private var lost: String {
        let write = operation(.expectedWrite) ?? steps.first?.operation
        guard let write else { return "A write" }
        let value = Words.value(write.argument, limit: 40)
        let key = write.key.map { " of key \"\(Words.cut($0, 60))\"" } ?? ""
        return "\(write.f == "add" ? "The element" : "The value") \(value)\(key)"
    }

    func operation(_ role: Anomaly.Role) -> Operation? {
        steps.first { $0.role == role }?.operation
    }

    /// What real time says about the proof: which operation was over before the telling one began.
    var order: String? {
        guard let teller = steps.last(where: \.isTelling)?.operation else { return nil }
        let told = [operation(.expectedWrite), operation(.earlierRead)].compactMap { $0 }
        let before =
            told.first { $0.isOver(before: teller) }
            ?? steps.compactMap(\.operation).last { $0.isOver(before: teller) }
        guard let before, let end = before.completion else { return nil }
        let distance = before.history.hasTimes ? Words.duration(teller.invocation.time - end.time) + " " : ""
        return "Operation \(before.index) was over \(distance)before operation \(teller.index) began."
    }

    /// In which faults the telling operation ran; `nil` if in none.
    var circumstance: String? {
        let teller = operation(.violatingRead) ?? operation(.expectedWrite) ?? steps.last?.operation
        guard let teller else { return nil }
        let start = teller.invocation.time
        let end = teller.completion?.time ?? start
        let around = windows.filter { $0.start <= end && ($0.end ?? .max) >= start }
        guard !around.isEmpty else { return nil }
        let names = around.map { "\($0.fault) (\($0.kind))" }
        return
            "Operation \(teller.index) ran while \(Words.list(names)) \(names.count == 1 ? "was" : "were") active."
    }
}

extension AnomalyWords.Step {
    var sentence: String {
        operation?.sentence ?? "Operation \(index) is not in this history"
    }
}

extension Anomaly.Role {
    /// What an operation of this role shows in a proof of that kind.
    func words(in kind: Anomaly.Kind) -> String {
        switch self {
        case .expectedWrite:
            switch kind {
            case .lostWrite: "should still be there"
            case .lostElement: "should have come out"
            case .counterOutOfBounds: "was added before"
            case .doubleBooking, .lostBooking: "was told that it has the slot"
            default: "should have been seen"
            }
        case .seenWrite:
            switch kind {
            case .rolledBackRead, .readOfFailedWrite: "wrote what was read"
            case .duplicatedElement: "put it there"
            case .unexpectedElement, .unknownHolder: "was refused"
            default: "was seen instead"
            }
        case .violatingRead: "gives it away"
        case .earlierRead: "was read earlier"
        case .violatingWrite: "gives it away"
        case .cause: "the cause"
        case .effect: "the effect"
        case .finalRead: kind == .lostElement ? "found nothing left" : "final state"
        case .conflicting: "part of the proof"
        case .orderWitness: kind == .wrongTotal ? "shows the sum" : "shows which came first"
        case .member: "part of the cycle"
        case .witness: "shows the order"
        }
    }
}

extension Verdict {
    /// The violations with the simplest proofs first: those are the ones to read.
    var simplestFirst: [Anomaly] {
        anomalies.enumerated().sorted {
            ($0.element.evidence.count, $0.offset) < ($1.element.evidence.count, $1.offset)
        }.map(\.element)
    }
}

/// The operations of a history by the index that evidence names them with.
struct OperationIndex {
    let operations: History.Operations
    let faultWindows: [FaultWindow]

    init(_ history: History) {
        operations = history.operations
        faultWindows = history.faultWindows
    }

    /// Operations stand in the order of their invocations, so the index is found by halving.
    subscript(index: Int) -> Operation? {
        let place = lowerBound { $0.index < index }
        guard place < operations.count, operations[place].index == index else { return nil }
        return operations[place]
    }

    /// The place of the first operation for which `isBefore` is false.
    func lowerBound(_ isBefore: (Operation) -> Bool) -> Int {
        var (low, high) = (0, operations.count)
        while low < high {
            let middle = (low + high) / 2
            if isBefore(operations[middle]) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
