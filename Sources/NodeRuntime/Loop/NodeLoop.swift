internal import NIOCore
internal import NIOPosix
internal import Replication

/// The event loop's side of a node: owns the state machine, feeds it and executes what it wants.
///
/// `@unchecked Sendable`: all state is used on the event loop only; `step` checks that it is.
final class NodeLoop: @unchecked Sendable {
    let eventLoop: any EventLoop
    let options: NodeOptions
    private(set) var member: any Replica
    let peers: NodePeers

    private let log: LogWriter
    private let side: SideThread
    private let events: EventLog?
    private let fail: @Sendable (NodeError) -> Void
    private var answers: AnswerWriter
    private var sessions: [RequestID: ClientSession] = [:]
    private var dirty: [ObjectIdentifier: ClientSession] = [:]
    private var lastRequest: RequestID = 0
    private var lastAdmin: AdminID = 0
    /// Orders that the member has not answered: some are carried out only when others have agreed.
    private var orders: [AdminID: (AdminOutcome) -> Void] = [:]
    /// States that are not durable yet: an order that changed one is not carried out before they are.
    private(set) var savesUnderWay = 0
    private var clock = NodeClock()
    private var clockFiles: [(name: NodeClock.Name, file: ClockFile)] = []
    private var wakeUp: (at: Moment, task: Scheduled<Void>)?
    /// Nothing is executed any more.
    private(set) var isStopped = false

    init(
        _ member: any Replica, options: NodeOptions, eventLoop: any EventLoop, disk: DiskThread,
        side: SideThread, events: EventLog?, fail: @escaping @Sendable (NodeError) -> Void
    ) {
        self.member = member
        self.options = options
        self.eventLoop = eventLoop
        self.side = side
        self.events = events
        self.fail = fail
        peers = NodePeers(options, eventLoop) { events?.note($0, $1) }
        log = LogWriter(disk)
        log.setGate(isClosed: options.isFsyncClosed)
        answers = AnswerWriter(node: options.setting.name, clientAddresses: options.clientAddresses)
    }

    static var now: Moment { NIODeadline.now().uptimeNanoseconds }

    /// One event, and all that follows from it. `finish` must come after one or more of them.
    func step(_ input: ReplicaInput) {
        eventLoop.preconditionInEventLoop()
        guard !isStopped else { return }
        for effect in member.step(input, at: clock.time) {
            guard !isStopped else { return }
            execute(effect)
        }
    }

