import CLibSSH2
import Glibc

/// Moves all commands of a session over its one connection. Belongs to the session's thread.
@safe final class Engine {
    /// Channels in use at once; sshd's MaxSessions is 10.
    static let maximumChannels = 8
    static let readHangUp: Int16 = 0x2000  // POLLRDHUP, which Glibc's module leaves out
    private static let passesPerTurn = 32
    /// Refused openings in a row, 20 ms apart and without another channel of ours, until the host is taken at its word.
    private static let maximumRefusals = 10

    let host: SSHHost
    private(set) var connection: Connection?
    private(set) var exchanges: [Exchange] = []
    private let scratch = UnsafeMutableBufferPointer<CChar>.allocate(capacity: 65536)

    init(host: SSHHost) { self.host = host }

    deinit { unsafe scratch.deallocate() }

    // MARK: the connection

    func connected(_ connection: Connection) { self.connection = connection }

    /// True when a command can be given to the connection there is.
    ///
    /// A connection that the host closed while nobody used it is forgotten; so is one whose channels are mostly held by
    /// commands that their callers gave up, because only a new one frees the channels.
    func isConnected() -> Bool {
        guard let connection else { return false }
        let isUsed = exchanges.contains { $0.stage < .lingering }
        if !isUsed && (connection.isHungUp || exchanges.count * 2 >= Self.maximumChannels) { drop() }
        return self.connection != nil
    }

    /// Ends everything: callers get an error made by `error`, the connection is closed.
    func close() {
        for exchange in exchanges {
            exchange.end(
                .failure(error(.closed, exchange, "the session was closed", mayHaveRun: exchange.mayHaveRun)))
        }
        connection?.disconnect()
        drop()
    }

    private func drop() {
        exchanges = []
        connection = nil
    }

    private func lose(_ reason: String) {
        for exchange in exchanges {
            let fate =
                exchange.mayHaveRun
                ? "the command was sent before, so it may have run, wholly or in part"
                : "the command was not sent, so it has not run"
            exchange.end(
                .failure(
                    error(
                        .connectionLost, exchange, "the connection broke: \(reason); \(fate)",
                        exchange.mayHaveRun ? "Find out on the host what was done before asking again" : "",
                        mayHaveRun: exchange.mayHaveRun)))
            unsafe exchange.channel = nil
            exchange.stage = .ended
        }
        drop()
    }

    // MARK: callers

    func begin(_ exchange: Exchange) { exchanges.append(exchange) }

    /// Cancels the exchange, or the waiter, with this number.
    func cancel(_ number: UInt64) {
        for exchange in exchanges {
            let error = error(.cancelled, exchange, "the caller was cancelled")
            if exchange.number == number {
                abandon(exchange, error)
            } else {
                exchange.dismiss(error) { waiter, _ in waiter == number }
            }
        }
    }

    /// Fails the exchange for its caller and closes its channel in the background.
    func abandon(_ exchange: Exchange, _ error: SSHError) {
        exchange.end(.failure(error))
        exchange.dropInput()
        switch exchange.stage {
        case .waiting: exchange.stage = .ended
        // libssh2 must be asked to the end: it keeps the state of an opening in the session.
        case .opening, .starting: exchange.isAbandoned = true
        case .running: exchange.stage = .lingering
        case .lingering, .ended: break
        }
    }

    func error(
        _ code: SSHError.Code, _ exchange: Exchange, _ detail: String, _ advice: String = "",
        mayHaveRun: Bool? = nil
    ) -> SSHError {
        SSHError(
            code, host: host.label, operation: exchange.operation, detail: detail, advice: advice,
            mayHaveRun: mayHaveRun ?? exchange.mayHaveRun)
    }

    // MARK: the event loop's view

    var descriptor: Int32 {
        guard let connection else { return -1 }
        let isDeaf = !exchanges.isEmpty && exchanges.allSatisfy(\.isPaused) && !connection.wire.wantsToSend
        return isDeaf ? -1 : connection.wire.socket.number
    }

