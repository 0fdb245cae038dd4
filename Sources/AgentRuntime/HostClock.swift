import AgentProtocol
import Glibc

/// What moving a host's own clock takes of the host; tests have hosts without clocks.
protocol HostClockCalls: Sendable {
    var clocks: ClockReading { get }
    /// Another one after every boot of the kernel; containers of one machine have the same.
    var boot: String { get }
    /// Why the clock may be somebody else's, too; `nil` where it is this host's alone as far as it can be seen from here.
    var sharing: String? { get }
    func set(wall: Int64) throws(AgentError)
    /// Runs a command of the host; the exit code and what it printed.
    func run(_ argv: [String]) throws(AgentError) -> (code: Int, output: String)
}

/// The host's own wall clock, on hosts that are dedicated to the run.
///
/// What keeps the time is found and stopped first. The true time is what the clock showed then, and the time since boot, so
/// putting the clock back needs nobody's memory but the ledger's: whoever finds it there can do it.
final class HostClock: Sendable {
    /// Units of what sets clocks in the background.
    static let services = [
        "chrony", "chronyd", "systemd-timesyncd", "ntpsec", "ntp", "ntpd", "openntpd",
    ]
    private static let key = "host"

    private struct Face: ClockFace {
        var calls: any HostClockCalls
        var anchor: Int64

        func show(ahead: Int64, isDrifting: Bool) throws(AgentError) {
            try calls.set(wall: calls.clocks.monotonic + anchor + ahead)
        }
    }

    private struct Held {
        var anchor: Int64
        var entries: [Int]
    }

    private let calls: any HostClockCalls
    private let driver = ClockDriver()
    private let ledger: Monitor<Ledger>
    private let held = Monitor<Held?>(nil)

    init(calls: any HostClockCalls, ledger: Monitor<Ledger>) {
        self.calls = calls
        self.ledger = ledger
    }

    /// Sets the clock, or puts it back; what stops the time's keeper comes first.
    func set(_ lie: ClockLie, otherBoots: [String]) throws(AgentError) -> ClockSighting {
        try held.withLock { held throws(AgentError) in
            if lie == .none { return try putBack(&held) }
            try check(otherBoots)
            if held == nil { held = try take() }
            let anchor = held?.anchor ?? 0
            let motion = try driver.set(Self.key, Face(calls: calls, anchor: anchor), lie)
            return try look(motion, anchor)
        }
    }

    private func look(_ motion: ClockMotion, _ anchor: Int64) throws(AgentError) -> ClockSighting {
        var sight = try ClockLook.look(at: motion, anchor: anchor) { () throws(AgentError) in
            let reply = try calls.run(["date", "+%s%N"])
            guard let time = Int64(reply.output.filter(\.isNumber)) else {
                throw AgentError(.failed, "date printed \(reply.output)")
            }
            return time
        }
        sight.detail = "date on the host"
        return sight
    }

    /// Refuses to move a clock that others may read.
    private func check(_ otherBoots: [String]) throws(AgentError) {
        func refused(_ why: String) -> AgentError {
            AgentError(.refused, "the clock of this host is not moved: \(why)")
        }
        guard !otherBoots.isEmpty else { throw refused("nobody says what the controller's boot is called") }
        guard !calls.boot.isEmpty else { throw refused("its kernel does not say what its boot is called") }
        guard !otherBoots.contains(calls.boot) else {
            throw refused("it shares the kernel, and so the clock, with the controller or another host")
        }
        if let sharing = calls.sharing { throw refused(sharing) }
    }

    /// Stops what keeps the time, and remembers the true one. All of it is in the ledger before it is done.
    private func take() throws(AgentError) -> Held {
        let services = try running()
        let clocks = calls.clocks
        let anchor = clocks.wall - clocks.monotonic
        var entries = [try ledger.add(.hostClock(anchor: anchor, boot: calls.boot))]
        for service in services {
            entries.append(try ledger.add(.timeService(service)))
            let reply = try calls.run(["systemctl", "stop", service])
            guard reply.code == 0 else {
                throw AgentError(.failed, "systemctl stop \(service): \(reply.output)")
            }
        }
        return Held(anchor: anchor, entries: entries)
    }

