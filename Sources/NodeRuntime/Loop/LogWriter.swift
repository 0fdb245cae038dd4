internal import Replication

/// What the event loop keeps about the log on its way to the disk: what was appended or cut and not flushed yet, and the
/// flushes under way. Lives on the event loop.
///
/// While the gate `fsync` is closed nothing of log and state reaches the disk; it waits in order.
final class LogWriter {
    typealias Done = @Sendable (Result<Void, NodeError>) -> Void

    private enum Order {
        case write(cut: LSN?, [StoredRecord], Done)
        case state([UInt8], Done)
        case install(StoredSnapshot, Done)
        case drop(LSN, Done)
    }

    private let disk: DiskThread
    private var unwritten: [StoredRecord] = []
    /// The lowest place of the cuts since the last flush.
    private var cut: LSN?
    /// How far each flush under way will speak, in their order.
    private var flights: [LSN] = []
    private var held: [Order] = []
    private(set) var isClosed = false

    init(_ disk: DiskThread) { self.disk = disk }

    func append(_ record: StoredRecord) { unwritten.append(record) }

    /// What was cut is never spoken of again, not even by flushes that were ordered before.
    func cut(after lsn: LSN) {
        unwritten.removeAll { $0.lsn > lsn }
        cut = min(cut ?? lsn, lsn)
        for index in flights.indices { flights[index] = min(flights[index], lsn) }
    }

    func flush(upTo lsn: LSN, done: @escaping Done) {
        let (records, place) = (unwritten, cut)
        unwritten = []
        cut = nil
        flights.append(lsn)
        order(.write(cut: place, records, done))
    }

    /// The oldest flush is done: how far it reaches.
    func flushed() -> LSN { flights.removeFirst() }

    func save(state: [UInt8], done: @escaping Done) { order(.state(state, done)) }

    /// A snapshot takes the place of all of it.
    func install(_ snapshot: StoredSnapshot, done: @escaping Done) {
        unwritten = []
        cut = nil
        order(.install(snapshot, done))
    }

    func drop(upTo lsn: LSN, done: @escaping Done) { order(.drop(lsn, done)) }

    /// Closes or opens the gate `fsync`; what waits goes on in order.
    func setGate(isClosed: Bool) {
        self.isClosed = isClosed
        guard !isClosed else { return }
        let waiting = held
        held = []
        for order in waiting { execute(order) }
    }

    /// Leaves half of the first record that is not durable, if there is one.
    func tear() throws(NodeError) -> Bool {
        var next = unwritten.first
        for case .write(_, let records, _) in held.reversed() where !records.isEmpty { next = records[0] }
        return try disk.tear(next)
    }

    private func order(_ order: Order) {
        if isClosed { held.append(order) } else { execute(order) }
    }

    private func execute(_ order: Order) {
        switch order {
        case .write(let cut, let records, let done): disk.write(cuttingAfter: cut, records, done: done)
        case .state(let state, let done): disk.save(state: state, done: done)
        case .install(let snapshot, let done): disk.install(snapshot, done: done)
        case .drop(let lsn, let done): disk.drop(upTo: lsn, done: done)
        }
    }
}
