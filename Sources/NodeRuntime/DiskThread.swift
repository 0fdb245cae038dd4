internal import NIOPosix
internal import Replication
internal import Synchronization

/// The thread that all of a node's log writes run on, one after the other in the order of the effects.
final class DiskThread: Sendable {
    private let pool = NIOThreadPool(numberOfThreads: 1)
    private let log: Mutex<LogFiles>
    private let directory: String

    init(_ log: consuming LogFiles, directory: String) {
        self.log = Mutex(log)
        self.directory = directory
        pool.start()
    }

    /// Makes entries durable, then reports.
    func append(_ entries: [LogEntry], done: @escaping @Sendable (Result<Void, NodeError>) -> Void) {
        run(done) { (log: inout LogFiles) throws(NodeError) in try log.append(entries) }
    }

    /// Puts a snapshot in the place of everything.
    func install(_ snapshot: Snapshot, done: @escaping @Sendable (Result<Void, NodeError>) -> Void) {
        let directory = directory
        run(done) { (log: inout LogFiles) throws(NodeError) in
            try SnapshotFile.save(snapshot, in: directory)
            try log.removeAll()
            try FileSystem.syncDirectory(directory)
        }
    }

    func truncate(upTo lsn: LSN, done: @escaping @Sendable (Result<Void, NodeError>) -> Void) {
        run(done) { (log: inout LogFiles) throws(NodeError) in try log.removeSegments(through: lsn) }
    }

    private func run(
        _ done: @escaping @Sendable (Result<Void, NodeError>) -> Void,
        _ body: @escaping @Sendable (inout LogFiles) throws(NodeError) -> Void
    ) {
        pool.submit { [self] state in
            guard state == .active else { return }
            let result = log.withLock { (log: inout LogFiles) -> Result<Void, NodeError> in
                do throws(NodeError) {
                    return .success(try body(&log))
                } catch {
                    return .failure(error)
                }
            }
            done(result)
        }
    }

    /// Waits for what was asked for and ends the thread.
    func stop() { try? pool.syncShutdownGracefully() }
}

/// The thread for files whose speed nobody waits for: saved snapshots, the control file, the event log.
final class SideThread: Sendable {
    private let pool = NIOThreadPool(numberOfThreads: 1)

    init() { pool.start() }

    func run(
        _ body: @escaping @Sendable () throws(NodeError) -> Void,
        done: @escaping @Sendable (Result<Void, NodeError>) -> Void
    ) {
        pool.submit { state in
            guard state == .active else { return }
            do throws(NodeError) {
                done(.success(try body()))
            } catch {
                done(.failure(error))
            }
        }
    }

    func stop() { try? pool.syncShutdownGracefully() }
}
