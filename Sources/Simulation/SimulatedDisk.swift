import Determinism
import Replication

/// What a node has stored, and what is on its way there.
///
/// The disk does one thing after the other, in the order in which it was asked; each answers with an input.
struct SimulatedDisk {
    /// Something that the disk was asked for.
    enum Operation {
        /// Forget records behind a place, if there is one, and add others; `upTo` is how far the answer will speak.
        case log(cut: LSN?, [StoredRecord], upTo: LSN)
        case state([UInt8], StateNumber)
        case snapshot(StoredSnapshot)
        case install(StoredSnapshot)
        case drop(upTo: LSN)
    }

    var snapshot: StoredSnapshot?
    var records: [StoredRecord] = []
    var state: [UInt8]?
    /// Appended or cut, and in no operation yet.
    private(set) var unwritten: [StoredRecord] = []
    private var cut: LSN?
    /// How many of the records survive a power cut; the others are in the kernel or in the process.
    private(set) var durable = 0
    /// Half of a record that a power cut left behind the last whole one.
    private(set) var torn: StoredRecord?
    /// Of the records, one with a byte that is not as it was written.
    private(set) var damaged: LSN?
    private let isSyncing: Bool
    private let losesBuffers: Bool
    private let acceptsTorn: Bool
    private let skipsDamaged: Bool
    /// Under way, the oldest first.
    private(set) var operations: [Operation] = []
    /// Of the operations under way, how many the gate `fsync` keeps from beginning: the last ones.
    private var held = 0
    /// Whether the gate `fsync` is closed: nothing becomes durable.
    private(set) var isClosed = false
    /// Until then earlier operations keep the disk busy.
    private var busyUntil: Int64 = 0

    /// `isSyncing`: what is written is made durable. `losesBuffers`: what is not durable dies with the process.
    ///
    /// `acceptsTorn`: recovery takes a torn record for a whole one, which is a bug. `skipsDamaged`: it puts an empty record in
    /// the place of a damaged one, which is another.
    init(
        isSyncing: Bool = true, losesBuffers: Bool = false, acceptsTorn: Bool = false, skipsDamaged: Bool = false
    ) {
        self.skipsDamaged = skipsDamaged
        self.isSyncing = isSyncing
        self.acceptsTorn = acceptsTorn
        self.losesBuffers = losesBuffers
    }

    // MARK: What a member wants

    mutating func append(_ record: StoredRecord) { unwritten.append(record) }

    /// What was cut is never spoken of again, not even by flushes that were ordered before.
    mutating func cut(after lsn: LSN) {
        unwritten.removeAll { $0.lsn > lsn }
        cut = min(cut ?? lsn, lsn)
        for index in operations.indices {
            guard case .log(let place, let records, let upTo) = operations[index] else { continue }
            operations[index] = .log(cut: place, records, upTo: min(upTo, lsn))
        }
    }

    /// Orders the writing of what was appended and cut; done at the time given back, `nil` while the gate is closed.
    mutating func flush(upTo lsn: LSN, at now: Int64, taking length: Int64) -> Int64? {
        let operation = Operation.log(cut: cut, unwritten, upTo: lsn)
        unwritten = []
        cut = nil
        return begin(operation, at: now, taking: length)
    }

    /// Orders something that takes `length`; done at the time given back, `nil` while the gate is closed.
    mutating func begin(_ operation: Operation, at now: Int64, taking length: Int64) -> Int64? {
        if case .install = operation {
            unwritten = []
            cut = nil
        }
        operations.append(operation)
        guard !isClosed else {
            held += 1
            return nil
        }
        busyUntil = max(busyUntil, now) + length
        return busyUntil
    }

    mutating func closeGate() { isClosed = true }

    /// Opens the gate: when each of the operations that waited at it is done.
    mutating func openGate(at now: Int64, taking length: () -> Int64) -> [Int64] {
        isClosed = false
        defer { held = 0 }
        return (0..<held).map { _ in
            busyUntil = max(busyUntil, now) + length()
            return busyUntil
        }
    }

    /// The oldest operation is done; what the member is told.
    mutating func finish() -> ReplicaInput? {
        guard !operations.isEmpty else { return nil }
        let operation = operations.removeFirst()
        apply(operation)
        switch operation {
        case .log(_, _, let upTo): return .flushed(upTo: upTo)
        case .state(_, let number): return .stateSaved(number)
        case .snapshot(let snapshot): return .snapshotSaved(snapshot.position)
        case .install(let snapshot): return .snapshotInstalled(snapshot.position)
        case .drop: return nil
        }
    }

