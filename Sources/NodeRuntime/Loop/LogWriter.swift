internal import Replication

/// What the event loop keeps about the log on its way to the disk: what was appended or cut and not flushed yet, and what
/// the disk is doing. Lives on the event loop.
///
/// A flush waits for the end of the loop's turn, so that it takes along what other clients asked for in the same turn. As
/// long as the disk is quick the event loop itself writes then, as Redis does; a slow disk gets a thread of its own, and
/// the loop goes on. All orders are carried out in the order of the effects. While the gate `fsync` is closed nothing of
/// log and state reaches the disk; it waits in order.
final class LogWriter {
    typealias Done = @Sendable (Result<Void, NodeError>) -> Void

    private enum Order {
        case write(cut: LSN?, [StoredRecord], Done)
        case state([UInt8], Done)
        case install(StoredSnapshot, Done)
        case drop(LSN, Done)
    }

    /// A flush that waits for the end of the turn.
    private struct Pending {
        var lsn: LSN
        var done: Done
    }

    /// A write that takes longer, in nanoseconds, leaves the next one to the thread.
    private static let patience: UInt64 = 10_000_000

    private let disk: DiskThread
    private var unwritten: [StoredRecord] = []
    /// The lowest place of the cuts since the last flush.
    private var cut: LSN?
    private var pending: Pending?
    /// How far each flush under way will speak, in their order, and since when it is.
    private var flights: [(lsn: LSN, since: Moment)] = []
    /// Orders that the thread was given and has not reported.
    private var underWay = 0
    private var held: [Order] = []
    /// The end of the log, once something was appended.
    private var end: LSN?
    /// Up to here all is durable.
    private var durable: LSN = 0
    private var isQuick = true
    private(set) var isClosed = false

    init(_ disk: DiskThread) { self.disk = disk }

    /// Whether a flush waits to be ordered.
    var isWaiting: Bool { pending != nil }

    func append(_ record: StoredRecord) {
        unwritten.append(record)
        end = record.lsn
    }

    /// What was cut is never spoken of again, not even by flushes that were ordered before.
    func cut(after lsn: LSN) {
        unwritten.removeAll { $0.lsn > lsn }
        cut = min(cut ?? lsn, lsn)
        durable = min(durable, lsn)
        end = end.map { min($0, lsn) }
        if let waiting = pending?.lsn { pending?.lsn = min(waiting, lsn) }
        for index in flights.indices { flights[index].lsn = min(flights[index].lsn, lsn) }
    }

    /// `writePending` must follow at the end of the turn. Of several flushes that wait the last one reports for all.
    func flush(upTo lsn: LSN, done: @escaping Done) {
        pending = Pending(lsn: max(lsn, pending?.lsn ?? 0), done: done)
    }

    /// The end of the turn: how far the log is durable now, if the disk was asked here and has answered. While the
    /// thread is busy what waits goes on waiting, for what comes meanwhile to go with it; not when it `isLast`.
    func writePending(isLast: Bool = false) -> Result<LSN?, NodeError> {
        guard let flush = pending else { return .success(nil) }
        let isFree = !isClosed && held.isEmpty && underWay == 0
        let isDone = cut == nil && unwritten.isEmpty && durable >= flush.lsn
        guard isFree, isQuick || isDone else {
            if underWay == 0 || isClosed || isLast { orderPending() }
            return .success(nil)
        }
        pending = nil
        if isDone { return .success(durable) }
        let start = NodeLoop.now
        let result = disk.writeNow(cuttingAfter: cut, unwritten)
        isQuick = NodeLoop.now - start < Self.patience
        unwritten = []
        cut = nil
        durable = max(durable, end ?? flush.lsn)
        return result.map { max(flush.lsn, end ?? 0) }
    }

    /// Gives the flush that waits to the thread, or to what the gate holds.
    private func orderPending() {
        guard let flush = pending else { return }
        pending = nil
        let (records, place) = (unwritten, cut)
        unwritten = []
        cut = nil
        flights.append((flush.lsn, NodeLoop.now))
        order(.write(cut: place, records, flush.done))
    }

    /// The thread has carried out an order; `writePending` must follow.
    func landed() { underWay -= 1 }

    /// The oldest flush of the thread is done: how far it reaches.
    func flushed() -> LSN {
        let flight = flights.removeFirst()
        durable = max(durable, flight.lsn)
        isQuick = NodeLoop.now - flight.since < Self.patience
        return flight.lsn
    }

    func save(state: [UInt8], done: @escaping Done) {
        orderPending()
        order(.state(state, done))
    }

    /// A snapshot takes the place of all of it.
    func install(_ snapshot: StoredSnapshot, done: @escaping Done) {
        orderPending()
        unwritten = []
        cut = nil
        end = nil
        durable = 0
        order(.install(snapshot, done))
    }

    func drop(upTo lsn: LSN, done: @escaping Done) {
        orderPending()
        order(.drop(lsn, done))
    }

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
        underWay += 1
        switch order {
        case .write(let cut, let records, let done): disk.write(cuttingAfter: cut, records, done: done)
        case .state(let state, let done): disk.save(state: state, done: done)
        case .install(let snapshot, let done): disk.install(snapshot, done: done)
        case .drop(let lsn, let done): disk.drop(upTo: lsn, done: done)
        }
    }
}
