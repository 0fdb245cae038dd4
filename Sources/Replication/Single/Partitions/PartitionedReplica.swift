/// A member whose keys are spread over partitions, each with a log, a leader's order and gates of its own: members of
/// one partition side by side, with one disk and one address.
///
/// Nothing relates the entries of two partitions. So what a client did first to a key of one may be shown later than
/// what it did then to a key of another, even by one read at one node.
public struct PartitionedReplica: Replica {
    var parts: [SingleLeaderReplica]
    private var disk: PartitionedDisk
    var effects: [ReplicaEffect] = []
    /// Of each connection the partition that it is for.
    private var lines: [ConnectionID: Int] = [:]
    /// Connections that have not said which they are for, and since when.
    private var strangers: [ConnectionID: Moment] = [:]
    /// Of each peer the partitions that wait for a connection, the oldest first.
    private var dialling: [NodeName: [Int]] = [:]
    /// Reads of several partitions, and what was asked for them.
    var gathered: [RequestID: GatheredRead] = [:]
    var questions: [RequestID: (read: RequestID, partition: Int)] = [:]
    var lastQuestion: RequestID = 0
    private var outcome = AdminOutcome.done
    private(set) var now: Moment = 0

    /// `closed` and `delays` are those of every partition.
    ///
    /// Throws `DecodingFailure` for stored bytes that this design did not write, or wrote for another number of partitions.
    public init(
        _ configuration: SingleLeaderConfiguration, partitions: Int, role: Role, leader: NodeName?,
        stored: StoredState, closed: [GateTarget] = [], delays: [(GateTarget, DelayRange)] = []
    ) throws(DecodingFailure) {
        precondition((1...Self.limit).contains(partitions), "a number of partitions that configurations allow")
        disk = PartitionedDisk(partitions: partitions, last: stored.records.last?.lsn ?? 0)
        parts = []
        for (place, found) in try PartitionedDisk.parts(of: stored, partitions).enumerated() {
            var own = configuration
            own.seed = configuration.seed &+ UInt64(place)
            parts.append(
                try SingleLeaderReplica(
                    own, role: role, leader: leader, stored: found, closed: closed, delays: delays))
        }
    }

    /// Most partitions of a member.
    public static let limit = 64

    public var name: NodeName { parts[0].name }
    var configuration: SingleLeaderConfiguration { parts[0].configuration }

    public mutating func step(_ input: ReplicaInput, at time: NodeTime) -> [ReplicaEffect] {
        now = max(now, time.monotonic)
        effects = []
        if let record = disk.beginning() { effects.append(.append(record)) }
        switch input {
        case .tick: for place in parts.indices { feed(place, .tick, time) }
        // None of these was asked for: no message stands alone here, and all that is stored is in the log.
        case .abandoned, .received, .stateSaved, .snapshotSaved, .snapshotInstalled: break
        case .request(let id, let call): receive(id, call, time)
        case .accepted(let id): accepted(id)
        case .connected(let id, let name): connected(id, name, time)
        case .connectFailed(let name):
            if let place = dialled(name) { feed(place, .connectFailed(to: name), time) }
        case .disconnected(let id):
            strangers[id] = nil
            if let place = lines.removeValue(forKey: id) { feed(place, .disconnected(id), time) }
        case .message(let id, let message): receive(id, message, time)
        case .flushed(let lsn): for (place, answer) in disk.flushed(upTo: lsn) { feed(place, answer, time) }
        case .admin(let id, let order): effects.append(.adminReply(id, obey(order, time)))
        }
        closeStrangers()
        if let lsn = disk.nextFlush() { effects.append(.flush(upTo: lsn)) }
        defer { effects = [] }
        return effects
    }

    public var nextWake: Moment {
        let silent = strangers.values.min().map { $0 + configuration.silence } ?? .max
        return max(now, parts.reduce(silent) { min($0, $1.nextWake) })
    }

    /// Gives a partition an input, and does what it wants done.
    mutating func feed(_ place: Int, _ input: ReplicaInput, _ time: NodeTime) {
        for effect in parts[place].step(input, at: time) { carryOut(effect, of: place, time) }
    }

