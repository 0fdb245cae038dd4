import AgentProtocol
import Synchronization
import Testing

@testable import AgentRuntime

/// A host that has no clock but a number.
private final class PretendedHost: HostClockCalls {
    struct State {
        var ahead: Int64 = 0
        var commands: [String] = []
        var running: Set<String> = ["chrony"]
        var processes = ""
        var failing = ""
    }

    let state = Mutex(State())
    let boot = "boot-a"
    let sharing: String?

    init(sharing: String? = nil) { self.sharing = sharing }

    var clocks: ClockReading {
        var now = ClockReading.now()
        now.wall += state.withLock { $0.ahead }
        return now
    }

    func set(wall: Int64) {
        let now = ClockReading.now()
        state.withLock { state in
            state.ahead = wall - now.wall
            state.commands.append("set")
        }
    }

    func run(_ argv: [String]) throws(AgentError) -> (code: Int, output: String) {
        let words = argv.joined(separator: " ")
        let time = clocks.wall
        return state.withLock { state in
            if argv[0] == "date" { return (0, "\(time)\n") }
            if argv[0] == "ps" { return (0, state.processes) }
            let unit = argv.last ?? ""
            if argv[1] == "is-active" { return (state.running.contains(unit) ? 0 : 3, "") }
            state.commands.append(words)
            if words == state.failing { return (1, "cannot") }
            if argv[1] == "stop" { state.running.remove(unit) } else { state.running.insert(unit) }
            return (0, "")
        }
    }
}

@Suite("The clock of a dedicated host")
struct HostClockTests {
    private static let hour: Int64 = 3_600_000_000_000

    private func with(_ host: PretendedHost, _ body: (HostClock, Monitor<Ledger>) throws -> Void) throws {
        try withDirectory { directory in
            let ledger = Monitor(try Ledger(directory + "/ledger"))
            ledger.withLock { $0.isSealed = false }
            try body(HostClock(calls: host, ledger: ledger), ledger)
        }
    }

    private func open(_ ledger: Monitor<Ledger>) -> [LedgerEntry] {
        ledger.withLock { $0.open.sorted { $0.key < $1.key }.map(\.value) }
    }

    @Test("what keeps the time is stopped, the clock moved, and both put back in order")
    func movesAndPutsBack() throws {
        let host = PretendedHost()
        try with(host) { clock, ledger in
            let sight = try clock.set(.offset(-Self.hour), otherBoots: ["boot-b"])
            #expect(sight.isConfirmed && abs(sight.ahead + Self.hour) < 1_000_000_000)
            #expect(host.state.withLock { $0.commands } == ["systemctl stop chrony", "set"])
            #expect(open(ledger).map(\.text) == ["the host's clock", "stop of chrony"])
            let again = try clock.set(.jump(Self.hour / 2), otherBoots: ["boot-b"])
            #expect(again.isConfirmed && abs(again.ahead + Self.hour / 2) < 1_000_000_000)
            let back = try clock.set(.none, otherBoots: [])
            #expect(back.isConfirmed && back.detail.contains("chrony runs again"))
            #expect(abs(host.state.withLock { $0.ahead }) < 1_000_000_000)
            #expect(host.state.withLock { $0.commands.last } == "systemctl start chrony")
            #expect(open(ledger).isEmpty)
        }
    }

    @Test("a clock that runs at another speed moves on")
    func rate() throws {
        let host = PretendedHost()
        try with(host) { clock, _ in
            #expect(try clock.set(.rate(3_000_000), otherBoots: ["boot-b"]).isConfirmed)
            let first = host.state.withLock { $0.ahead }
            for _ in 0..<400 where host.state.withLock({ $0.ahead }) < first + 200_000_000 {
                pause(milliseconds: 5)
            }
            #expect(host.state.withLock { $0.ahead } > first + 200_000_000)
            _ = try clock.set(.none, otherBoots: [])
        }
    }

    @Test("whoever finds the ledger puts the clock back, in this boot alone")
    func healing() throws {
        let host = PretendedHost()
        try with(host) { clock, ledger in
            _ = try clock.set(.offset(Self.hour), otherBoots: ["boot-b"])
            clock.release()
            let entries = open(ledger)
            #expect(try HostClock.undo(entries, host) == ["the clock is put back", "chrony runs again"])
            #expect(abs(host.state.withLock { $0.ahead }) < 1_000_000_000)
            let other = [LedgerEntry.hostClock(anchor: 0, boot: "boot-of-yesterday")]
            #expect(try HostClock.undo(other, host).isEmpty)
            #expect(abs(host.state.withLock { $0.ahead }) < 1_000_000_000)
        }
    }

    @Test("a shared clock is never moved", arguments: [["boot-b", "boot-a"], []])
    func shared(boots: [String]) throws {
        let host = PretendedHost()
        try with(host) { clock, ledger in
            let error = #expect(throws: AgentError.self) { try clock.set(.offset(1), otherBoots: boots) }
            #expect(error?.code == .refused && error?.message.contains("is not moved") == true)
            #expect(host.state.withLock { $0.commands }.isEmpty && open(ledger).isEmpty)
        }
    }

    @Test("nor that of a container")
    func container() throws {
        let host = PretendedHost(sharing: "it is a container")
        try with(host) { clock, _ in
            let error = #expect(throws: AgentError.self) { try clock.set(.offset(1), otherBoots: ["boot-b"]) }
            #expect(error?.message == "the clock of this host is not moved: it is a container")
            #expect(host.state.withLock { $0.commands }.isEmpty)
        }
    }

    @Test("a keeper of the time that nobody here can stop is a reason not to begin")
    func unknownKeeper() throws {
        let host = PretendedHost()
        host.state.withLock { state in
            state.running = []
            state.processes = "sh\nntpd\n"
        }
        try with(host) { clock, ledger in
            let error = #expect(throws: AgentError.self) { try clock.set(.offset(1), otherBoots: ["boot-b"]) }
            #expect(error?.code == .unsupported && error?.message.contains("ntpd keeps the time") == true)
            #expect(open(ledger).isEmpty && host.state.withLock { $0.commands }.isEmpty)
        }
    }

    @Test("if the keeper cannot be stopped, the ledger has what may have been done")
    func failingStop() throws {
        let host = PretendedHost()
        host.state.withLock { $0.failing = "systemctl stop chrony" }
        try with(host) { clock, ledger in
            #expect(throws: AgentError.self) { try clock.set(.offset(1), otherBoots: ["boot-b"]) }
            #expect(open(ledger).count == 2)
            #expect(host.state.withLock { $0.ahead } == 0)
        }
    }
}
