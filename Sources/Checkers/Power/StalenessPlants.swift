import Determinism
import HistoryModel

/// Violations of freshness: a read shows less than was known when it began.
///
/// Of sets and lists elements are missing whose addition was over. A register shows an older version: by the numbers that one
/// session counts up, by the versions that the system gives, or, where writes are assumed to be in real-time order, one
/// whose write was over before that of a known version began.
struct StalenessPlants {
    private let subject: PlantSubject
    private let readings: [PlantReading]
    /// By key.
    private let orders: [PlantOrder]
    private var history: History { subject.history }
    private var collections: CollectionPlants { CollectionPlants(subject: subject) }

    init(_ sessions: SessionPlants, _ options: CheckOptions) {
        subject = sessions.subject
        readings = sessions.subject.readings
        let byKey = Dictionary(grouping: readings, by: \.key)
        orders = sessions.subject.keys.indices.map { number in
            PlantOrder(
                sessions.subject, sessions.subject.keys[number], byKey[number] ?? [],
                isCounter: sessions.isCounter[number], options)
        }
    }

    /// The ways to make reads be behind by more than is allowed; for nothing at all give `versions: 0`.
    func planters(_ bounds: StalenessBounds) -> [Planter] {
        let need = "no read of versions in a known order begins after something newer was known"
        let stale = planter(.staleRead, need) { staleRead($0, bounds, &$1) }
        // The others ask for one version alone.
        guard bounds == StalenessBounds(versions: 0) else { return [stale] }
        return [
            stale, planter(.nonMonotonicRead, "\(need) by another read") { nonMonotonicRead($0, &$1) },
            planter(.lostWrite, "no read shows something newer that was known") { lostWrite($0, &$1) },
        ]
    }

    private func planter(
        _ kind: PlantKind, _ need: String,
        _ attempt: @escaping (PlantReading, inout SeededRandom) -> [ChangedAnswer]?
    ) -> Planter {
        let judged = readings.filter { orders[$0.key].isKnown }
        return Planter(kind, need: need, count: judged.count) { attempt(judged[$0], &$1) }
    }

    // MARK: The ways

    private func staleRead(
        _ read: PlantReading, _ bounds: StalenessBounds, _ random: inout SeededRandom
    ) -> [ChangedAnswer]? {
        if case .elements = orders[read.key] {
            guard read.place < 0, bounds == StalenessBounds(versions: 0) else { return emptied(read, bounds) }
            return collections.staleRead(read.operation, &random)
        }
        let key = subject.keys[read.key]
        let newer = [key.endedUpdates.latest(before: history.call(read.operation)), shownBefore(read)]
        for write in random.shuffled(newer.compactMap(\.self)) {
            if let change = older(than: write, read, bounds, &random) { return [change] }
        }
        return nil
    }

    private func nonMonotonicRead(_ read: PlantReading, _ random: inout SeededRandom) -> [ChangedAnswer]? {
        if case .elements = orders[read.key] {
            return read.place < 0 ? collections.nonMonotonicRead(read.operation, &random) : nil
        }
        return shownBefore(read).flatMap { older(than: $0, read, StalenessBounds(versions: 0), &random) }
            .map { [$0] }
    }

    /// Whoever read what an acknowledged write left reads something older; one of them began when the write was over.
    private func lostWrite(_ read: PlantReading, _ random: inout SeededRandom) -> [ChangedAnswer]? {
        guard read.place < 0 else { return nil }
        if case .elements = orders[read.key] { return collections.lostWrite(read.operation, &random) }
        let key = subject.keys[read.key]
        guard let write = key.writer(read.answer), subject.isOver(write, before: read.operation),
            let change = older(than: write, read, StalenessBounds(versions: 0), &random)
        else { return nil }
        if case .ranked(let order) = orders[read.key], order.toldByReads.contains(write) { return nil }
        return (key.readers[read.answer] ?? []).map {
            ChangedAnswer($0, change.answer, meta: change.meta)
        }
    }

    /// The write of what the last read before this one shows.
    private func shownBefore(_ read: PlantReading) -> Int? {
        let key = subject.keys[read.key]
        guard let earlier = key.endedReads.latest(before: history.call(read.operation)) else { return nil }
        return key.possibleWriter(subject.answer(earlier)).flatMap {
            history.call($0) <= history.ret(earlier) ? $0 : nil
        }
    }

