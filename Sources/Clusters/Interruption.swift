import Glibc
import Synchronization

/// The user or the system asked this program to stop.
public struct InterruptedError: Error, Hashable, Sendable, CustomStringConvertible {
    /// SIGINT, SIGTERM or SIGHUP.
    public var signal: Int32

    public var description: String { "stopped by signal \(signal)" }
    /// 128 plus the signal, as shells have it.
    public var exitCode: Int32 { 128 + signal }
}

/// Runs `body`; SIGINT, SIGTERM and SIGHUP cancel it, so that scopes such as `withLab` end in their own order.
///
/// A second signal of the same kind ends the program at once: what a lab then leaves goes with the next `lab` command.
/// Throws `InterruptedError` when `body` failed after a signal. Only for `main`, and one at a time: dispositions of
/// signals belong to the whole program.
public func cancellingOnInterrupt<Value: Sendable>(
    _ body: @escaping @Sendable () async throws -> Value
) async throws -> Value {
    var ends: [Int32] = [-1, -1]
    guard unsafe pipe(&ends) == 0 else {
        throw LabError(.registry, "no pipe to hear signals with: errno \(errno)")
    }
    ends.forEach { _ = fcntl($0, F_SETFD, FD_CLOEXEC) }
    let (readEnd, writeEnd) = (ends[0], ends[1])
    wakeUp.store(writeEnd, ordering: .sequentiallyConsistent)
    let numbers = [SIGINT, SIGTERM, SIGHUP].filter { !isIgnored($0) }
    numbers.forEach { signal($0, hear) }
    defer {
        numbers.forEach { signal($0, SIG_DFL) }
        wakeUp.store(-1, ordering: .sequentiallyConsistent)
        close(readEnd)
        close(writeEnd)
    }
    return try await race(body, readEnd, writeEnd)
}

/// Where the handler writes the number of the signal it heard.
private let wakeUp = Atomic<Int32>(-1)

/// A handler, unlike an ignored signal, is not inherited by programs that this one starts.
private func hear(_ number: Int32) {
    let before = errno
    signal(number, SIG_DFL)
    var byte = UInt8(number)
    _ = unsafe write(wakeUp.load(ordering: .sequentiallyConsistent), &byte, 1)
    errno = before
}

/// Whether whoever started this program wants it to go on, as `nohup` does.
private func isIgnored(_ number: Int32) -> Bool {
    var current = sigaction()
    unsafe sigaction(number, nil, &current)
    return unsafe unsafeBitCast(current.__sigaction_handler.sa_handler, to: Int.self) == 1
}

/// The next signal, or nil when zero was written because nobody waits any more.
private func nextSignal(_ descriptor: Int32) -> Int32? {
    var byte: UInt8 = 0
    while unsafe read(descriptor, &byte, 1) != 1 {
        guard errno == EINTR else { return nil }
    }
    return byte == 0 ? nil : Int32(byte)
}

private enum Outcome<Value: Sendable>: Sendable {
    case body(Result<Value, any Error>)
    case signal(Int32?)
}

private func race<Value: Sendable>(
    _ body: @escaping @Sendable () async throws -> Value, _ readEnd: Int32, _ writeEnd: Int32
) async throws -> Value {
    try await withThrowingTaskGroup(of: Outcome<Value>.self) { group in
        group.addTask {
            do {
                return .body(.success(try await body()))
            } catch {
                return .body(.failure(error))
            }
        }
        group.addTask { .signal(try await onOwnThread { nextSignal(readEnd) }) }
        defer { _ = unsafe write(writeEnd, [0], 1) }
        var interruption: InterruptedError?
        while let outcome = try await group.next() {
            group.cancelAll()
            switch outcome {
            case .signal(let number): interruption = number.map(InterruptedError.init(signal:))
            case .body(.success(let value)): return value
            case .body(.failure(let error)): throw interruption ?? error
            }
        }
        preconditionFailure("the body ended without an outcome")
    }
}