    var events: Int16 {
        guard let connection else { return 0 }
        let sending = connection.wire.wantsToSend ? Int16(POLLOUT) : 0
        if exchanges.isEmpty { return sending | Self.readHangUp }
        return exchanges.allSatisfy(\.isPaused) ? sending : sending | Int16(POLLIN)
    }

    /// Time until the next deadline, -1 for none.
    var pollMilliseconds: Int32 {
        exchanges.reduce(-1) { earliest, exchange in
            let deadlines =
                [
                    exchange.outcome == nil ? exchange.deadline : nil, exchange.reader?.deadline,
                    exchange.nextAttempt,
                ]
                + exchange.writers.map(\.deadline) + exchange.finishers.map(\.deadline)
            return deadlines.compactMap { $0?.pollMilliseconds }.reduce(earliest) { $0 < 0 ? $1 : min($0, $1) }
        }
    }

    /// Does what can be done now. True when there is more to do at once.
    func turn() -> Bool {
        var isMoving = true
        for _ in 0..<Self.passesPerTurn where isMoving { isMoving = pass() }
        if let connection, exchanges.isEmpty && connection.isHungUp { drop() }
        expire()
        return isMoving
    }

    /// Gives every exchange its turn, and the socket what they sent. True when another pass may do more.
    private func pass() -> Bool {
        guard let connection else { return false }
        let traffic = connection.wire.traffic
        var isMoving = false
        for exchange in exchanges where step(exchange) { isMoving = true }
        exchanges.removeAll { $0.stage == .ended }
        if self.connection != nil && !connection.wire.flush() { lose("the host does not take data") }
        // What arrived while one channel was read may be for another that had its turn before, and what left makes room.
        return isMoving || connection.wire.traffic != traffic
    }

    private func expire() {
        for exchange in exchanges {
            if exchange.outcome == nil, let deadline = exchange.deadline, deadline.isPast {
                abandon(exchange, late(exchange, deadline))
            }
            for deadline in exchange.waiterDeadlines where deadline.isPast {
                exchange.dismiss(late(exchange, deadline)) { _, deadline in deadline?.isPast == true }
            }
        }
    }

    private func late(_ exchange: Exchange, _ deadline: Deadline) -> SSHError {
        guard exchange.mayHaveRun else {
            let lingering = exchanges.count { $0.stage == .lingering || $0.isAbandoned }
            return error(
                .deadline, exchange, "not started within \(deadline.allowed); the command has not been sent",
                """
                The session has \(exchanges.count) commands for \(Self.maximumChannels) channels, \(lingering) of them given up \
                but still running on the host
                """)
        }
        return error(
            .deadline, exchange, "not done within \(deadline.allowed)",
            "The command may still run on the host; its channel is closed, its processes are left alone")
    }

    // MARK: one exchange

    /// Moves one exchange on. True when something happened.
    private func step(_ exchange: Exchange) -> Bool {
        guard let connection else { return false }
        switch exchange.stage {
        case .waiting: return admit(exchange)
        case .opening: return open(exchange, connection)
        case .starting: return start(exchange, connection)
        case .running: return run(exchange, connection)
        case .lingering: return linger(exchange, connection)
        case .ended: return false
        }
    }

    /// One channel at a time is set up: libssh2 1.10 mixes up the answers to two.
    private func admit(_ exchange: Exchange) -> Bool {
        let active = exchanges.count { $0.stage != .waiting && $0.stage != .ended }
        let isSettingUp = exchanges.contains { $0.stage == .opening || $0.stage == .starting }
        guard active < Self.maximumChannels && !isSettingUp && exchange.notBefore?.isPast != false else {
            return false
        }
        exchange.stage = .opening
        return true
    }