    // MARK: What is older

    /// The read with a version that is older than one that was known when it began.
    private func older(
        than newer: Int, _ read: PlantReading, _ bounds: StalenessBounds, _ random: inout SeededRandom
    ) -> ChangedAnswer? {
        let key = subject.keys[read.key]
        switch orders[read.key] {
        case .ranked(let order):
            guard let last = order.place[newer], order.mayGo(read) else { return nil }
            // -1: the initial value, which is older than all.
            let first = key.hasInitial && !read.answer.isNull ? -1 : 0
            guard first < last, isBehind(read, first, last, order, bounds) else { return nil }
            let chosen = first + random.below(last - first)
            let fits = chosen < 0 || history.call(order.writes[chosen]) <= history.ret(read.operation)
            let place = fits && isBehind(read, chosen, last, order, bounds) ? chosen : first
            guard place >= 0 else { return subject.changed(read, .null) }
            let write = order.writes[place]
            guard history.call(write) <= history.ret(read.operation), let value = subject.written(write) else {
                return nil
            }
            return subject.changed(read, subject.value(value), meta: order.isTold ? order.meta[write] : nil)
        case .realTime:
            let over = key.endedSoleWriters.operations.prefix(
                key.endedSoleWriters.count(before: history.call(newer)))
            let fit = over.filter { isBehind(read, $0, newer, bounds) && subject.written($0)?.isNull == false }
            if key.hasInitial, !read.answer.isNull, fit.isEmpty || random.chance(1, in: 4),
                isBehind(read, nil, newer, bounds)
            {
                return subject.changed(read, .null)
            }
            guard !fit.isEmpty, let value = subject.written(random.choose(fit)) else { return nil }
            return subject.changed(read, subject.value(value))
        case .elements, .unknown: return nil
        }
    }

    /// Whether a version at a place in the order is too old where another one is known.
    private func isBehind(
        _ read: PlantReading, _ place: Int, _ last: Int, _ order: PlantOrder.Ranked, _ bounds: StalenessBounds
    ) -> Bool {
        if let most = bounds.versions, last - place > most { return true }
        return bounds.nanoseconds.map { age(read, order.writes[(place + 1)...last]) > $0 } ?? false
    }

    /// The same with real time, for the version of a write; `nil`: the initial one.
    private func isBehind(
        _ read: PlantReading, _ write: Int?, _ newer: Int, _ bounds: StalenessBounds
    ) -> Bool {
        if bounds.versions == 0 { return true }
        let key = subject.keys[read.key]
        let over = key.endedUpdates.operations.prefix(
            key.endedUpdates.count(before: history.call(read.operation)))
        let later = over.filter { update in write.map { subject.isOver($0, before: update) } ?? true }
        if let most = bounds.versions, later.count > most { return true }
        return bounds.nanoseconds.map { age(read, later) > $0 } ?? false
    }

    /// How long ago the first of some writes was acknowledged when a read began.
    private func age(_ read: PlantReading, _ writes: some Sequence<Int>) -> Int64 {
        let began = history.operations[read.operation].invocation.time
        let ends = writes.lazy.filter {
            history.columns.outcome[$0] == .ok && subject.isOver($0, before: read.operation)
        }.compactMap { history.operations[$0].completion?.time }
        return ends.min().map { began - $0 } ?? 0
    }

    /// A read that misses all that was added.
    private func emptied(_ read: PlantReading, _ bounds: StalenessBounds) -> [ChangedAnswer]? {
        let added = subject.keys[read.key].endedSoleWriters
        let over = added.operations.prefix(added.count(before: history.call(read.operation)))
        guard
            bounds.versions.map({ over.count > $0 }) ?? false
                || bounds.nanoseconds.map({ age(read, over) > $0 }) ?? false
        else { return nil }
        return subject.changed(read, .list([])).map { [$0] }
    }
}

