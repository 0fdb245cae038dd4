/// A running remote program whose input and output flow both ways.
///
/// Dropping the last reference closes it, as `close()` does.
public final class SSHChannel: Sendable {
    /// Bytes of standard error that are kept; what comes later is dropped.
    public static let standardErrorLimit = 1 << 20

    private let session: SSHSession
    let exchange: Exchange

    init(_ session: SSHSession, _ exchange: Exchange) {
        self.session = session
        self.exchange = exchange
    }

    deinit { session.thread.cancel(exchange.number) }

    /// Sends bytes to the program's input; returns when no more than 256 KiB wait to be sent.
    ///
    /// After an error the program may have read any part of them.
    public func write(
        _ bytes: [UInt8], deadline: Duration = SSHSession.defaultDeadline
    ) async throws(SSHError) {
        let end = Deadline(deadline)
        let number = session.number()
        try await session.cancellable(number) { () async throws(SSHError) in
            try await session.write(bytes, to: exchange, number, by: end)
        }
    }

    /// Ends the program's input after what was written.
    public func finishInput() async { await session.endInput(of: exchange) }

    /// What the program prints, as it arrives; one reader at a time.
    public var output: Output { Output(channel: self) }

    /// What the program printed since the last call; nil at its end.
    ///
    /// A deadline or a cancellation ends this call only, the channel stays open. The program has to wait while more than
    /// 1 MiB is unread.
    public func read(deadline: Duration? = nil) async throws(SSHError) -> [UInt8]? {
        let end = deadline.map(Deadline.init)
        let number = session.number()
        return try await session.cancellable(number) { () async throws(SSHError) in
            try await session.nextChunk(of: exchange, number, by: end)
        }
    }

    /// How the program ended, with what it wrote to standard error. All output must have been read.
    public func exit(deadline: Duration = SSHSession.defaultDeadline) async throws(SSHError) -> RemoteOutput {
        let end = Deadline(deadline)
        let number = session.number()
        return try await session.cancellable(number) { () async throws(SSHError) in
            try await session.ending(of: exchange, number, by: end)
        }
    }

    /// What the program has written to standard error up to now.
    public var standardError: [UInt8] {
        get async { await session.standardError(of: exchange) }
    }

    /// Gives the program up: its input ends, and nothing it prints arrives any more. Idempotent.
    public func close() async { await session.close(exchange) }

    /// The chunks of a program's standard output.
    public struct Output: AsyncSequence, Sendable {
        let channel: SSHChannel

        public func makeAsyncIterator() -> Iterator { Iterator(channel: channel) }

        public struct Iterator: AsyncIteratorProtocol {
            let channel: SSHChannel

            public mutating func next() async throws(SSHError) -> [UInt8]? { try await channel.read() }

            public mutating func next(isolation actor: isolated (any Actor)?) async throws(SSHError) -> [UInt8]? {
                try await channel.read()
            }
        }
    }
}

extension SSHSession {
    func standardError(of exchange: Exchange) -> [UInt8] { exchange.standardError }
}
