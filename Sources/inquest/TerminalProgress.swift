import Runner
import Synchronization

/// Shows a run's progress on standard error: one line that is rewritten in a terminal, plain lines elsewhere.
final class TerminalProgress: Sendable {
    private struct State {
        /// Said before the first event: nothing was begun before it.
        var opening: String?
        var hasOpenLine = false
        var phase: (name: String, start: ContinuousClock.Instant)?
        var lastPlain = ContinuousClock.now
    }

    private let isTerminal: Bool
    private let state: Mutex<State>
    /// Without a terminal a tick is a line, and there are not too many of those.
    private static let plainInterval = Duration.seconds(5)

    init(isTerminal: Bool, opening: String) {
        self.isTerminal = isTerminal
        state = Mutex(State(opening: opening))
    }

    func show(_ event: RunProgress) {
        state.withLock { state in
            if let opening = state.opening.take() { standardError(opening) }
            switch event {
            case .phase(let name):
                endPhase(&state)
                state.phase = (name, .now)
                if !isTerminal { standardError("\(name) ...") }
            case .message(let text):
                closeLine(&state)
                standardError("  \(text)")
            case .tick(let tick):
                tell(tick, &state)
            }
        }
    }

    /// The last phase is over.
    func end() { state.withLock { endPhase(&$0) } }

    private func endPhase(_ state: inout State) {
        guard let phase = state.phase else { return }
        closeLine(&state)
        standardError("\(phase.name): \(Self.words(.now - phase.start))")
        state.phase = nil
    }

    private func tell(_ tick: RunTick, _ state: inout State) {
        let total = tick.total.map { " of \(Self.words($0))" } ?? ""
        let faults = tick.activeFaults.isEmpty ? "no fault" : tick.activeFaults.joined(separator: ", ")
        let counts = tick.counts
        let line =
            "\(Self.words(tick.elapsed))\(total)  \(tick.rate)/s  ok \(counts.ok)  fail \(counts.fail)"
            + "  info \(counts.info)  \(faults)"
        if isTerminal {
            writeError("\r\u{1B}[2K\(line)")
            state.hasOpenLine = true
        } else if .now - state.lastPlain >= Self.plainInterval {
            state.lastPlain = .now
            standardError("  \(line)")
        }
    }

    private func closeLine(_ state: inout State) {
        guard state.hasOpenLine else { return }
        writeError("\r\u{1B}[2K")
        state.hasOpenLine = false
    }

    private static func words(_ duration: Duration) -> String {
        let tenths = Int((duration / .milliseconds(100)).rounded())
        return "\(tenths / 10).\(tenths % 10) s"
    }
}
