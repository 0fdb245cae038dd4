internal import NIOCore
internal import NIOPosix
internal import Replication
internal import WireProtocol

/// The event loop's side of a node: owns the state machine, feeds it and executes what it wants.
///
/// `@unchecked Sendable`: all state is used on the event loop only; `step` checks that it is.
final class NodeLoop: @unchecked Sendable {
    let eventLoop: any EventLoop
    let options: NodeOptions
    private(set) var node: ReplicationNode
    var peers: [ConnectionID: any Channel] = [:]

    private let disk: DiskThread
    private let side: SideThread
    private let events: EventLog?
    private let control: ControlFile
    private let fail: @Sendable (NodeError) -> Void
    private var answers: AnswerWriter
    private var sessions: [RequestID: ClientSession] = [:]
    private var dirty: [ObjectIdentifier: ClientSession] = [:]
    private var touchedPeers: Set<ConnectionID> = []
    private var sequences: [ConnectionID: UInt64] = [:]
    private var lastRequest: RequestID = 0
    private var lastConnection: ConnectionID = 0
    private var lastAdmin: AdminID = 0
    private var adminReply: AdminReply?
    private var unwritten: [LogEntry] = []
    private var wakeUp: (at: Moment, task: Scheduled<Void>)?
    private var isStopped = false

    init(
        _ node: ReplicationNode, options: NodeOptions, eventLoop: any EventLoop, disk: DiskThread,
        side: SideThread, events: EventLog?, control: ControlFile,
        fail: @escaping @Sendable (NodeError) -> Void
    ) {
        self.node = node
        self.options = options
        self.eventLoop = eventLoop
        self.disk = disk
        self.side = side
        self.events = events
        self.control = control
        self.fail = fail
        answers = AnswerWriter(node: options.configuration.name, clientAddresses: options.clientAddresses)
    }

    static var now: Moment { NIODeadline.now().uptimeNanoseconds }

    /// One event, and all that follows from it. `finish` must come after one or more of them.
    func step(_ input: NodeInput) {
        eventLoop.preconditionInEventLoop()
        guard !isStopped else { return }
        for effect in node.step(input, now: Self.now) { execute(effect) }
    }

    func perform(_ input: NodeInput) {
        step(input)
        finish()
    }

    /// Sends what was written since the last time and sets the alarm.
    func finish() {
        // Serving a session may answer others of it at once, but never adds another session.
        while let (key, session) = dirty.first {
            dirty[key] = nil
            session.advance(self)
            dirty[key] = nil
            session.flush()
        }
        for id in touchedPeers { peers[id]?.flush() }
        touchedPeers.removeAll(keepingCapacity: true)
        setAlarm()
    }

    private func setAlarm() {
        guard !isStopped else { return }
        let wake = node.nextWake
        if let wakeUp {
            guard wake < wakeUp.at else { return }
            wakeUp.task.cancel()
        }
        let task = eventLoop.scheduleTask(deadline: .uptimeNanoseconds(wake)) { [weak self] in
            guard let self else { return }
            self.wakeUp = nil
            self.perform(.tick)
        }
        wakeUp = (wake, task)
    }

    // MARK: Effects

    private func execute(_ effect: Effect) {
        switch effect {
        case .append(let entry): unwritten.append(entry)
        case .flush(let lsn): flush(lsn)
        case .saveSnapshot(let snapshot): save(snapshot)
        case .installSnapshot(let snapshot):
            unwritten = []
            disk.install(snapshot) { [self] in report($0, .snapshotInstalled(snapshot.start)) }
        case .truncateLog(let lsn): disk.truncate(upTo: lsn) { [self] in report($0, nil) }
        case .reply(let id, let answer): reply(id, answer)
        case .send(let id, let timeline, let message): send(id, timeline, message)
        case .connect(let name): connect(name)
        case .close(let id):
            let channel = peers.removeValue(forKey: id)
            sequences[id] = nil
            channel?.flush()
            channel?.close(promise: nil)
        case .saveRole(let role, let leader): saveRole(role, leader)
        case .adminReply(_, let reply): adminReply = reply
        case .record(let event): events?.write(event)
        }
    }