    func perform(_ input: ReplicaInput) {
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
            if session.flush() {
                let place = session.channel.remoteAddress.map { "\($0)" } ?? "a client"
                note("refused-client", "\(place): \(session.refusal ?? "")")
            }
        }
        peers.flush()
        setAlarm()
    }

    private func setAlarm() {
        guard !isStopped else { return }
        let wake = clock.truth(of: member.nextWake)
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

    // MARK: Clocks

    /// Sets the clocks as the command line says, and looks at their files from now on.
    func startClocks() {
        for (name, source) in [(NodeClock.Name.wall, options.clock), (.mono, options.monotonicClock)] {
            switch source {
            case .fixed(.system): break
            case .fixed(let setting): _ = clock.set(name, setting)
            case .file(let path): clockFiles.append((name, ClockFile(path: path)))
            }
        }
        guard !clockFiles.isEmpty else { return }
        readClockFiles()
        eventLoop.scheduleRepeatedTask(initialDelay: ClockFile.period, delay: ClockFile.period) {
            [weak self] task in
            guard let self, !self.isStopped else { return task.cancel() }
            self.readClockFiles()
        }
    }

    private func readClockFiles() {
        for index in clockFiles.indices {
            guard let change = clockFiles[index].file.change() else { continue }
            let name = clockFiles[index].name
            guard let setting = change, setClock(name, setting) else {
                note("clock", "\(clockFiles[index].file.path) holds no setting of the clock \(name.rawValue)")
                continue
            }
        }
    }

    /// Lets a clock lie, or not; false for what it cannot do.
    func setClock(_ name: NodeClock.Name, _ setting: ClockSetting) -> Bool {
        guard clock.set(name, setting) else { return false }
        note("clock", "\(name.rawValue) \(setting)")
        // The alarm was set by another clock.
        wakeUp?.task.cancel()
        wakeUp = nil
        perform(.tick)
        return true
    }

    var clockReport: ReportValue { clock.report }

    // MARK: Effects

    private func execute(_ effect: ReplicaEffect) {
        switch effect {
        case .append(let record): log.append(record)
        case .cutLog(let lsn): log.cut(after: lsn)
        case .flush(let lsn):
            log.flush(upTo: lsn) { [self] in landed($0) { .flushed(upTo: self.log.flushed()) } }
            eventLoop.execute { self.writePending() }
        case .saveState(let state, let number):
            savesUnderWay += 1
            log.save(state: state) { [self] in
                landed($0) {
                    self.savesUnderWay -= 1
                    return .stateSaved(number)
                }
            }
        case .saveSnapshot(let snapshot): save(snapshot)
        case .installSnapshot(let snapshot):
            log.install(snapshot) { [self] in landed($0) { .snapshotInstalled(snapshot.position) } }
        case .dropLog(let lsn): log.drop(upTo: lsn) { [self] in landed($0) { nil } }
        case .reply(let id, let answer): reply(id, answer)
        case .send(let name, let message): peers.send(message, to: name)
        case .sendOn(let id, let message): peers.send(message, on: id)
        case .connect(let name): peers.connect(to: name, self)
        case .close(let id): peers.close(id)
        case .adminReply(let id, let outcome): orders.removeValue(forKey: id)?(outcome)
        case .record(let event): events?.write(event)
        case .crash(let reason): crash(reason)
        }
    }

    /// What a thread finished goes back to the event loop. A failed write ends the node: what it promised is open.
    private func report(
        _ result: Result<Void, NodeError>, _ input: @escaping @Sendable () -> ReplicaInput?
    ) {
        switch result {
        case .success:
            eventLoop.execute { if let input = input() { self.perform(input) } }
        case .failure(let error): fail(error)
        }
    }

    /// The same for what the log's thread finished.
    private func landed(_ result: Result<Void, NodeError>, _ input: @escaping @Sendable () -> ReplicaInput?) {
        report(result) {
            self.log.landed()
            // What has come since then goes to the disk together.
            self.eventLoop.execute { self.writePending() }
            return input()
        }
    }

    /// The end of a turn: what is to be durable is, or is on its way.
    private func writePending(isLast: Bool = false) {
        guard !isStopped else { return }
        switch log.writePending(isLast: isLast) {
        case .success(nil): break
        case .success(let lsn?): perform(.flushed(upTo: lsn))
        case .failure(let error): fail(error)
        }
    }

    private func save(_ snapshot: StoredSnapshot) {
        let directory = options.dataDirectory
        side.run({ () throws(NodeError) in try SnapshotFile.save(snapshot, in: directory) }) { [self] in
            report($0) { .snapshotSaved(snapshot.position) }
        }
    }

    /// The gate of the runtime itself: what is to be durable waits at it.
    static let fsyncGate = "fsync"

    private func setFsyncGate(isClosed: Bool) {
        eventLoop.preconditionInEventLoop()
        log.setGate(isClosed: isClosed)
        note("gate", "\(Self.fsyncGate) \(isClosed ? "closed" : "open")")
    }

    var isFsyncClosed: Bool { log.isClosed }

    /// Ends the node with nothing left of it but what is durable and, with `torn`, half of the next record. `die` does
    /// it, once the operator has been told.
    func cutPower(torn: Bool) throws(NodeError) -> (isTorn: Bool, die: @Sendable () -> Void) {
        guard options.disk == .buffered else {
            throw NodeError(
                .badArguments, "the kernel has all that was written; start the node with --disk buffered")
        }
        isStopped = true
        let isTorn = torn ? try log.tear() : false
        events?.writeNow("power-cut", isTorn ? "with a torn record" : "")
        return (isTorn, { [self] in fail(NodeError(.crashed, "power cut")) })
    }

    /// Nothing that was to follow happens.
    private func crash(_ reason: String) {
        events?.writeNow("crash", reason)
        isStopped = true
        fail(NodeError(.crashed, reason))
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
        let open = session.openRequests
        dirty[ObjectIdentifier(session)] = nil
        guard !open.isEmpty else { return }
        for id in open {
            sessions[id] = nil
            step(.abandoned(id))
        }
        eventLoop.execute { self.finish() }
    }

    private func reply(_ id: RequestID, _ answer: ClientAnswer) {
        guard let session = sessions.removeValue(forKey: id) else { return }
        session.answer(id, answer, &answers)
        dirty[ObjectIdentifier(session)] = session
    }

    // MARK: Operators

    /// Gives the member an order; `done` hears once what became of it, perhaps later. Orders about the disk are the
    /// runtime's.
    func obey(_ order: AdminOrder, done: @escaping (AdminOutcome) -> Void) {
        if case .gate(Self.fsyncGate, let isClosed) = order {
            setFsyncGate(isClosed: isClosed)
            return done(.done)
        }
        lastAdmin += 1
        let id = lastAdmin
        orders[id] = done
        perform(.admin(id, order))
        guard orders[id] != nil else { return }
        guard !isStopped else { return giveUp(id, "the node is stopping") }
        let patience = options.orderPatience
        eventLoop.scheduleTask(in: .nanoseconds(Int64(clamping: patience))) { [weak self] in
            self?.giveUp(id, "not carried out within \(patience / 1_000_000) ms; it still may be")
        }
    }

    private func giveUp(_ id: AdminID, _ why: String) { orders.removeValue(forKey: id)?(.refused(why)) }

    func note(_ kind: String, _ detail: String) { events?.note(kind, detail) }

    /// Nothing happens any more.
    func stop() {
        writePending(isLast: true)
        orders.keys.sorted().forEach { giveUp($0, "the node is stopping") }
        isStopped = true
        wakeUp?.task.cancel()
        peers.stop()
    }
}
