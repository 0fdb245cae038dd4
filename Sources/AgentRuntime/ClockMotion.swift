import AgentProtocol

/// How far a clock is ahead of the true one, as a function of time. Nanoseconds.
struct ClockMotion: Hashable {
    /// When it began, since boot, and how far ahead the clock was then.
    private var origin: Int64
    private var base: Int64
    let lie: ClockLie

    init(_ lie: ClockLie, at now: Int64, from old: ClockMotion? = nil) {
        self.lie = lie
        origin = now
        base = old?.ahead(at: now) ?? 0
    }

    func ahead(at now: Int64) -> Int64 {
        switch lie {
        case .none: 0
        case .offset(let time): time
        case .jump(let time): base + time
        case .rate(let rate): base + Int64((Double(now - origin) * Double(rate - 1_000_000) / 1e6).rounded())
        case .strobe(let by, let every): (now - origin) / max(1, every) % 2 == 1 ? by : 0
        }
    }

    /// Whether it is another one at another moment.
    var isMoving: Bool {
        switch lie {
        case .none, .offset, .jump: false
        case .rate, .strobe: true
        }
    }

    /// Whether the clock runs at a speed of its own.
    var isDrifting: Bool { if case .rate = lie { true } else { false } }

    /// How long to wait before a look can tell this from a clock that does not lie.
    var patience: Int64 {
        switch lie {
        case .none, .offset, .jump: 0
        case .rate(let rate): min(2_000_000_000, 100_000_000_000_000 / max(1, abs(rate - 1_000_000)))
        case .strobe(_, let every): min(2_000_000_000, every)
        }
    }
}

/// Something that shows a clock's time.
protocol ClockFace: Sendable {
    /// Makes the clock be ahead of the true time by this; `isDrifting` if it is to stand still until the next call.
    func show(ahead: Int64, isDrifting: Bool) throws(AgentError)
}

/// Moves clocks as time goes by.
final class ClockDriver: Sendable {
    private struct Driven {
        var face: any ClockFace
        var motion: ClockMotion
    }

    private struct State {
        var driven: [String: Driven] = [:]
        var hasThread = false
    }

    private static let tick = 5
    private let state = Monitor(State())

    /// From now on the clock lies so; gives the motion.
    func set(_ key: String, _ face: any ClockFace, _ lie: ClockLie) throws(AgentError) -> ClockMotion {
        try state.withLock { state throws(AgentError) in
            let now = bootNanoseconds()
            let motion = ClockMotion(lie, at: now, from: state.driven[key]?.motion)
            try face.show(ahead: motion.ahead(at: now), isDrifting: motion.isDrifting)
            state.driven[key] = Driven(face: face, motion: motion)
            if motion.isMoving, !state.hasThread {
                state.hasThread = true
                startThread { [self] in drive() }
            }
            return motion
        }
    }

    /// Leaves a clock as it is.
    func forget(_ key: String) { state.withLock { $0.driven[key] = nil } }

    func forgetAll() { state.withLock { $0.driven = [:] } }

    private func drive() {
        while true {
            pause(milliseconds: Self.tick)
            let goesOn = state.withLock { state in
                for (key, driven) in state.driven where driven.motion.isMoving {
                    let ahead = driven.motion.ahead(at: bootNanoseconds())
                    do throws(AgentError) {
                        try driven.face.show(ahead: ahead, isDrifting: driven.motion.isDrifting)
                    } catch {
                        note("clock \(key): \(error)")
                    }
                }
                state.hasThread = state.driven.values.contains { $0.motion.isMoving }
                return state.hasThread
            }
            guard goesOn else { return }
        }
    }
}
