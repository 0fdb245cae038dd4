import HistoryModel

/// A slot of a calendar is for one: whoever was told that it is theirs has it at the end.
///
/// `reserve` of a slot is for a holder. An answer with `tentative` in its metadata is a promise that may still be taken
/// back, by an answered `rejected` with the same slot and holder. Slots are not given back, so that every reading of the
/// end shows the holder of each answered reservation; and no two of them that are not tentative are for different
/// holders. A refused reservation has told its client.
struct Calendar {
    private let history: History
    private var draft: VerdictDraft
    private var slots: [String: Slot] = [:]

    private struct Slot {
        /// Ordinals of the reservations by their holders, whatever became of them.
        var reservations: [Value: [Int]] = [:]
        /// Answered ones.
        var promised: [Promise] = []
        var isRejected: Set<Value> = []
        var readings: [Reading] = []
    }

    private struct Promise {
        var operation: Int
        var holder: Value
        var isTentative: Bool
    }

    private struct Reading {
        var operation: Int
        /// `null`: nobody.
        var holder: Value
        var isFinal: Bool
    }

    static func draft(_ history: History, _ options: CheckOptions) -> VerdictDraft {
        var calendar = Calendar(history, options)
        for (name, slot) in calendar.slots.sorted(by: { $0.key < $1.key }) { calendar.check(name, slot) }
        return calendar.draft
    }

    private init(_ history: History, _ options: CheckOptions) {
        self.history = history
        draft = VerdictDraft(.calendar, options, algorithm: "each answer against the others and the end (exact)")
        for ordinal in 0..<history.columns.count where history.columns.key[ordinal] != .none {
            noteRequest(ordinal)
        }
        let healing = Healing(history)
        for ordinal in 0..<history.columns.count where history.columns.outcome[ordinal] == .ok {
            noteReading(ordinal, healing)
        }
    }

    // MARK: What there is

    private mutating func noteRequest(_ ordinal: Int) {
        let columns = history.columns
        let holder = history.values.value(columns.argument[ordinal])
        let name = history.keys[Int(columns.key[ordinal].number)]
        switch history.functions[Int(columns.function[ordinal].number)] {
        case "reserve":
            slots[name, default: Slot()].reservations[holder, default: []].append(ordinal)
            guard columns.outcome[ordinal] == .ok else { return }
            let promise = Promise(operation: ordinal, holder: holder, isTentative: isTentative(ordinal))
            slots[name]?.promised.append(promise)
        case "rejected":
            if columns.outcome[ordinal] == .ok { slots[name, default: Slot()].isRejected.insert(holder) }
        default: break
        }
    }

    private func isTentative(_ ordinal: Int) -> Bool {
        let meta = history.metas(ordinal).completion
        guard !meta.isNull, let mark = history.values.member("tentative", of: meta) else { return false }
        return mark == .true || history.values.int(mark) == 1
    }

    private mutating func noteReading(_ ordinal: Int, _ healing: Healing) {
        let columns = history.columns
        let answer = columns.answer[ordinal]
        switch history.functions[Int(columns.function[ordinal].number)] {
        case "read":
            guard columns.key[ordinal] != .none else { return }
            let name = history.keys[Int(columns.key[ordinal].number)]
            note(name, ordinal, history.values.value(answer), isEnd(ordinal, healing))
        case "txn":
            for read in MicroRead.all(answer, history.values) ?? [] {
                note(read.key, ordinal, history.values.value(read.value), isEnd(ordinal, healing))
            }
        case "dump":
            let operation = history.operations[ordinal]
            guard let dump = Dump(operation, ordinal), healing.isHealed(operation) else { return }
            for name in slots.keys { note(name, ordinal, dump[name, isSet: false], true) }
        default: break
        }
    }

    private func isEnd(_ ordinal: Int, _ healing: Healing) -> Bool {
        history.isFinal(ordinal) && healing.isHealed(history.operations[ordinal])
    }

    private mutating func note(_ name: String, _ ordinal: Int, _ holder: Value, _ isFinal: Bool) {
        slots[name]?.readings.append(Reading(operation: ordinal, holder: holder, isFinal: isFinal))
    }

    // MARK: Judging

    private mutating func check(_ name: String, _ slot: Slot) {
        if slot.reservations.count > 1, !slot.promised.isEmpty { draft.count("slots-contested") }
        findDoubleBooking(name, slot)
        for promise in slot.promised where !(promise.isTentative && slot.isRejected.contains(promise.holder)) {
            findLoss(promise, name, slot)
        }
        for reading in slot.readings where !reading.holder.isNull { findStranger(reading, name, slot) }
    }

    private mutating func findDoubleBooking(_ name: String, _ slot: Slot) {
        let firm = slot.promised.filter { !$0.isTentative }
        guard let first = firm.first else { return }
        var known: Set<Value> = [first.holder]
        for other in firm where known.insert(other.holder).inserted {
            draft.report(
                Anomaly(
                    .doubleBooking, key: name,
                    [step(first.operation, .expectedWrite), step(other.operation, .violatingWrite)],
                    detail: "for \(text(first.holder)) and for \(text(other.holder))"))
        }
    }

    private mutating func findLoss(_ promise: Promise, _ name: String, _ slot: Slot) {
        let later = slot.readings.filter {
            $0.isFinal && history.ret(promise.operation) < history.call($0.operation)
        }
        guard !later.isEmpty else { return }
        draft.count("reservations-judged")
        guard let other = later.first(where: { $0.holder != promise.holder }) else { return }
        let end = other.holder.isNull ? "nobody has it" : "\(text(other.holder)) has it"
        draft.report(
            Anomaly(
                .lostBooking, key: name,
                [step(promise.operation, .expectedWrite), step(other.operation, .finalRead)],
                detail: "\(text(promise.holder)) was told that it has the slot; in the end \(end)"))
    }

    /// A holder whose reservation was refused, or had not begun, or never was.
    private mutating func findStranger(_ reading: Reading, _ name: String, _ slot: Slot) {
        let asked = slot.reservations[reading.holder] ?? []
        let possible = asked.contains {
            history.columns.outcome[$0] != .fail && history.call($0) <= history.ret(reading.operation)
        }
        guard !possible else { return }
        draft.report(
            Anomaly(
                .unknownHolder, key: name,
                asked.prefix(1).map { step($0, .seenWrite) } + [step(reading.operation, .violatingRead)],
                detail: text(reading.holder)))
    }

    private func step(_ ordinal: Int, _ role: Anomaly.Role) -> Anomaly.Step {
        Anomaly.Step(history.operations[ordinal].index, role)
    }

    private func text(_ value: Value) -> String { String(decoding: JSONText.bytes(value), as: UTF8.self) }
}
