import AgentProtocol
import Glibc

/// Runs commands of the host to their end.
struct HostCommand {
    let children: Children

    /// What a command printed and how it ended; `timedOut` when it had to be killed.
    func run(
        _ exec: Exec, permit: ((ProcessIdentity) throws(AgentError) -> Void)? = nil
    ) throws(AgentError) -> ExecReply {
        let began = monotonicNanoseconds()
        let limit = began + exec.deadlineSeconds.nanoseconds
        let streams = try Streams()
        let identity: ProcessIdentity
        do {
            identity = try children.launch(
                Launch(
                    argv: exec.argv, environment: exec.environment, directory: exec.directory,
                    input: streams.input.reading, output: streams.output.writing, error: streams.error.writing),
                permit: permit)
        } catch {
            streams.closeTheirs()
            streams.closeOurs(input: true)
            throw error
        }
        streams.closeTheirs()
        defer { children.forget(identity.pid) }
        var exchange = Exchange(streams, input: exec.input.bytes)
        exchange.run(until: limit) { children.exit(identity.pid) != nil }
        exchange.close()
        var exit = children.waitForEnd(identity.pid, until: limit)
        let timedOut = exit == nil
        if timedOut {
            let descendants = ProcessTable().descendants(of: identity.pid)
            // Itself first: a shell whose command is killed would end by itself, or go on with the next one.
            send(SIGKILL, to: identity)
            for process in descendants { send(SIGKILL, to: process.identity) }
            exit = children.waitForEnd(identity.pid, until: monotonicNanoseconds() + 5_000_000_000)
        }
        return ExecReply(
            exit: exit ?? ExitStatus(), output: Bytes(exchange.texts[0]), error: Bytes(exchange.texts[1]),
            isTruncated: exchange.isTruncated, timedOut: timedOut,
            seconds: Double(monotonicNanoseconds() - began) / 1e9)
    }

    /// The output of a tool of the host; a status other than 0 is an error that says what it printed.
    func tool(
        _ argv: [String], input: String = "", deadlineSeconds: Double = 10
    ) throws(AgentError) -> String {
        let reply = try run(Exec(argv: argv, input: Bytes([UInt8](input.utf8)), deadlineSeconds: deadlineSeconds))
        guard reply.exit.code == 0 else {
            let reason = reply.timedOut ? "no end after \(deadlineSeconds) s" : reply.error.text + reply.output.text
            throw AgentError(.failed, "\(argv.joined(separator: " ")): \(reason)")
        }
        return reply.output.text
    }
}

/// The pipes to a command.
private struct Streams {
    var input: Pipe
    var output: Pipe
    var error: Pipe

    init() throws(AgentError) {
        input = try Pipe()
        do { output = try Pipe() } catch {
            close(input.reading)
            close(input.writing)
            throw error
        }
        do { error = try Pipe() } catch {
            for end in [input.reading, input.writing, output.reading, output.writing] { close(end) }
            throw error
        }
        for end in [input.writing, output.reading, error.reading] { nonblocking(end) }
    }

    func closeTheirs() {
        for end in [input.reading, output.writing, error.writing] { close(end) }
    }

    func closeOurs(input closesInput: Bool) {
        if closesInput { close(input.writing) }
        close(output.reading)
        close(error.reading)
    }
}

/// Feeds a command and drains both outputs together.
private struct Exchange {
    private let streams: Streams
    private var input: ArraySlice<UInt8>
    private var inputOpen = true
    private var isOpen = [true, true]
    private(set) var texts: [[UInt8]] = [[], []]
    private(set) var isTruncated = false

    init(_ streams: Streams, input: [UInt8]) {
        self.streams = streams
        self.input = input[...]
    }

    /// Until both outputs have ended, or a moment after the command has: its daemons may keep them open.
    mutating func run(until limit: Int64, hasEnded: () -> Bool) {
        var patience = 10
        while isOpen[0] || isOpen[1] {
            let left = limit - monotonicNanoseconds()
            guard left > 0, patience > 0 else { return }
            closeInputIfDone()
            var polled = [
                pollfd(fd: isOpen[0] ? streams.output.reading : -1, events: Int16(POLLIN), revents: 0),
                pollfd(fd: isOpen[1] ? streams.error.reading : -1, events: Int16(POLLIN), revents: 0),
                pollfd(fd: inputOpen ? streams.input.writing : -1, events: Int16(POLLOUT), revents: 0),
            ]
            let ready = unsafe poll(&polled, 3, Int32(min(20, left / 1_000_000 + 1)))
            if ready == 0, hasEnded() { patience -= 1 }
            if polled[2].revents != 0 { feed() }
            for stream in 0..<2 where polled[stream].revents != 0 { drain(stream) }
        }
    }

    mutating func close() {
        streams.closeOurs(input: inputOpen)
        inputOpen = false
    }

    private mutating func feed() {
        let count = unsafe input.withUnsafeBytes {
            unsafe write(streams.input.writing, $0.baseAddress, $0.count)
        }
        if count > 0 {
            input = input.dropFirst(count)
        } else if errno != EAGAIN && errno != EINTR {
            input = []
        }
    }

    private mutating func closeInputIfDone() {
        guard inputOpen, input.isEmpty else { return }
        Glibc.close(streams.input.writing)
        inputOpen = false
    }

    private mutating func drain(_ stream: Int) {
        switch readSome(stream == 0 ? streams.output.reading : streams.error.reading) {
        case .bytes(let bytes):
            let room = AgentLimits.outputBytes - texts[stream].count
            texts[stream] += bytes.prefix(room)
            if bytes.count > room { isTruncated = true }
        case .wouldBlock: break
        case .end: isOpen[stream] = false
        }
    }
}
