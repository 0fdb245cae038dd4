import RunStore
import Synchronization

/// What has gone wrong with the run so far, in order.
final class Problems: Sendable {
    private let problems = Mutex<[Problem]>([])

    /// Notes one; the same one twice is noted once.
    func add(_ problem: Problem) {
        problems.withLock { if !$0.contains(problem) { $0.append(problem) } }
    }

    var all: [Problem] { problems.withLock { $0 } }
}
