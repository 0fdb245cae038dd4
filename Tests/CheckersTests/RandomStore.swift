import Checkers
import Determinism
import HistoryModel

/// A store that keeps a chosen set of session guarantees and nothing else: each read sees some set of writes that the
/// guarantees allow, and returns the newest of them in one order of all writes.
///
/// Each write has a time by which all replicas order them. Without monotonic writes and writes-follow-reads clocks are
/// wrong at random; with them a write's time is above those that the guarantee names.
struct SimulatedStore {
    /// What keys hold.
    enum Content {
        /// Registers that all sessions write, with words for values.
        case words
        /// Registers with the time of the write as the version that the system gives.
        case versions
        /// Sets.
        case sets
        /// Sets that elements are taken out of, too.
        case shrinkingSets
    }

    private struct Write {
        var key: String
        var value: Value
        /// Takes an element out that was put in.
        var isRemoval: Bool
        var session: Int
        var time: Int64
        /// What its session's reads had seen.
        var causes: Set<Int>
    }

    private struct Session {
        /// Writes of its own, and what its reads saw.
        var own: Set<Int> = []
        var seen: Set<Int> = []
    }

    private let guarantees: Set<Guarantee>
    private let content: Content
    private var isSets: Bool { content == .sets || content == .shrinkingSets }
    private var random: SeededRandom
    private var writes: [Write] = []
    private var sessions = [Session](repeating: Session(), count: 4)
    private var events: [Event] = []
    private var clock: Int64 = 0

    static func history(
        _ guarantees: Set<Guarantee>, _ content: Content, length: Int, _ random: SeededRandom
    ) throws(HistoryError) -> History {
        var store = SimulatedStore(guarantees: guarantees, content: content, random: random)
        for _ in 0..<length { store.step() }
        return try History(store.events)
    }

    private init(guarantees: Set<Guarantee>, content: Content, random: SeededRandom) {
        self.guarantees = guarantees
        self.content = content
        self.random = random
    }

    private mutating func step() {
        let session = random.below(sessions.count)
        let key = random.choose(["x", "y", "z"])
        switch random.below(5) {
        case 0, 1: write(session, key)
        case 2 where !isSets:
            read(session, random.shuffled(["x", "y", "z"]).suffix(2).map(\.self), isTxn: true)
        default: read(session, [key], isTxn: false)
        }
    }

    private mutating func write(_ session: Int, _ key: String) {
        clock += 10
        var time = clock + Int64(random.below(5))
        if random.chance(1, in: 2) { time = max(1, time - Int64(random.below(200))) }
        var below: Set<Int> = []
        if guarantees.contains(.monotonicWrites) { below.formUnion(sessions[session].own) }
        if guarantees.contains(.writesFollowReads) { below.formUnion(sessions[session].seen) }
        if let highest = below.map({ writes[$0].time }).max() { time = max(time, highest + 1) }
        while writes.contains(where: { $0.time == time }) { time += 1 }
        clock = max(clock, time)
        var value: Value = .string("v\(writes.count)")
        let added = writes.filter { $0.key == key && !$0.isRemoval }
        let isRemoval = content == .shrinkingSets && !added.isEmpty && random.chance(1, in: 3)
        if isRemoval { value = random.choose(added).value }
        sessions[session].own.insert(writes.count)
        writes.append(
            Write(
                key: key, value: value, isRemoval: isRemoval, session: session, time: time,
                causes: sessions[session].seen))
        let event = Event(
            index: 0, time: 0, process: .client(session), type: .invoke,
            f: isRemoval ? "remove" : isSets ? "add" : "write", key: key, value: value)
        append(event)
        var answer = event
        answer.type = .ok
        if content == .versions { answer.meta = ["version": .int(time)] }
        append(answer)
    }

    /// All that comes with some writes.
    private func closed(_ start: Set<Int>) -> Set<Int> {
        var all = start
        var pending = Array(start)
        while let number = pending.popLast() {
            var more: Set<Int> = []
            if guarantees.contains(.monotonicWrites) {
                more.formUnion(writes[..<number].indices.filter { writes[$0].session == writes[number].session })
            }
            if guarantees.contains(.writesFollowReads) { more.formUnion(writes[number].causes) }
            for other in more where all.insert(other).inserted { pending.append(other) }
        }
        return all
    }

    private mutating func read(_ session: Int, _ keys: [String], isTxn: Bool) {
        var start: Set<Int> = []
        if guarantees.contains(.readYourWrites) { start.formUnion(sessions[session].own) }
        if guarantees.contains(.monotonicReads) { start.formUnion(sessions[session].seen) }
        let density = 1 + random.below(4)
        for number in writes.indices where random.chance(1, in: 2 * density) { start.insert(number) }
        let visible = closed(start)
        let answers = keys.map { key in
            let there = visible.filter { writes[$0].key == key }.sorted { writes[$0].time < writes[$1].time }
            let gone = there.filter { writes[$0].isRemoval }.map { writes[$0].value }
            return isSets
                ? Value.list(there.map { writes[$0].value }.filter { !gone.contains($0) })
                : there.last.map { writes[$0].value } ?? nil
        }
        // What a read shows is what counts: the rest of what was visible may be forgotten again.
        let shown = visible.filter { number in
            keys.contains(writes[number].key)
                && (isSets || answers.contains(writes[number].value))
        }
        sessions[session].seen.formUnion(guarantees.contains(.monotonicReads) ? visible : closed(shown))
        var event = Event(
            index: 0, time: 0, process: .client(session), type: .invoke, f: isTxn ? "txn" : "read",
            key: isTxn ? nil : keys[0])
        if isTxn { event.value = .list(keys.map { ["r", .string($0), nil] }) }
        append(event)
        event.type = .ok
        event.value = isTxn ? .list(zip(keys, answers).map { ["r", .string($0), $1] }) : answers[0]
        append(event)
    }

    private mutating func append(_ event: Event) {
        var event = event
        event.index = events.count
        event.time = Int64(events.count)
        events.append(event)
    }
}
