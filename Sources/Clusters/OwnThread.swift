import Foundation

/// Runs blocking work on a thread of its own, never on the cooperative pool, and waits for its result.
///
/// Cancelling the task does not interrupt the work: what was begun is finished.
func onOwnThread<Value: Sendable>(
    _ work: @escaping @Sendable () throws -> Value
) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        Thread { continuation.resume(with: Result { try work() }) }.start()
    }
}