/// In which order the versions of a key came, as far as planting knows.
enum PlantOrder {
    /// By the numbers of one session, or by the versions that the system gave.
    struct Ranked {
        /// The oldest first.
        var writes: [Int]
        /// By write.
        var place: [Int: Int]
        /// The system gave the versions.
        var isTold = false
        /// By write: the metadata that tell its version.
        var meta: [Int: Value] = [:]
        /// Reads whose metadata alone tell a version.
        var tellers: Set<Int> = []
        /// Writes whose versions only reads tell.
        var toldByReads: Set<Int> = []

        init(_ writes: [Int]) {
            self.writes = writes
            place = Dictionary(uniqueKeysWithValues: writes.enumerated().map { ($1, $0) })
        }

        /// Whether the order stays known without this answer.
        func mayGo(_ read: PlantReading) -> Bool { !tellers.contains(read.operation) }
    }

    case ranked(Ranked)
    /// Writes are assumed to be in real-time order.
    case realTime
    /// Sets and lists that only grow show what is in them.
    case elements
    case unknown

    var isKnown: Bool {
        if case .unknown = self { false } else { true }
    }

    init(
        _ subject: PlantSubject, _ key: PlantKey, _ reads: [PlantReading], isCounter: Bool, _ options: CheckOptions
    ) {
        if key.onlyGrows {
            self = .elements
        } else if key.kind != .register || !key.isScalar {
            self = .unknown
        } else if isCounter {
            self = .ranked(Ranked(key.updates))
        } else {
            let given = GivenOrder(subject, key, reads)
            self =
                given.isAny
                ? given.ranked.map { .ranked($0) } ?? .unknown
                : options.assumesRealTimeWrites ? .realTime : .unknown
        }
    }
}

/// The order of a key's versions by the metadata of answers.
private struct GivenOrder {
    /// Some answer tells a version.
    private(set) var isAny = false
    /// `nil` unless all versions that were acknowledged or read are told, in one timeline.
    private(set) var ranked: PlantOrder.Ranked?

    init(_ subject: PlantSubject, _ key: PlantKey, _ reads: [PlantReading]) {
        let history = subject.history
        func meta(_ operation: Int) -> Value { history.values.value(history.metas(operation).completion) }
        var versions: [Int: Int64] = [:]
        var metas: [Int: Value] = [:]
        var tellers: [Int: [Int]] = [:]
        var isWhole = true
        for write in key.updates where history.columns.outcome[write] == .ok {
            let meta = meta(write)
            if let number = Self.number(meta, ["version", "mod_revision", "revision", "lsn"]) {
                (versions[write], metas[write], isAny) = (number, meta, true)
            }
            isWhole =
                isWhole && meta["tli"] == nil
                && subject.written(write).flatMap(key.possibleWriter) == write
        }
        for read in reads where !read.answer.isNull {
            let meta = meta(read.operation)
            let number = Self.number(meta, ["version", "mod_revision", "revision"])
            isAny = isAny || number != nil
            guard let write = key.possibleWriter(read.answer), meta["tli"] == nil else {
                isWhole = false
                continue
            }
            guard let number, read.place < 0 else { continue }
            isWhole = isWhole && versions[write] ?? number == number
            versions[write] = number
            if metas[write] == nil { tellers[write, default: []].append(read.operation) }
        }
        let compared = key.updates.filter { subject.objects.function($0) == .cas }.compactMap {
            history.values.elements(history.columns.argument[$0])?.first
        }
        let shown = (reads.map(\.answer) + compared).compactMap { key.possibleWriter($0) }
        let acknowledged = key.updates.filter { history.columns.outcome[$0] == .ok }
        isWhole = isWhole && (shown + acknowledged).allSatisfy { versions[$0] != nil }
        let order = versions.sorted { ($0.value, $0.key) < ($1.value, $1.key) }
        guard isWhole, zip(order, order.dropFirst()).allSatisfy({ $0.value < $1.value }) else { return }
        var ranked = PlantOrder.Ranked(order.map(\.key))
        ranked.isTold = true
        ranked.tellers = Set(tellers.values.filter { $0.count == 1 }.flatMap(\.self))
        ranked.toldByReads = Set(tellers.keys)
        ranked.meta = metas.merging(tellers.compactMapValues { $0.first.map(meta) }) { own, _ in own }
        self.ranked = ranked
    }

    private static func number(_ meta: Value, _ names: [String]) -> Int64? {
        names.lazy.compactMap { meta[$0]?.int }.first
    }
}