    private func open(_ exchange: Exchange, _ connection: Connection) -> Bool {
        let kind = "session"
        let channel = unsafe libssh2_channel_open_ex(
            connection.pointer, kind, UInt32(kind.utf8.count), UInt32(2 << 20),
            UInt32(LIBSSH2_CHANNEL_PACKET_DEFAULT),
            nil, 0)
        if let channel = unsafe channel {
            unsafe exchange.channel = unsafe channel
            exchange.stage = exchange.isAbandoned ? .lingering : .starting
            return true
        }
        let code = unsafe libssh2_session_last_errno(connection.pointer)
        if code == LIBSSH2_ERROR_EAGAIN { return false }
        guard code == LIBSSH2_ERROR_CHANNEL_FAILURE else {
            lose(connection.lastError)
            return true
        }
        refused(exchange, connection)
        return true
    }

    /// A refusal may mean that sshd has not yet noticed that another channel ended, or that it allows fewer than ours.
    ///
    /// The host does not know the command yet, so it may wait for another turn; without other channels to wait for,
    /// a few attempts must do.
    private func refused(_ exchange: Exchange, _ connection: Connection) {
        let others = exchanges.contains { $0 !== exchange && $0.stage > .waiting && $0.stage < .ended }
        exchange.refusals = others ? 0 : exchange.refusals + 1
        if exchange.outcome == nil && exchange.refusals < Self.maximumRefusals {
            exchange.stage = .waiting
            exchange.notBefore = Deadline(.milliseconds(20))
            return
        }
        exchange.end(
            .failure(
                error(
                    .channelRefused, exchange, "the host opens no channel: \(connection.lastError)",
                    "Check MaxSessions in its sshd_config")))
        exchange.stage = .ended
    }

    private func start(_ exchange: Exchange, _ connection: Connection) -> Bool {
        let request = "exec"
        let code = unsafe libssh2_channel_process_startup(
            exchange.channel, request, UInt32(request.utf8.count), exchange.commandLine,
            UInt32(exchange.commandLine.utf8.count))
        switch code {
        case LIBSSH2_ERROR_EAGAIN: return false
        case 0:
            exchange.stage = exchange.isAbandoned ? .lingering : .running
            exchange.started()
        case LIBSSH2_ERROR_CHANNEL_REQUEST_DENIED, LIBSSH2_ERROR_CHANNEL_FAILURE:
            exchange.end(
                .failure(
                    error(
                        .channelRefused, exchange, "the host refuses to run commands",
                        "Check ForceCommand and the shell")))
            exchange.stage = .lingering
        default: lose(connection.lastError)
        }
        return true
    }

    private func run(_ exchange: Exchange, _ connection: Connection) -> Bool {
        var moved = send(exchange, connection)
        guard self.connection != nil else { return true }
        if !exchange.isPaused {
            for stream in [Int32(0), SSH_EXTENDED_DATA_STDERR] where exchange.stage == .running {
                moved = receive(exchange, stream, connection) || moved
                guard self.connection != nil else { return true }
            }
        }
        exchange.serve()
        guard exchange.stage == .running, unsafe libssh2_channel_eof(exchange.channel) == 1 else { return moved }
        let code = unsafe libssh2_channel_wait_closed(exchange.channel)
        if code == LIBSSH2_ERROR_EAGAIN { return moved }
        guard code == 0 else {
            lose(connection.lastError)
            return true
        }
        finish(exchange, connection)
        return true
    }

