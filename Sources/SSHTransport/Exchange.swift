/// A suspended caller.
final class Waiter<Value: Sendable> {
    let number: UInt64
    let deadline: Deadline?
    private var continuation: CheckedContinuation<Result<Value, SSHError>, Never>?

    init(
        on thread: SessionThread, _ number: UInt64, _ deadline: Deadline?,
        _ continuation: CheckedContinuation<Result<Value, SSHError>, Never>
    ) {
        thread.checkIsolated()
        self.number = number
        self.deadline = deadline
        self.continuation = continuation
    }

    /// The first call counts.
    func resume(_ result: Result<Value, SSHError>) {
        continuation?.resume(returning: result)
        continuation = nil
    }
}

/// One command on its channel, from waiting for its turn to its exit status.
///
/// `@unchecked`: only the session's thread looks inside; others hold it without touching it.
@safe final class Exchange: @unchecked Sendable {
    enum Stage: Comparable {
        /// All channels are in use.
        case waiting
        /// The channel is being opened; the host does not know the command.
        case opening
        /// The command was sent.
        case starting
        case running
        /// Given up by its caller; the host still has to close its side, and until then the channel counts.
        case lingering
        case ended
    }

    /// A streaming channel is not read while this many bytes wait for their reader.
    static let maximumUnread = 1 << 20
    /// A write returns while no more than this waits to be sent.
    static let maximumUnsent = 256 * 1024

    let number: UInt64
    let operation: String
    let commandLine: String
    /// Most bytes of each output that are kept.
    let outputLimit: Int
    let isStreaming: Bool
    var deadline: Deadline?
    var stage = Stage.waiting
    var channel: OpaquePointer?
    var isAbandoned = false
    /// Openings that the host refused, and when the next one may follow.
    var refusals = 0
    var notBefore: Deadline?

    private(set) var input: [UInt8]
    private(set) var inputSent = 0
    var inputEnds: Bool
    var isInputEnded = false

    var standardOutput: [UInt8] = []
    var standardError: [UInt8] = []
    /// How it ended, once it has.
    private(set) var outcome: Result<RemoteOutput, SSHError>?

    var starter: Waiter<Void>?
    var reader: Waiter<[UInt8]?>?
    var writers: [Waiter<Void>] = []
    var finishers: [Waiter<RemoteOutput>] = []

    init(
        _ number: UInt64, _ operation: String, _ commandLine: String, input: [UInt8]?, outputLimit: Int,
        deadline: Deadline
    ) {
        self.number = number
        self.operation = operation
        self.commandLine = commandLine
        self.input = input ?? []
        self.outputLimit = outputLimit
        self.deadline = deadline
        isStreaming = input == nil
        inputEnds = input != nil
    }

    var unsent: Int { input.count - inputSent }

    /// When a refused opening will be tried again.
    var nextAttempt: Deadline? { stage == .waiting && notBefore?.isPast == false ? notBefore : nil }

    var isPaused: Bool {
        stage == .running && isStreaming && standardOutput.count >= Self.maximumUnread
    }

    /// The command was handed to the host.
    var mayHaveRun: Bool { stage >= .starting }

    var hasSucceeded: Bool { if case .success = outcome { true } else { false } }

    func append(input bytes: [UInt8]) {
        if unsent == 0 { dropInput() }
        input += bytes
    }

    func sent(_ count: Int) {
        inputSent += count
        if unsent == 0 { dropInput() }
    }

    func dropInput() {
        input.removeAll(keepingCapacity: true)
        inputSent = 0
    }

    func started() {
        starter?.resume(.success(()))
        starter = nil
        if isStreaming { deadline = nil }
    }

    /// Gives the reader what has arrived, and writers their turn.
    func serve() {
        if let reader, !standardOutput.isEmpty {
            self.reader = nil
            reader.resume(.success(takeOutput()))
        }
        if unsent <= Self.maximumUnsent {
            for writer in writers { writer.resume(.success(())) }
            writers = []
        }
    }

    var waiterDeadlines: [Deadline] {
        ([reader?.deadline] + writers.map(\.deadline) + finishers.map(\.deadline)).compactMap(\.self)
    }

    /// Fails the waiters that the rule names by number and deadline; the exchange itself goes on.
    func dismiss(_ error: SSHError, _ applies: (UInt64, Deadline?) -> Bool) {
        if let reader, applies(reader.number, reader.deadline) {
            self.reader = nil
            reader.resume(.failure(error))
        }
        writers = dismissed(writers, error, applies)
        finishers = dismissed(finishers, error, applies)
    }

    private func dismissed<Value>(
        _ waiters: [Waiter<Value>], _ error: SSHError, _ applies: (UInt64, Deadline?) -> Bool
    ) -> [Waiter<Value>] {
        waiters.filter { waiter in
            guard applies(waiter.number, waiter.deadline) else { return true }
            waiter.resume(.failure(error))
            return false
        }
    }

    func takeOutput() -> [UInt8] {
        defer { standardOutput = [] }
        return standardOutput
    }

    func end(_ result: Result<RemoteOutput, SSHError>) {
        guard outcome == nil else { return }
        serve()
        outcome = result
        let failure: SSHError? = if case .failure(let error) = result { error } else { nil }
        starter?.resume(failure.map(Result.failure) ?? .success(()))
        reader?.resume(failure.map(Result.failure) ?? .success(nil))
        for writer in writers { writer.resume(failure.map(Result.failure) ?? .success(())) }
        for finisher in finishers { finisher.resume(result) }
        (starter, reader, writers, finishers) = (nil, nil, [], [])
    }
}
