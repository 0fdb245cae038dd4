import Synchronization

/// Whether the user wants the run to end early (Ctrl-C, SIGTERM, SIGHUP).
///
/// The run then heals, checks what there is, and says so. A second request ends waiting for replicas and final reads
/// too; healing and teardown always take place.
public final class Interruption: Sendable {
    private let requests = Atomic<Int>(0)
    private let outer: Interruption?

    /// With `outer` it is one run's own: asked for when either is, and asking ends that run alone.
    public init(within outer: Interruption? = nil) {
        self.outer = outer
    }

    /// How often the user has asked.
    public var count: Int { requests.load(ordering: .relaxed) + (outer?.count ?? 0) }

    /// True once the user has asked.
    public var isRequested: Bool { count > 0 }

    /// Notes that the user asks.
    public func request() {
        requests.add(1, ordering: .relaxed)
    }

    /// Does `body` until it ends or the user has asked more than `after` times, which cancels the body's task.
    ///
    /// Returns `nil` if it was cut short; `body` has ended in any case.
    public func watching<T: Sendable>(
        after: Int = 0, _ body: @escaping @Sendable () async throws -> T
    ) async throws -> T? {
        try await withThrowingTaskGroup(of: T?.self) { group in
            group.addTask { try await body() }
            group.addTask {
                while self.count <= after, !Task.isCancelled {
                    try? await Task.sleep(nanoseconds: 20_000_000)
                }
                return nil
            }
            defer { group.cancelAll() }
            if let first = try await group.next(), let value = first { return value }
            group.cancelAll()
            do { return try await group.next() ?? nil } catch is CancellationError { return nil }
        }
    }
}
