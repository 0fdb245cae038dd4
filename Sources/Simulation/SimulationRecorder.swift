import HistoryModel
import RunStore

/// Takes down what happens, in order: history, phases, problems.
final class SimulationRecorder {
    private let time: VirtualTime
    private(set) var events: [Event] = []
    private(set) var phases: [PhaseRecord] = []
    private(set) var problems: [Problem] = []

    init(_ time: VirtualTime) { self.time = time }

    @discardableResult
    func record(
        _ process: ProcessID, _ type: EventType, f: String, key: String? = nil, value: Value = .null,
        node: String? = nil, error: String? = nil, meta: Value = .null
    ) -> Event {
        let event = Event(
            index: events.count, time: time.now, process: process, type: type, f: f, key: key, value: value,
            node: node, error: error, meta: meta)
        events.append(event)
        return event
    }

    /// A word of the nemesis.
    @discardableResult
    func note(_ f: String, _ value: Value) -> Event { record(.nemesis, .info, f: f, value: value) }

    func phase(_ name: String) {
        endPhase()
        phases.append(PhaseRecord(name, start: time.now, end: time.now))
    }

    func endPhase() {
        if !phases.isEmpty { phases[phases.count - 1].end = time.now }
    }

    func add(_ problem: Problem) { problems.append(problem) }
}