    /// What keeps the time now; throws if somebody does whom nobody here knows how to stop.
    private func running() throws(AgentError) -> [String] {
        var services: [String] = []
        for service in Self.services where try calls.run(["systemctl", "is-active", "--quiet", service]).code == 0 {
            services.append(service)
        }
        let names = try calls.run(["ps", "-eo", "comm="]).output.split(separator: "\n").map(String.init)
        let keepers: Set<String> = ["chronyd", "ntpd", "systemd-timesyn", "openntpd"]
        if services.isEmpty, let keeper = names.first(where: keepers.contains) {
            throw AgentError(
                .unsupported,
                "\(keeper) keeps the time of this host, and is no unit of systemd that could be stopped and put back"
            )
        }
        return services
    }

    private func putBack(_ held: inout Held?) throws(AgentError) -> ClockSighting {
        driver.forgetAll()
        guard let now = held else { return ClockSighting(ahead: 0, isConfirmed: true, detail: "it was not moved") }
        let entries = ledger.withLock { $0.open.filter { now.entries.contains($0.key) } }
        let steps = try Self.undo(entries.sorted { $0.key < $1.key }.map(\.value), calls)
        for entry in now.entries { ledger.markUndone(entry) }
        held = nil
        var sight = try look(ClockMotion(.none, at: calls.clocks.monotonic), now.anchor)
        sight.detail += "; " + steps.joined(separator: ", ")
        return sight
    }

    /// Stops moving the clock: what the ledger lists is being undone by somebody else.
    func release() {
        held.withLock { held in
            driver.forgetAll()
            held = nil
        }
    }

    /// Puts the clock back and starts what keeps it; of a boot that is over there is nothing to put back.
    static func undo(_ entries: [LedgerEntry], _ calls: any HostClockCalls) throws(AgentError) -> [String] {
        var steps: [String] = []
        for entry in entries {
            guard case .hostClock(let anchor, let boot) = entry, boot == calls.boot else { continue }
            try calls.set(wall: calls.clocks.monotonic + anchor)
            steps.append("the clock is put back")
        }
        for entry in entries {
            guard case .timeService(let service) = entry else { continue }
            let reply = try calls.run(["systemctl", "start", service])
            guard reply.code == 0 else { throw AgentError(.failed, "systemctl start \(service): \(reply.output)") }
            steps.append("\(service) runs again")
        }
        return steps
    }
}

/// The host that the agent is on.
struct ThisHostClock: HostClockCalls {
    var command: HostCommand

    var clocks: ClockReading { .now() }

    static var boot: String {
        HostSnapshot.trimmed((readText("/proc/sys/kernel/random/boot_id") ?? "").filter { $0 != "\n" })
    }

    var boot: String { Self.boot }

    var sharing: String? {
        // The kernel's numbers of the namespaces that it begins with.
        for (name, first) in [("pid", 4_026_531_836), ("user", 4_026_531_837), ("uts", 4_026_531_838)] {
            var buffer = [CChar](repeating: 0, count: 64)
            let count = unsafe readlink("/proc/self/ns/\(name)", &buffer, 63)
            let text = String(decoding: buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
            guard text == "\(name):[\(first)]" else {
                return "it is a container or a namespace of a machine, whose clock all of its processes read"
            }
        }
        for path in ["/.dockerenv", "/run/.containerenv", "/run/systemd/container"]
        where unsafe access(path, F_OK) == 0 {
            return "it is a container (\(path) is there), and its clock is that of its machine"
        }
        return nil
    }

    func set(wall: Int64) throws(AgentError) {
        // Nothing but `HostClock` and healing call this, after the checks or from what they put on record.
        guard sharing == nil else {
            throw AgentError(.refused, "the clock of this host is not moved: it is shared")
        }
        var time = timespec(tv_sec: Int(wall / 1_000_000_000), tv_nsec: Int(wall % 1_000_000_000))
        guard unsafe clock_settime(CLOCK_REALTIME, &time) == 0 else {
            throw AgentError(.failed, "the clock cannot be set: \(errorText())")
        }
    }

    func run(_ argv: [String]) throws(AgentError) -> (code: Int, output: String) {
        let reply: ExecReply
        do throws(AgentError) {
            reply = try command.run(Exec(argv: argv, deadlineSeconds: 20))
        } catch {
            // A host without systemd runs no unit of it.
            guard error.code == .cannotStart else { throw error }
            return (127, error.message)
        }
        return (reply.exit.code ?? 128, reply.output.text + reply.error.text)
    }
}