    // MARK: What happens to it

    /// A kill: what no operation has taken up is gone; of those under way the kernel has done some first part, unless
    /// what is not durable is in the process.
    mutating func kill(_ random: inout SeededRandom) {
        guard !losesBuffers else { return cutPower(torn: false) }
        let begun = operations.dropLast(held)
        var steps = random.below(begun.reduce(1) { $0 + $1.steps })
        for operation in begun where steps > 0 {
            apply(operation.first(steps))
            steps -= min(steps, operation.steps)
        }
        forget()
    }

    /// A power cut: what is not durable is gone. With `torn` half of the next record is left, if there is one.
    mutating func cutPower(torn isTorn: Bool) {
        let lost = records[durable...].first ?? operations.lazy.compactMap(\.firstRecord).first ?? unwritten.first
        records.removeSubrange(durable...)
        torn = isTorn ? lost.map { $0.half } : nil
        forget()
    }

    /// Flips a byte of a record in the middle of the log; which one, `nil` if none has others on both sides.
    mutating func damage() -> LSN? {
        guard records.count > 2 else { return nil }
        damaged = records[records.count / 2].lsn
        return damaged
    }

    /// Whether a node finds what it must not start with.
    var isUnreadable: Bool { damaged != nil && !skipsDamaged }

    private mutating func forget() {
        operations = []
        held = 0
        isClosed = false
        unwritten = []
        cut = nil
        busyUntil = 0
    }

    private mutating func apply(_ operation: Operation) {
        switch operation {
        case .log(let cut, let new, _):
            if let cut {
                records.removeAll { $0.lsn > cut }
                durable = min(durable, records.count)
            }
            records += new
            if isSyncing { durable = records.count }
        case .state(let bytes, _): state = bytes
        case .snapshot(let new): snapshot = new
        case .install(let new):
            snapshot = new
            records = []
            durable = 0
        case .drop(let lsn):
            guard let start = snapshot?.position.lsn else { return }
            let old = records.count { $0.lsn <= min(lsn, start) }
            records.removeFirst(old)
            durable = max(0, durable - old)
        }
    }

    /// What a node finds when it starts: as `DataDirectory` of the real node brings snapshot and log together.
    var recovered: StoredState {
        var found = records.map { $0.lsn == damaged ? StoredRecord($0.position, kind: 0) : $0 }
        if acceptsTorn, let torn { found.append(torn) }
        if let start = snapshot?.position, let first = found.first?.lsn, let last = found.last?.lsn {
            let isOther = first <= start.lsn && last >= start.lsn && found[Int(start.lsn - first)].position != start
            if last < start.lsn || isOther { found = [] }
        }
        return StoredState(snapshot: snapshot, records: found, state: state)
    }

    /// A node starts with what it recovered: a log that the snapshot has left behind is gone.
    mutating func start() -> StoredState {
        let found = recovered
        records = found.records
        durable = min(durable, records.count)
        torn = nil
        damaged = nil
        return found
    }
}

extension SimulatedDisk.Operation {
    /// How many parts it can be cut into by a crash.
    fileprivate var steps: Int {
        switch self {
        case .log(let cut, let records, _): (cut == nil ? 0 : 1) + records.count
        case .state, .snapshot, .install, .drop: 1
        }
    }

    fileprivate var firstRecord: StoredRecord? {
        guard case .log(_, let records, _) = self else { return nil }
        return records.first
    }

    /// Its first steps.
    fileprivate func first(_ steps: Int) -> Self {
        guard case .log(let cut, let records, let upTo) = self else { return self }
        return .log(cut: cut, Array(records.prefix(steps - (cut == nil ? 0 : 1))), upTo: upTo)
    }
}

extension StoredRecord {
    /// One that says nothing.
    fileprivate init(_ position: Position, kind: UInt8) {
        self.init(timeline: position.timeline, lsn: position.lsn, kind: kind, payload: [])
    }

    /// What is left of it when its writing is interrupted in the middle.
    fileprivate var half: StoredRecord {
        StoredRecord(timeline: timeline, lsn: lsn, kind: kind, payload: Array(payload.prefix(payload.count / 2)))
    }
}
