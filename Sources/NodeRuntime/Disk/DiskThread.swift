internal import Dispatch
internal import NIOPosix
internal import Replication
internal import Synchronization

/// The thread that writes of log and state run on, one after the other in the order of the effects.
final class DiskThread: Sendable {
    private let pool = NIOThreadPool(numberOfThreads: 1)
    private let log: Mutex<LogFiles>
    private let directory: String

    init(_ log: consuming LogFiles, directory: String) {
        self.log = Mutex(log)
        self.directory = directory
        pool.start()
    }

    /// Forgets records, if that is wanted, makes others durable, then reports.
    func write(
        cuttingAfter cut: LSN?, _ records: [StoredRecord],
        done: @escaping @Sendable (Result<Void, NodeError>) -> Void
    ) {
        run(done) { (log: inout LogFiles) throws(NodeError) in try log.write(cuttingAfter: cut, records) }
    }

    /// The same on the thread of the caller, who has nothing under way here: waiting for it costs less than two wakings.
    func writeNow(cuttingAfter cut: LSN?, _ records: [StoredRecord]) -> Result<Void, NodeError> {
        log.withLock { (log: inout LogFiles) in
            do throws(NodeError) {
                return .success(try log.write(cuttingAfter: cut, records))
            } catch {
                return .failure(error)
            }
        }
    }

    /// Replaces the small state beside the log.
    func save(state: [UInt8], done: @escaping @Sendable (Result<Void, NodeError>) -> Void) {
        let directory = directory
        run(done) { (_: inout LogFiles) throws(NodeError) in
            try CheckedFile.state.save(state, as: StateFile.name, in: directory)
        }
    }

    /// Puts a snapshot in the place of everything.
    func install(_ snapshot: StoredSnapshot, done: @escaping @Sendable (Result<Void, NodeError>) -> Void) {
        let directory = directory
        run(done) { (log: inout LogFiles) throws(NodeError) in
            try SnapshotFile.save(snapshot, in: directory)
            try log.removeAll()
            try FileSystem.syncDirectory(directory)
        }
    }

    func drop(upTo lsn: LSN, done: @escaping @Sendable (Result<Void, NodeError>) -> Void) {
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

    /// Leaves half of a record behind what is durable: the first that is not, or else `next`. False if there is none.
    /// Waits for what the disk is doing.
    func tear(_ next: StoredRecord?) throws(NodeError) -> Bool {
        try log.withLock { (log: inout LogFiles) throws(NodeError) in try log.tear(next) }
    }

    /// Does what was asked for, ends the thread and leaves nothing in the process.
    func stop() {
        let isDone = DispatchSemaphore(value: 0)
        pool.submit { _ in isDone.signal() }
        isDone.wait()
        abandon()
        log.withLock { (log: inout LogFiles) in try? log.writeOut() }
    }

    /// Ends the thread as a power cut does: what is not durable is gone.
    func abandon() { try? pool.syncShutdownGracefully() }
}

/// The thread for files whose speed nobody waits for: saved snapshots, the event log.
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