    private func send(_ exchange: Exchange, _ connection: Connection) -> Bool {
        var moved = false
        while exchange.unsent > 0 && !connection.wire.isFull {
            let count = unsafe exchange.input.withUnsafeBytes { bytes in
                let rest = unsafe UnsafeRawBufferPointer(rebasing: bytes[exchange.inputSent...])
                return unsafe rest.withMemoryRebound(to: CChar.self) {
                    unsafe libssh2_channel_write_ex(exchange.channel, 0, $0.baseAddress, $0.count)
                }
            }
            if count == 0 || count == Int(LIBSSH2_ERROR_EAGAIN) { return moved }
            guard count > 0 else {
                lose(connection.lastError)
                return true
            }
            exchange.sent(count)
            moved = true
        }
        if exchange.inputEnds && !exchange.isInputEnded && exchange.unsent == 0 {
            let code = unsafe libssh2_channel_send_eof(exchange.channel)
            if code == LIBSSH2_ERROR_EAGAIN { return moved }
            guard code == 0 else {
                lose(connection.lastError)
                return true
            }
            exchange.isInputEnded = true
            moved = true
        }
        return moved
    }

    /// Reads a stream once. What is too much for a collecting caller ends the exchange.
    private func receive(_ exchange: Exchange, _ stream: Int32, _ connection: Connection) -> Bool {
        let count = unsafe libssh2_channel_read_ex(exchange.channel, stream, scratch.baseAddress, scratch.count)
        if count == 0 || count == Int(LIBSSH2_ERROR_EAGAIN) { return false }
        guard count > 0 else {
            lose(connection.lastError)
            return true
        }
        let bytes = unsafe UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: scratch[..<count]))
        if stream == 0 {
            unsafe exchange.standardOutput.append(contentsOf: bytes)
        } else if !exchange.isStreaming || exchange.standardError.count + count <= exchange.outputLimit {
            unsafe exchange.standardError.append(contentsOf: bytes)
        }
        let largest = max(exchange.standardOutput.count, exchange.standardError.count)
        if !exchange.isStreaming && largest > exchange.outputLimit {
            abandon(
                exchange,
                error(
                    .outputLimit, exchange, "it printed more than \(exchange.outputLimit) bytes",
                    "Raise the limit of this call, or let the command write to a file and download that"))
        }
        return true
    }

    private func finish(_ exchange: Exchange, _ connection: Connection) {
        let signal = unsafe exitSignal(exchange.channel, connection)
        let status = unsafe libssh2_channel_get_exit_status(exchange.channel)
        free(exchange)
        exchange.end(
            .success(
                RemoteOutput(
                    status: signal == nil ? status : nil, signal: signal,
                    standardOutput: exchange.isStreaming ? [] : exchange.standardOutput,
                    standardError: exchange.standardError, host: host.label, operation: exchange.operation)))
    }

    private func exitSignal(_ channel: OpaquePointer?, _ connection: Connection) -> String? {
        var name: UnsafeMutablePointer<CChar>?
        var count = 0
        _ = unsafe libssh2_channel_get_exit_signal(channel, &name, &count, nil, nil, nil, nil)
        guard let name = unsafe name else { return nil }
        defer { unsafe libssh2_free(connection.pointer, name) }
        return unsafe String(cString: name)
    }

    /// Both sides have closed: libssh2 may give the channel's number to another one.
    private func free(_ exchange: Exchange) {
        _ = unsafe libssh2_channel_free(exchange.channel)
        unsafe exchange.channel = nil
        exchange.stage = .ended
    }

    private func linger(_ exchange: Exchange, _ connection: Connection) -> Bool {
        let closing = unsafe libssh2_channel_close(exchange.channel)
        if closing != 0 && closing != LIBSSH2_ERROR_EAGAIN {
            lose(connection.lastError)
            return true
        }
        var moved = false
        for stream in [Int32(0), SSH_EXTENDED_DATA_STDERR] {
            let count = unsafe libssh2_channel_read_ex(exchange.channel, stream, scratch.baseAddress, scratch.count)
            if count > 0 { moved = true }
            if count < 0 && count != Int(LIBSSH2_ERROR_EAGAIN) {
                lose(connection.lastError)
                return true
            }
        }
        guard unsafe libssh2_channel_eof(exchange.channel) == 1,
            unsafe libssh2_channel_wait_closed(exchange.channel) == 0
        else { return moved }
        free(exchange)
        return true
    }
}
