internal import Replication

/// What the event loop keeps about the log on its way to the disk: what was appended or cut and not flushed yet, and the
/// flushes under way. Lives on the event loop.
final class LogWriter {
    let disk: DiskThread
    private var unwritten: [StoredRecord] = []
    /// The lowest place of the cuts since the last flush.
    private var cut: LSN?
    /// How far each flush under way will speak, in their order.
    private var flights: [LSN] = []

    init(_ disk: DiskThread) { self.disk = disk }

    func append(_ record: StoredRecord) { unwritten.append(record) }

    /// What was cut is never spoken of again, not even by flushes that were ordered before.
    func cut(after lsn: LSN) {
        unwritten.removeAll { $0.lsn > lsn }
        cut = min(cut ?? lsn, lsn)
        for index in flights.indices { flights[index] = min(flights[index], lsn) }
    }

    func flush(upTo lsn: LSN, done: @escaping @Sendable (Result<Void, NodeError>) -> Void) {
        let (records, place) = (unwritten, cut)
        unwritten = []
        cut = nil
        flights.append(lsn)
        disk.write(cuttingAfter: place, records, done: done)
    }

    /// The oldest flush is done: how far it reaches.
    func flushed() -> LSN { flights.removeFirst() }

    /// A snapshot takes the place of all of it.
    func forget() {
        unwritten = []
        cut = nil
    }
}
