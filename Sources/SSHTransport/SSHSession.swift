import Synchronization

/// An SSH session with one host, on a thread of its own.
///
/// Any number of calls may be under way at once; eight of them have channels, the others wait their turn in order. Every
/// call ends by its deadline. When the connection breaks, every call under way fails with an error that says whether
/// its command may have run; nothing is ever run twice. The next call connects anew.
///
/// At a deadline or a cancellation the command's channel is closed and its input ends; processes on the host are left
/// alone, so what must not outlive the call should end by itself.
public actor SSHSession {
    /// Time allowed for a call when the caller names none.
    public static let defaultDeadline = Duration.seconds(30)
    /// Most bytes of each output of a command, when the caller names no limit.
    public static let defaultOutputLimit = 16 << 20

    public nonisolated let host: SSHHost
    nonisolated let thread: SessionThread
    private nonisolated let numbers = Atomic<UInt64>(1)
    private var isClosed = false

    public nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe thread.asUnownedSerialExecutor() }

    private init(_ host: SSHHost, _ thread: SessionThread) {
        self.host = host
        self.thread = thread
    }

    deinit { thread.stop() }

    /// Connects and logs in.
    public static func connect(
        _ host: SSHHost, deadline: Duration = defaultDeadline
    ) async throws(SSHError) -> SSHSession {
        let end = Deadline(deadline)
        let thread: SessionThread
        do {
            thread = try SessionThread(host: host)
        } catch {
            throw SSHError(.cannotConnect, host: host.label, operation: "connect", detail: error.text)
        }
        let session = SSHSession(host, thread)
        let result = await withTaskCancellationHandler {
            await session.prepared(by: end)
        } onCancel: {
            thread.interrupt()
        }
        try result.get()
        return session
    }

    /// Connects, runs `body`, and closes the session however `body` ends.
    public static func withSession<Value: Sendable>(
        _ host: SSHHost, deadline: Duration = defaultDeadline,
        _ body: (SSHSession) async throws -> Value
    ) async throws -> Value {
        let session = try await connect(host, deadline: deadline)
        do {
            let value = try await body(session)
            await session.close()
            return value
        } catch {
            await session.close()
            throw error
        }
    }

    /// Runs a program to its end, with both outputs and the input moved side by side.
    ///
    /// The call returns when the program has ended and its outputs are closed: what it leaves running must have other
    /// outputs. A status other than 0 is a result; `checked()` makes it an error.
    public nonisolated func run(
        _ arguments: [String], input: [UInt8] = [], deadline: Duration = defaultDeadline,
        outputLimit: Int = defaultOutputLimit
    ) async throws(SSHError) -> RemoteOutput {
        let end = Deadline(deadline)
        let operation = "run \(Self.summary(arguments))"
        let line = try commandLine(arguments, operation)
        let number = number()
        return try await cancellable(number) { () async throws(SSHError) in
            try await execute(number, operation, line, input, outputLimit, end)
        }
    }

    /// Starts a program whose input and output flow while it runs.
    ///
    /// The deadline is for the start alone.
    public nonisolated func openChannel(
        _ arguments: [String], deadline: Duration = defaultDeadline
    ) async throws(SSHError) -> SSHChannel {
        let end = Deadline(deadline)
        let operation = "channel \(Self.summary(arguments))"
        let number = number()
        return try await cancellable(number) { () async throws(SSHError) in
            try await start(number, operation, arguments, end)
        }
    }

    /// Closes the session: every call under way fails, and every later one too. Idempotent.
    public nonisolated func close() async {
        thread.interrupt()
        await shut()
    }

    /// The IP address behind the host's address: of several that a name has, the one that answered.
    public func peerAddress(deadline: Duration = defaultDeadline) throws(SSHError) -> String {
        try prepare("ask for the address", Deadline(deadline))
        guard let address = thread.engine.connection?.peerAddress else {
            throw SSHError(
                .connectionLost, host: host.label, operation: "ask for the address",
                detail: "the connection has no peer any more")
        }
        return address
    }

    // MARK: on the session's thread

    private func shut() {
        isClosed = true
        thread.engine.close()
    }

    private func prepared(by deadline: Deadline) -> Result<Void, SSHError> {
        do throws(SSHError) {
            return .success(try prepare("connect", deadline))
        } catch {
            return .failure(error)
        }
    }

    /// Sees to it that there is a connection.
    private func prepare(_ operation: String, _ deadline: Deadline) throws(SSHError) {
        guard !isClosed else {
            throw SSHError(.closed, host: host.label, operation: operation, detail: "the session is closed")
        }
        if Task.isCancelled {
            throw SSHError(.cancelled, host: host.label, operation: operation, detail: "the caller was cancelled")
        }
        if thread.engine.isConnected() { return }
        let patience = Patience(host: host, deadline: deadline, thread: thread)
        do throws(SSHError) {
            thread.engine.connected(try Handshake(patience: patience).connect())
        } catch {
            var error = error
            if operation != "connect" { error.operation = "\(operation), connecting for it" }
            throw error
        }
    }

    // From the making of an exchange to the suspension of its caller there must be no `await`: the thread would move the
    // exchange on before anybody waits for it. Closures that are `async` are such a gap, so these methods use none.

    private func execute(
        _ number: UInt64, _ operation: String, _ line: String, _ input: [UInt8], _ limit: Int, _ deadline: Deadline
    ) async throws(SSHError) -> RemoteOutput {
        while true {
            try prepare(operation, deadline)
            let exchange = Exchange(number, operation, line, input: input, outputLimit: limit, deadline: deadline)
            thread.engine.begin(exchange)
            let result = await withCheckedContinuation {
                exchange.finishers.append(Waiter(on: thread, number, nil, $0))
            }
            if !mayRetry(result) { return try result.get() }
        }
    }

    /// Starts a program on a channel; the number cancels it.
    func start(
        _ number: UInt64, _ operation: String, _ arguments: [String], _ deadline: Deadline
    ) async throws(SSHError) -> SSHChannel {
        let line = try commandLine(arguments, operation)
        while true {
            try prepare(operation, deadline)
            let exchange = Exchange(
                number, operation, line, input: nil, outputLimit: SSHChannel.standardErrorLimit, deadline: deadline)
            thread.engine.begin(exchange)
            let result = await withCheckedContinuation { exchange.starter = Waiter(on: thread, number, nil, $0) }
            if mayRetry(result) { continue }
            try result.get()
            return SSHChannel(self, exchange)
        }
    }

    /// A connection that died unnoticed: the host never knew the command, so that it may be given to the next one.
    private func mayRetry<Value>(_ result: Result<Value, SSHError>) -> Bool {
        guard case .failure(let error) = result else { return false }
        return error.code == .connectionLost && !error.mayHaveRun && !isClosed
    }

    func ending(
        of exchange: Exchange, _ number: UInt64, by deadline: Deadline?
    ) async throws(SSHError) -> RemoteOutput {
        try refuseCancelled(exchange)
        if let outcome = exchange.outcome { return try outcome.get() }
        return try await withCheckedContinuation {
            exchange.finishers.append(Waiter(on: thread, number, deadline, $0))
        }.get()
    }

    func nextChunk(
        of exchange: Exchange, _ number: UInt64, by deadline: Deadline?
    ) async throws(SSHError) -> [UInt8]? {
        precondition(exchange.reader == nil, "one reader at a time")
        if !exchange.standardOutput.isEmpty { return exchange.takeOutput() }
        if let outcome = exchange.outcome {
            _ = try outcome.get()
            return nil
        }
        try refuseCancelled(exchange)
        return try await withCheckedContinuation { exchange.reader = Waiter(on: thread, number, deadline, $0) }
            .get()
    }

    func write(
        _ bytes: [UInt8], to exchange: Exchange, _ number: UInt64, by deadline: Deadline
    ) async throws(SSHError) {
        if let outcome = exchange.outcome {
            _ = try outcome.get()
            throw thread.engine.error(
                .closed, exchange, "the command has ended and reads no more", mayHaveRun: true)
        }
        precondition(!exchange.inputEnds, "a write after the end of input")
        try refuseCancelled(exchange)
        exchange.append(input: bytes)
        guard exchange.unsent > Exchange.maximumUnsent else { return }
        try await withCheckedContinuation { exchange.writers.append(Waiter(on: thread, number, deadline, $0)) }
            .get()
    }

    private func refuseCancelled(_ exchange: Exchange) throws(SSHError) {
        guard Task.isCancelled else { return }
        throw thread.engine.error(.cancelled, exchange, "the caller was cancelled")
    }

    func endInput(of exchange: Exchange) { exchange.inputEnds = true }

    func close(_ exchange: Exchange) {
        guard exchange.outcome == nil else { return }
        thread.engine.abandon(exchange, thread.engine.error(.closed, exchange, "the channel was closed"))
    }

    /// Runs `body`; the caller's cancellation cancels the exchange, or the waiter, with this number.
    ///
    /// A cancellation that comes before those exist finds nothing: so whoever makes them looks at `Task.isCancelled`.
    nonisolated func cancellable<Value: Sendable>(
        _ number: UInt64, _ body: () async throws(SSHError) -> Value
    ) async throws(SSHError) -> Value {
        let thread = thread
        let result: Result<Value, SSHError> = await withTaskCancellationHandler {
            do throws(SSHError) {
                return .success(try await body())
            } catch {
                return .failure(error)
            }
        } onCancel: {
            thread.cancel(number)
        }
        return try result.get()
    }

    nonisolated func number() -> UInt64 { numbers.add(1, ordering: .relaxed).oldValue }

    private nonisolated func commandLine(_ arguments: [String], _ operation: String) throws(SSHError) -> String {
        do {
            return try ShellQuoting.commandLine(arguments)
        } catch {
            throw SSHError(.badArgument, host: host.label, operation: operation, detail: error.reason)
        }
    }

    /// The beginning of an argument list, for messages.
    static func summary(_ arguments: [String]) -> String {
        let words = arguments.map { argument in
            argument.allSatisfy { $0.isLetter || $0.isNumber || "-_./=:,@%+".contains($0) } && !argument.isEmpty
                ? argument : argument.debugDescription
        }
        let text = words.joined(separator: " ")
        return text.count > 120 ? text.prefix(120) + "…" : text
    }
}