    private mutating func carryOut(_ effect: ReplicaEffect, of place: Int, _ time: NodeTime) {
        switch effect {
        case .append(let record): write(.entry(record), place)
        case .saveState(let state, let number): write(.state(state), place, then: .stateSaved(number))
        case .saveSnapshot(let copy): write(.snapshot(copy), place, then: .snapshotSaved(copy.position))
        case .installSnapshot(let copy): write(.install(copy), place, then: .snapshotInstalled(copy.position))
        case .flush(let lsn): disk.answer(place, .flushed(upTo: lsn))
        // The log is kept whole: what one partition no longer needs stands between what others need.
        case .dropLog: break
        case .cutLog, .send: preconditionFailure("a partition cuts no log and sends no message that stands alone")
        case .reply(let id, let answer): reply(id, answer, of: place)
        case .sendOn(let id, let message):
            var message = message
            message.payload.insert(UInt8(place), at: 0)
            effects.append(.sendOn(id, message))
        case .connect(let name):
            dialling[name, default: []].append(place)
            effects.append(.connect(to: name))
        case .close(let id):
            lines[id] = nil
            effects.append(.close(id))
        case .adminReply(_, let found): outcome = found
        case .record(var event):
            event.detail = "partition \(place)" + (event.detail.isEmpty ? "" : ": \(event.detail)")
            effects.append(.record(event))
        case .crash: effects.append(effect)
        }
    }

    private mutating func write(_ record: PartitionedDisk.Record, _ place: Int, then answer: ReplicaInput? = nil) {
        effects.append(.append(disk.write(record, of: place)))
        if let answer { disk.answer(place, answer) }
    }

    // MARK: Connections, each for one partition

    private mutating func accepted(_ id: ConnectionID) {
        guard strangers.count < Limit.strangers else { return effects.append(.close(id)) }
        strangers[id] = now
    }

    private mutating func closeStrangers() {
        for (id, since) in strangers.sorted(by: { $0.key < $1.key }) where since + configuration.silence <= now {
            strangers[id] = nil
            effects.append(.close(id))
        }
    }

    /// Who waits longest for a connection with that peer.
    private mutating func dialled(_ name: NodeName) -> Int? {
        guard let place = dialling[name]?.first else { return nil }
        dialling[name]?.removeFirst()
        return place
    }

    private mutating func connected(_ id: ConnectionID, _ name: NodeName, _ time: NodeTime) {
        guard let place = dialled(name) else { return effects.append(.close(id)) }
        lines[id] = place
        feed(place, .connected(id, to: name), time)
    }

    /// The first byte says which partition a message is for.
    private mutating func receive(_ id: ConnectionID, _ message: PeerMessage, _ time: NodeTime) {
        let place = message.payload.first.map { Int($0) } ?? parts.count
        let isKnown = lines[id] != nil
        guard isKnown || strangers.removeValue(forKey: id) != nil else { return }
        guard place < parts.count, lines[id] ?? place == place else {
            effects.append(.close(id))
            if let owner = lines.removeValue(forKey: id) { feed(owner, .disconnected(id), time) }
            return
        }
        lines[id] = place
        if !isKnown { feed(place, .accepted(id), time) }
        guard lines[id] != nil else { return }
        var message = message
        message.payload.removeFirst()
        feed(place, .message(id, message), time)
    }

    // MARK: Orders

    /// An order is for all partitions; `apply:KEY` is the gate of the partition that the key is in.
    private mutating func obey(_ order: AdminOrder, _ time: NodeTime) -> AdminOutcome {
        switch order {
        case .gate(let name, let isClosed):
            if let place = home(ofGate: name) { return obey(.gate("apply", isClosed: isClosed), [place], time) }
        case .delay(let name, let range):
            if let place = home(ofGate: name) { return obey(.delay("apply", range), [place], time) }
        case .promote:
            let others = parts.indices.filter { parts[$0].role != .leader }
            return obey(order, others.isEmpty ? Array(parts.indices) : others, time)
        default: break
        }
        return obey(order, Array(parts.indices), time)
    }

    private func home(ofGate name: String) -> Int? {
        guard name.hasPrefix("apply:") else { return nil }
        return Self.home(of: Array(name.dropFirst("apply:".count).utf8), parts.count)
    }

    /// What the first of them says that refuses.
    private mutating func obey(_ order: AdminOrder, _ places: [Int], _ time: NodeTime) -> AdminOutcome {
        for place in places {
            feed(place, .admin(0, order), time)
            if outcome != .done { return outcome }
        }
        return .done
    }
}
