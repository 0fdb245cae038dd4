import Determinism

/// A stream that a gate stops and a delay slows: what goes in comes out in the same order, later.
struct Valve<Item: Sendable>: Sendable {
    var isClosed = false
    private(set) var delay: DelayRange?
    private var held: Queue<(item: Item, due: Moment)> = Queue()

    var count: Int { held.count }

    /// Whether what comes now may pass without waiting.
    var isFree: Bool { !isClosed && delay == nil && held.isEmpty }

    mutating func setDelay(_ range: DelayRange?, now: Moment) {
        delay = range
        guard range == nil else { return }
        // What waits already goes at once, in order.
        var rest: Queue<(item: Item, due: Moment)> = Queue()
        while let next = held.popFirst() { rest.append((next.item, min(next.due, now))) }
        held = rest
    }

    /// Takes an item in; it is due after the delay, never before its predecessor.
    mutating func push(_ item: Item, now: Moment, _ random: inout SeededRandom) {
        held.append((item, due(now, &random)))
    }

    /// As `push`, but while the gate is closed an item takes its predecessor's place: for streams in which the
    /// last item says all.
    mutating func pushLatest(_ item: Item, now: Moment, _ random: inout SeededRandom) {
        if isClosed, !held.isEmpty {
            held.replaceLast((item, due(now, &random)))
        } else {
            push(item, now: now, &random)
        }
    }

    private func due(_ now: Moment, _ random: inout SeededRandom) -> Moment {
        guard let delay else { return max(now, held.last?.due ?? 0) }
        let spread = delay.longest - delay.shortest
        let drawn = delay.shortest + (spread == 0 ? 0 : UInt64(random.below(Int(spread) + 1)))
        return max(now + drawn, held.last?.due ?? 0)
    }

    /// The next item that may pass now.
    mutating func pop(now: Moment) -> Item? {
        guard !isClosed, let next = held.first, next.due <= now else { return nil }
        return held.popFirst()?.item
    }

    /// When the next item may pass; `nil` when only opening the gate helps, or nothing waits.
    var nextDue: Moment? { isClosed ? nil : held.first?.due }

    mutating func removeAll() { held.removeAll() }
}
