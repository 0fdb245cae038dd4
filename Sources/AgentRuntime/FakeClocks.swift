import AgentProtocol
import Glibc

/// Wall clocks of processes that run under libfaketime, each by a file that the library reads at every call.
///
/// An offset stands in the file as such. A clock that runs at a speed of its own is shown as times at which it stands,
/// each a few milliseconds after the other, so that it never goes back: the library's own speeds would begin at the
/// start of each process, and change how long it sleeps.
final class FakeClocks: Sendable {
    private struct File: ClockFace {
        var path: String

        func show(ahead: Int64, isDrifting: Bool) throws(AgentError) {
            let text = isDrifting ? FakeClocks.moment(ClockReading.now().wall + ahead) : FakeClocks.offset(ahead)
            let fresh = path + FakeClocks.fresh
            let file = unsafe open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
            defer { if file >= 0 { close(file) } }
            // Whatever the mask: the system may run as another user.
            guard file >= 0, fchmod(file, 0o644) == 0, writeAll(file, [UInt8](text.utf8)),
                unsafe rename(fresh, path) == 0
            else { throw AgentError(.failed, "\(path): \(errorText())") }
        }
    }

    private static let libraries = ["libfaketimeMT.so.1", "libfaketime.so.1"]
    private static let folders = [
        "/usr/lib/x86_64-linux-gnu/faketime", "/usr/lib/aarch64-linux-gnu/faketime", "/usr/lib64/faketime",
        "/usr/lib/faketime", "/usr/local/lib/faketime",
    ]
    private let driver = ClockDriver()
    private let command: HostCommand
    private let ledger: Monitor<Ledger>
    private let directory: String
    private let stateDirectory: String
    private let isSabotaged: Bool

    init(command: HostCommand, ledger: Monitor<Ledger>, stateDirectory: String, isSabotaged: Bool) {
        self.isSabotaged = isSabotaged
        self.stateDirectory = stateDirectory
        self.command = command
        self.ledger = ledger
        directory = Self.directory(stateDirectory)
    }

    private static func directory(_ stateDirectory: String) -> String { stateDirectory + "/clocks" }

    /// Takes away what is left beside a clock's file that was removed, and the directory after the last of them.
    static func tidy(_ path: String, _ stateDirectory: String) {
        let directory = directory(stateDirectory)
        guard path.hasPrefix(directory + "/") else { return }
        _ = unsafe unlink(path + fresh)
        _ = unsafe rmdir(directory)
    }

    /// Notes what the library shares between a process and its children: it stays behind those that are killed.
    func noteShared(by process: Int) throws(AgentError) {
        for name in ["faketime_shm_\(process)", "sem.faketime_sem_\(process)"] {
            _ = try ledger.add(.file(path: "/dev/shm/\(name)"))
        }
    }

    private static let fresh = ".new"

    /// Where the library is; throws what to install.
    static func library() throws(AgentError) -> String {
        let paths = folders.flatMap { folder in libraries.map { "\(folder)/\($0)" } }
        guard let path = paths.first(where: { unsafe access($0, R_OK) == 0 }) else {
            throw AgentError(.unsupported, "libfaketime is not installed: apt-get install faketime")
        }
        return path
    }

    static func offset(_ ahead: Int64) -> String {
        "\(ahead < 0 ? "-" : "+")\(decimal(abs(ahead)))\n"
    }

    static func moment(_ wall: Int64) -> String { "\(decimal(wall))\n" }

    private static func decimal(_ time: Int64) -> String {
        "\(time / 1_000_000_000)." + String(1_000_000 + time % 1_000_000_000 / 1000).dropFirst()
    }

    private func path(_ name: String) -> String { "\(directory)/\(name)" }

    /// Where the program itself begins: behind `setpriv` and its options, which give up what the library could not share
    /// across users.
    static func program(in argv: [String]) -> Int {
        guard argv.first?.split(separator: "/").last == "setpriv" else { return 0 }
        return argv.dropFirst().firstIndex { !$0.hasPrefix("-") } ?? 0
    }

    /// The command with its program under the library. `env` starts it, so that no part of the agent runs under the library.
    private static func command(_ argv: [String], _ library: String, _ file: String) -> [String] {
        let place = program(in: argv)
        let preload = [
            "env", "LD_PRELOAD=\(library)", "FAKETIME_TIMESTAMP_FILE=\(file)", "FAKETIME_NO_CACHE=1",
            "FAKETIME_DONT_FAKE_MONOTONIC=1", "FAKETIME_FMT=%s",
        ]
        return Array(argv[..<place]) + preload + Array(argv[place...])
    }

    /// How a process is started so that its clock can be set; throws why that cannot be. Its clock is right at first.
    func command(of name: String, argv: [String], path search: String?) throws(AgentError) -> [String] {
        guard isAgentName(name) else { throw AgentError(.badRequest, "that is no process' name") }
        try check(argv, search)
        let library = try Self.library()
        makeDirectories(directory, mode: 0o755)
        driver.forget(name)
        _ = try ledger.add(.file(path: path(name)))
        _ = try driver.set(name, File(path: path(name)), .none)
        return Self.command(argv, library, path(name))
    }