    private func flush(_ lsn: LSN) {
        let entries = unwritten
        unwritten = []
        disk.append(entries) { [self] in report($0, .flushed(upTo: lsn)) }
    }

    /// What a thread finished goes back to the event loop. A failed write ends the node: what it promised is open.
    private func report(_ result: Result<Void, NodeError>, _ input: NodeInput?) {
        switch result {
        case .success: if let input { eventLoop.execute { self.perform(input) } }
        case .failure(let error): fail(error)
        }
    }

    private func save(_ snapshot: Snapshot) {
        let directory = options.dataDirectory
        side.run({ () throws(NodeError) in try SnapshotFile.save(snapshot, in: directory) }) { [self] in
            report($0, .snapshotSaved(snapshot.start))
        }
    }

    private func saveRole(_ role: Role, _ leader: NodeName) {
        var file = control
        file.role = role
        file.leader = leader
        let directory = options.dataDirectory
        side.run({ [file] () throws(NodeError) in try file.save(in: directory) }) { [self] in report($0, nil) }
    }

    // MARK: Clients

    func newRequest(_ session: ClientSession) -> RequestID {
        lastRequest += 1
        sessions[lastRequest] = session
        return lastRequest
    }

    func serve(_ session: ClientSession) {
        dirty[ObjectIdentifier(session)] = session
        finish()
    }

    func end(_ session: ClientSession) {
        session.openRequests.forEach { sessions[$0] = nil }
        dirty[ObjectIdentifier(session)] = nil
    }

    private func reply(_ id: RequestID, _ answer: Answer) {
        guard let session = sessions.removeValue(forKey: id) else { return }
        session.answer(id, answer, &answers)
        dirty[ObjectIdentifier(session)] = session
    }

    // MARK: Peers

    func newConnection() -> ConnectionID {
        lastConnection += 1
        return lastConnection
    }

    private func send(_ id: ConnectionID, _ timeline: UInt32, _ message: Message) {
        guard let channel = peers[id] else { return }
        let sequence = sequences[id, default: 0] + 1
        sequences[id] = sequence
        let members = options.configuration.members
        let from = members.firstIndex(of: options.configuration.name) ?? 0
        let frame = PeerFrame(
            type: message.kind, epoch: UInt64(timeline), from: UInt16(clamping: from), sequence: sequence,
            payload: message.payload)
        channel.write(ByteBuffer(bytes: frame.encoded), promise: nil)
        touchedPeers.insert(id)
    }

    /// A connection is gone; the protocol is told unless it closed it itself.
    func ended(_ id: ConnectionID) {
        sequences[id] = nil
        if peers.removeValue(forKey: id) != nil { perform(.disconnected(id)) }
    }

    private func connect(_ name: NodeName) {
        guard let endpoint = options.peerAddresses[name] else { return }
        let id = newConnection()
        let timeout = Int64(clamping: options.configuration.silence)
        ClientBootstrap(group: eventLoop)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .connectTimeout(.nanoseconds(timeout))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(PeerHandler(self, id: id, dialled: name))
                }
            }
            .connect(host: endpoint.host, port: endpoint.port)
            .whenFailure { _ in self.perform(.connectFailed(to: name)) }
    }

    // MARK: Operators

    func obey(_ command: AdminCommand) -> AdminReply {
        lastAdmin += 1
        adminReply = nil
        perform(.admin(lastAdmin, command))
        return adminReply ?? .refused("the node is stopping")
    }

    func note(_ kind: String, _ detail: String) { events?.note(kind, detail) }

    /// Nothing happens any more.
    func stop() {
        isStopped = true
        wakeUp?.task.cancel()
        for channel in peers.values { channel.close(promise: nil) }
    }
}
