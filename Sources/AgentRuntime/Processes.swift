import AgentProtocol
import Glibc

/// The named processes of the system under test.
final class Processes: Sendable {
    private struct Named {
        var identity: ProcessIdentity
        var ledger: Int
        /// The ledger's number of a stop that is not undone.
        var stopped: Int?
    }

    static let maxNames = 256
    private let children: Children
    private let command: HostCommand
    private let ledger: Monitor<Ledger>
    private let sabotage: Set<String>
    private let named = Monitor<[String: Named]>([:])

    init(children: Children, ledger: Monitor<Ledger>, sabotage: Set<String>) {
        self.children = children
        command = HostCommand(children: children)
        self.ledger = ledger
        self.sabotage = sabotage
    }

    /// Names whose process has not ended.
    var running: [String] {
        named.withLock { named in
            named.filter { children.exit($0.value.identity.pid) == nil }.keys.sorted()
        }
    }

    // MARK: Starting

    func spawn(_ request: Spawn) throws(AgentError) -> SpawnReply {
        try check(request)
        let began = monotonicNanoseconds()
        let input = try openFile("/dev/null", O_RDONLY)
        defer { close(input) }
        let output = try openFile(request.output, O_RDWR | O_CREAT | O_APPEND)
        defer { close(output) }
        let error = try openFile(request.error, O_RDWR | O_CREAT | O_APPEND)
        defer { close(error) }
        let offset = Int(lseek(output, 0, SEEK_END))
        let launch = Launch(
            argv: request.argv, environment: request.environment, directory: request.directory,
            input: input, output: output, error: error)
        // One at a time: a name is taken before its process runs.
        let identity = try named.withLock { named throws(AgentError) in
            try reserve(&named, request.name)
            var entry = 0
            do throws(AgentError) {
                let identity = try children.launch(launch) { identity throws(AgentError) in
                    entry = try self.ledger.add(.process(name: request.name, identity))
                }
                named[request.name] = Named(identity: identity, ledger: entry)
                return identity
            } catch {
                ledger.markUndone(entry)
                throw error
            }
        }
        let line = try awaitReady(request, identity, offset: offset, began: began)
        return SpawnReply(
            process: identity, readyLine: line, seconds: Double(monotonicNanoseconds() - began) / 1e9)
    }

    private func check(_ request: Spawn) throws(AgentError) {
        guard isAgentName(request.name) else {
            throw AgentError(.badRequest, "a process' name is letters, digits, '.', '_' and '-'")
        }
        try checkCommand(request.argv, request.environment, request.directory)
        for path in [request.output, request.error] where !path.hasPrefix("/") || path.utf8.contains(0) {
            throw AgentError(.badRequest, "\(path.debugDescription): outputs need absolute paths")
        }
    }

    private func openFile(_ path: String, _ flags: Int32) throws(AgentError) -> Int32 {
        let descriptor = unsafe open(path, flags | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw AgentError(.cannotStart, "\(path): \(errorText())") }
        return descriptor
    }

    private func reserve(_ named: inout [String: Named], _ name: String) throws(AgentError) {
        if let old = named[name] {
            guard children.exit(old.identity.pid) != nil else {
                throw AgentError(.exists, "process \(name) runs already (\(old.identity.pid))")
            }
            settle(&named, name)
            children.forget(old.identity.pid)
            named[name] = nil
        }
        guard named.count < Self.maxNames else {
            throw AgentError(.busy, "\(Self.maxNames) processes have names already")
        }
    }

    /// Marks what of a process is over in the ledger.
    private func settle(_ named: inout [String: Named], _ name: String) {
        guard let process = named[name] else { return }
        // Descendants may outlive it: they are found by their marker.
        ledger.markUndone(process.stopped, process.ledger)
        named[name]?.stopped = nil
    }

    private func awaitReady(
        _ request: Spawn, _ identity: ProcessIdentity, offset: Int, began: Int64
    ) throws(AgentError) -> String? {
        guard let ready = request.ready else { return nil }
        let limit = began + request.readySeconds.nanoseconds
        while true {
            if let line = Self.line(request.output, from: offset, startingWith: ready) { return line }
            if let exit = children.exit(identity.pid) {
                throw AgentError(.exited, "\(request.name) \(exit.text) before it was ready")
            }
            guard monotonicNanoseconds() < limit else { break }
            pause(milliseconds: 5)
        }
        end(identity)
        throw AgentError(
            .notReady,
            "\(request.name) printed no line starting with \(ready) within \(request.readySeconds) s and was killed"
        )
    }

    private func end(_ identity: ProcessIdentity) {
        for process in tree(identity) { send(SIGKILL, to: process) }
        _ = children.waitForEnd(identity.pid, until: monotonicNanoseconds() + 2_000_000_000)
    }