    private func check(_ argv: [String], _ search: String?) throws(AgentError) {
        let program = argv.isEmpty ? "" : argv[Self.program(in: argv)]
        guard let found = ProgramLinkage.find(program, in: search ?? Children.basics["PATH"] ?? "") else {
            throw AgentError(.cannotStart, "\(program): there is no such program")
        }
        try ProgramLinkage.check(found)
    }

    /// Runs a program to its end; throws why it does not come to it.
    func attempt(_ argv: [String]) throws(AgentError) {
        let name = ".trial"
        try check(argv, nil)
        let library = try Self.library()
        makeDirectories(directory, mode: 0o755)
        try File(path: path(name)).show(ahead: 0, isDrifting: false)
        defer {
            _ = unsafe unlink(path(name))
            Self.tidy(path(name), stateDirectory)
        }
        let reply = try command.run(
            Exec(argv: Self.command(argv, library, path(name)), deadlineSeconds: 3))
        guard reply.exit.code != 0 else { return }
        let said = (reply.error.text + reply.output.text).split(separator: "\n").first.map { ": \($0)" } ?? ""
        throw AgentError(
            .unsupported,
            "the clock of \(argv[0]) cannot be skewed: under libfaketime \(argv.joined(separator: " ")) "
                + (reply.timedOut ? "comes to no end" : reply.exit.text) + said.prefix(300))
    }

    /// Sets the clock of a process that was started so, and has another one read it.
    func set(_ name: String, _ lie: ClockLie, processes: [Int]) throws(AgentError) -> ClockSighting {
        guard unsafe access(path(name), F_OK) == 0 else {
            throw AgentError(.notFound, "process \(name.debugDescription) was not started with a clock of its own")
        }
        var motion = ClockMotion(lie, at: bootNanoseconds())
        if !isSabotaged { motion = try driver.set(name, File(path: path(name)), lie) }
        let library = try Self.library()
        let look = Self.command(["date", "+%s%N"], library, path(name))
        let now = ClockReading.now()
        var sight = try ClockLook.look(at: motion, anchor: now.wall - now.monotonic) { () throws(AgentError) in
            let reply = try command.run(
                Exec(argv: look, deadlineSeconds: 10))
            guard let time = Int64(HostSnapshot.trimmed(reply.output.text.filter { $0 != "\n" })) else {
                throw AgentError(.failed, "date printed \(reply.output.text)\(reply.error.text)")
            }
            return time
        }
        // What the process itself has loaded, as the kernel has it.
        let loaded = processes.count { pid in
            (readText("/proc/\(pid)/maps") ?? "").contains(library.split(separator: "/").last ?? "")
        }
        sight.detail =
            "date under the same libfaketime; loaded by \(loaded) of \(processes.count) processes of \(name)"
        sight.isConfirmed = sight.isConfirmed && loaded > 0
        return sight
    }

    /// Leaves all clocks as they are; their processes are being ended, and their files removed.
    func release() { driver.forgetAll() }
}

/// Looks at a clock that is being moved.
enum ClockLook {
    /// What is allowed between what is wanted and what is seen, besides the time that a look takes.
    static let tolerance: Int64 = 30_000_000
    private static let looks = 40

    /// - Parameters:
    ///   - anchor: the true time since 1970 is so much more than the time since boot, which nobody sets.
    ///   - read: what the clock shows now, since 1970.
    static func look(
        at motion: ClockMotion, anchor: Int64, _ read: () throws(AgentError) -> Int64
    ) throws(AgentError) -> ClockSighting {
        pause(milliseconds: Int(motion.patience / 1_000_000))
        var sight = try once(motion, anchor, read)
        // A strobe is away from the true time half of the time, and on a busy host a look may come too early.
        for _ in 0..<looks where !sight.isConfirmed {
            pause(milliseconds: 10)
            sight = try once(motion, anchor, read)
        }
        return sight
    }

    private static func once(
        _ motion: ClockMotion, _ anchor: Int64, _ read: () throws(AgentError) -> Int64
    ) throws(AgentError) -> ClockSighting {
        let before = ClockReading.now()
        let shown = try read()
        let after = ClockReading.now()
        // The look was somewhere between.
        let wanted = [motion.ahead(at: before.monotonic), motion.ahead(at: after.monotonic)]
        let took = after.monotonic - before.monotonic
        let ahead = shown - (before.monotonic + anchor + took / 2)
        let least = (wanted.min() ?? 0) - took / 2 - tolerance
        let most = (wanted.max() ?? 0) + took / 2 + tolerance
        var isConfirmed = (least...most).contains(ahead)
        if case .strobe(let by, _) = motion.lie { isConfirmed = abs(ahead - by) <= tolerance + took / 2 }
        return ClockSighting(ahead: ahead, isConfirmed: isConfirmed, detail: "")
    }
}
