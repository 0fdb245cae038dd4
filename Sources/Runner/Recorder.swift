import HistoryModel
import Synchronization

/// Takes down what happens, in the order in which it happens.
///
/// Stamp and place in the history are taken together under one short lock, so that the order of lines is the order of
/// times; encoding and writing happen in whoever calls `drain`.
final class Recorder: Sendable {
    private struct State {
        var pending: [Event] = []
        var nextIndex = 0
        var counts = OutcomeCounts()
    }

    private let state = Mutex(State())
    let clock: RunClock

    init(clock: RunClock) {
        self.clock = clock
    }

    /// Stamps an event and gives it its place.
    @discardableResult
    func record(
        _ process: ProcessID, _ type: EventType, f: String, key: String? = nil, value: Value = .null,
        node: String? = nil, error: String? = nil, meta: Value = .null
    ) -> Event {
        state.withLock { state in
            let event = Event(
                index: state.nextIndex, time: clock.now, process: process, type: type, f: f, key: key,
                value: value, node: node, error: error, meta: meta)
            state.nextIndex += 1
            state.pending.append(event)
            if process != .nemesis { state.counts.add(type) }
            return event
        }
    }

    /// A word of the nemesis.
    @discardableResult
    func note(_ f: String, _ value: Value) -> Event {
        record(.nemesis, .info, f: f, value: value)
    }

    /// How many operations ended how, so far.
    var counts: OutcomeCounts { state.withLock { $0.counts } }

    /// The events since the last call, in order.
    func drain() -> [Event] {
        state.withLock { state in
            let events = state.pending
            state.pending.removeAll(keepingCapacity: true)
            return events
        }
    }
}

/// How many operations ended how.
public struct OutcomeCounts: Hashable, Sendable {
    public var invoked = 0
    public var ok = 0
    public var fail = 0
    public var info = 0

    mutating func add(_ type: EventType) {
        switch type {
        case .invoke: invoked += 1
        case .ok: ok += 1
        case .fail: fail += 1
        case .info: info += 1
        }
    }
}