    private static func line(_ path: String, from offset: Int, startingWith prefix: String) -> String? {
        let text = String(decoding: (readFile(path) ?? []).dropFirst(offset), as: UTF8.self)
        // The last piece may still be growing.
        return text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
            .first { $0.hasPrefix(prefix) }.map(String.init)
    }

    // MARK: Signals

    func signal(_ request: Signal) throws(AgentError) -> SignalReply {
        let identity = try identity(request.name)
        let targets = tree(identity)
        let before = Observer.state(identity)
        if sabotage.contains(request.signal.rawValue) {
            note("sabotage: \(request.signal.rawValue) of \(request.name) is not sent")
        } else {
            try deliver(request, identity, targets)
        }
        let sight = try Observer.ask(command, request.signal, targets, waitSeconds: request.waitSeconds)
        let hasEnded = sight.isConfirmed && [.kill, .term].contains(request.signal)
        let exit =
            hasEnded
            ? children.waitForEnd(identity.pid, until: monotonicNanoseconds() + 1_000_000_000)
            : children.exit(identity.pid)
        if exit != nil { named.withLock { settle(&$0, request.name) } }
        return SignalReply(
            evidence: SignalEvidence(
                process: identity, observer: sight.pid, sender: Int(getpid()), before: before, after: sight.state,
                isConfirmed: sight.isConfirmed, clocks: sight.clocks),
            exit: exit)
    }

    private func deliver(
        _ request: Signal, _ identity: ProcessIdentity, _ targets: [ProcessIdentity]
    ) throws(AgentError) {
        switch request.signal {
        case .stop:
            try named.withLock { named throws(AgentError) in
                guard named[request.name]?.stopped == nil else { return }
                named[request.name]?.stopped = try ledger.add(.stopped(name: request.name, identity))
            }
            targets.forEach { send(SIGSTOP, to: $0) }
        case .cont:
            targets.forEach { send(SIGCONT, to: $0) }
            named.withLock { named in
                guard let stopped = named[request.name]?.stopped else { return }
                ledger.markUndone(stopped)
                named[request.name]?.stopped = nil
            }
        case .kill: targets.forEach { send(SIGKILL, to: $0) }
        case .term: send(SIGTERM, to: identity)
        }
    }

    private func identity(_ name: String) throws(AgentError) -> ProcessIdentity {
        guard let found = named.withLock({ $0[name]?.identity }) else {
            throw AgentError(.notFound, "no process \(name.debugDescription) was started")
        }
        return found
    }

    /// A process and its descendants, itself first.
    private func tree(_ identity: ProcessIdentity) -> [ProcessIdentity] {
        [identity] + ProcessTable().descendants(of: identity.pid).filter { !$0.isDead }.map(\.identity)
    }

    /// The numbers of a process and its descendants.
    func pids(of name: String) throws(AgentError) -> [Int] { tree(try identity(name)).map(\.pid) }

    func state(_ request: ProcessState) throws(AgentError) -> ProcessReport {
        let identity = try identity(request.name)
        let stat = ProcessStat.read(identity)
        return ProcessReport(
            name: request.name, process: identity, state: stat?.state ?? "gone",
            cpuSeconds: Double(stat?.cpuTicks ?? 0) / Double(sysconf(Int32(_SC_CLK_TCK))),
            residentBytes: (stat?.residentPages ?? 0) * sysconf(Int32(_SC_PAGESIZE)),
            exit: children.exit(identity.pid), clocks: .now())
    }

    // MARK: Commands

    func exec(_ request: Exec) throws(AgentError) -> ExecReply {
        try checkCommand(request.argv, request.environment, request.directory)
        guard request.deadlineSeconds > 0, request.deadlineSeconds <= AgentLimits.seconds else {
            throw AgentError(.badRequest, "deadlineSeconds: \(request.deadlineSeconds) is not within 0 and 3600")
        }
        var entry: Int?
        defer {
            if let entry { ledger.markUndone(entry) }
        }
        return try command.run(request) { identity throws(AgentError) in
            entry = try self.ledger.add(.process(name: "exec", identity))
        }
    }

    private func checkCommand(
        _ argv: [String], _ environment: [String: String], _ directory: String?
    ) throws(AgentError) {
        guard let program = argv.first, !program.isEmpty else {
            throw AgentError(.badRequest, "argv names no program")
        }
        let words = argv + environment.keys + environment.values + [directory ?? ""]
        guard !words.contains(where: { $0.utf8.contains(0) }) else {
            throw AgentError(.badRequest, "argv, environment and directory cannot hold NUL")
        }
        if let key = environment.keys.first(where: { $0.isEmpty || $0.contains("=") }) {
            throw AgentError(.badRequest, "environment: \(key.debugDescription) is no name")
        }
    }
}

extension ExitStatus {
    var text: String {
        if let signal { return "ended by signal \(signal)" }
        return "ended with code \(code ?? -1)"
    }
}
