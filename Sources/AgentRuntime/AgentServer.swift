import AgentProtocol
import Glibc
import Synchronization

/// Takes requests from attached connections and brings replies back.
///
/// One thread polls all sockets and never waits for anything else; what may take time runs on workers.
final class AgentServer {
    private static let maxConnections = 64
    private static let maxOutbox = 8 << 20

    private let agent: Agent
    private let outgoing: Outgoing
    private let listener: Int32
    /// Ends when the guardian dies.
    private let guardian: Int32
    private let operations: [String: AgentOperation]
    private let lanes: [AgentOperation.Lane: Workers] = [
        .quick: Workers(threads: 4), .control: Workers(threads: 12), .exec: Workers(threads: 24),
    ]
    private var journal = Journal()
    private var connections: [Int: Connection] = [:]
    private var nextConnection = 1
    /// When set, the agent ends once the replies are out, at the latest then.
    private var stopsBy: Int64?

    init(_ places: Places, guardian: Int32) throws(AgentError) {
        self.guardian = guardian
        let outgoing = try Outgoing()
        self.outgoing = outgoing
        agent = try Agent(places, onChange: { outgoing.wake() })
        operations = AgentOperation.all(agent)
        listener = try UnixSocket.listen(places.socket)
    }

    /// Serves until told to stop, or until the guardian is gone.
    func run() -> Int32 {
        let agent = agent
        startThread {
            while true {
                agent.watchLease()
                pause(milliseconds: 100)
            }
        }
        while true {
            guard step() else {
                note("the guardian is gone; undoing everything")
                let reply = agent.release()
                (reply.undone + reply.failures.map { "FAILED: \($0)" }).forEach(note)
                removeFile(agent.places.socket)
                return 70
            }
            let isIdle = agent.session.idle > agent.places.lingerSeconds.nanoseconds
            if isIdle, stopsBy == nil {
                note("no lease for \(agent.places.lingerSeconds) s; ending")
                return 0
            }
            if let stopsBy, monotonicNanoseconds() > stopsBy || connections.values.allSatisfy(\.outbox.isEmpty) {
                return 0
            }
        }
    }

    /// One round of polling; false when the guardian is gone.
    private func step() -> Bool {
        let probes = agent.probes.sockets
        let order = connections.keys.sorted()
        var polled = [listener, outgoing.wakes, guardian].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        polled += probes.map { pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0) }
        polled += order.compactMap { connections[$0]?.interest }
        guard unsafe poll(&polled, nfds_t(polled.count), 500) > 0 else { return true }
        if polled[2].revents != 0 { return false }
        if polled[1].revents != 0 { outgoing.clear() }
        for (index, probe) in probes.enumerated() where polled[3 + index].revents != 0 {
            agent.probes.receive(probe.descriptor, port: probe.port)
        }
        for (index, id) in order.enumerated() where polled[3 + probes.count + index].revents != 0 {
            read(id)
        }
        if polled[0].revents != 0 { accept() }
        for reply in outgoing.take() { finish(reply) }
        for id in connections.keys.sorted() { flush(id) }
        return true
    }

    private func accept() {
        guard let descriptor = UnixSocket.accept(listener, user: agent.places.user) else { return }
        guard connections.count < Self.maxConnections else {
            close(descriptor)
            return
        }
        connections[nextConnection] = Connection(descriptor)
        nextConnection += 1
    }

    private func read(_ id: Int) {
        guard let connection = connections[id] else { return }
        guard connection.mayRead else { return }
        switch readSome(connection.descriptor) {
        case .bytes(let bytes):
            for piece in connections[id]?.lines.feed(bytes) ?? [] {
                switch piece {
                case .line(let line): take(line, from: id)
                case .tooLong:
                    send(
                        AgentLine.reply(
                            id: nil,
                            error: AgentError(.tooLong, "a line has at most \(AgentLimits.lineBytes) bytes")),
                        to: id)
                }
            }
        case .wouldBlock: break
        case .end: drop(id)
        }
    }

    private func drop(_ id: Int) {
        guard let connection = connections.removeValue(forKey: id) else { return }
        close(connection.descriptor)
    }

    private func send(_ line: [UInt8], to id: Int) {
        connections[id]?.outbox += line + [UInt8(ascii: "\n")]
        if connections[id]?.outbox.count ?? 0 > Self.maxOutbox {
            note("connection \(id) does not read its replies; closed")
            drop(id)
        }
    }

    private func flush(_ id: Int) {
        guard let connection = connections[id], !connection.outbox.isEmpty else { return }
        let count = unsafe connection.outbox.withUnsafeBytes {
            unsafe write(connection.descriptor, $0.baseAddress, $0.count)
        }
        if count > 0 {
            connections[id]?.outbox.removeFirst(count)
        } else if errno != EAGAIN && errno != EINTR {
            drop(id)
        }
    }

    // MARK: Requests

    private func take(_ line: [UInt8], from connection: Int) {
        let header: RequestHeader
        do { header = try AgentLine.header(line) } catch {
            return send(AgentLine.reply(id: nil, error: error), to: connection)
        }
        guard let source = header.source else {
            let error = AgentError(.badRequest, "an id is <controller>-<number>, not \(header.id.debugDescription)")
            return send(AgentLine.reply(id: header.id, error: error), to: connection)
        }
        if let meant = header.instance, meant != agent.instance {
            let error = AgentError(
                .restarted, "the agent was started again since; this one has not seen \(header.id)")
            return send(AgentLine.reply(id: header.id, error: error), to: connection)
        }
        let key = Journal.Key(controller: source.controller, number: source.number)
        switch journal.admit(key, seen: header.seen, connection: connection) {
        case .done(let reply): send(reply, to: connection)
        case .running: break
        case .forgotten:
            let error = AgentError(.forgotten, "\(header.id) was answered before, and is not run again")
            send(AgentLine.reply(id: header.id, error: error), to: connection)
        case .fresh:
            connections[connection]?.unanswered += 1
            start(header, line, key, on: connection)
        }
    }

    private func start(_ header: RequestHeader, _ line: [UInt8], _ key: Journal.Key, on connection: Int) {
        func answer(_ reply: [UInt8]) { finish(Outgoing.Reply(key: key, line: reply, connection: connection)) }
        if header.op == Stop.op { return stop(header, line, key, connection) }
        guard let operation = header.op == Status.op ? status : operations[header.op] else {
            let error = AgentError(.unknownOperation, "there is no operation \(header.op.debugDescription)")
            return answer(AgentLine.reply(id: header.id, error: error))
        }
        let session = agent.session
        let work: @Sendable () -> [UInt8] = {
            do throws(AgentError) {
                if operation.needsLease { try session.require(key.controller) }
                return try operation.run(header.id, line, key.controller)
            } catch {
                return AgentLine.reply(id: header.id, error: error)
            }
        }
        guard let lane = lanes[operation.lane] else { return answer(work()) }
        let outgoing = outgoing
        let isTaken = lane.add {
            outgoing.add(Outgoing.Reply(key: key, line: work(), connection: connection))
        }
        if !isTaken {
            let error = AgentError(.busy, "\(Workers.maxQueued) requests like \(header.op) are waiting already")
            answer(AgentLine.reply(id: header.id, error: error))
        }
    }

    /// `status`, which also says how long the journal is now.
    private var status: AgentOperation {
        let (agent, count) = (agent, journal.count)
        return AgentOperation(Status.self, .quick, needsLease: false) { _, _ in
            agent.status(journalEntries: count)
        }
    }

    private func stop(_ header: RequestHeader, _ line: [UInt8], _ key: Journal.Key, _ connection: Int) {
        let (agent, outgoing) = (agent, outgoing)
        _ = lanes[.control]?.add {
            let reply: [UInt8]
            var isLast = false
            do throws(AgentError) {
                let healed = try agent.stop(try AgentLine.body(Stop.self, line), for: key.controller)
                isLast = true
                reply = (try? AgentLine.reply(id: header.id, ok: healed)) ?? []
            } catch {
                reply = AgentLine.reply(id: header.id, error: error)
            }
            outgoing.add(Outgoing.Reply(key: key, line: reply, connection: connection, isLast: isLast))
        }
    }

    private func finish(_ reply: Outgoing.Reply) {
        connections[reply.connection]?.unanswered -= 1
        for connection in journal.finish(reply.key, reply.line).sorted() { send(reply.line, to: connection) }
        if reply.isLast { stopsBy = monotonicNanoseconds() + 1_000_000_000 }
    }
}

/// One attached bridge.
private struct Connection {
    static let maxUnanswered = AgentLimits.outstanding

    let descriptor: Int32
    var lines = LineSplitter()
    var outbox: [UInt8] = []
    var unanswered = 0

    init(_ descriptor: Int32) {
        self.descriptor = descriptor
    }

    /// A connection with much unanswered is not read further.
    var mayRead: Bool { unanswered < Self.maxUnanswered }

    var interest: pollfd {
        pollfd(
            fd: descriptor, events: Int16((mayRead ? POLLIN : 0) | (outbox.isEmpty ? 0 : POLLOUT)), revents: 0)
    }
}

/// Replies on their way from workers to the polling thread.
final class Outgoing: Sendable {
    struct Reply: Sendable {
        var key: Journal.Key
        var line: [UInt8]
        var connection: Int
        /// The agent ends after this one.
        var isLast = false
    }

    private let replies = Mutex<[Reply]>([])
    private let pipe: Pipe

    /// Readable when there is something to take.
    var wakes: Int32 { pipe.reading }

    init() throws(AgentError) {
        pipe = try Pipe()
        nonblocking(pipe.reading)
        nonblocking(pipe.writing)
    }

    func add(_ reply: Reply) {
        replies.withLock { $0.append(reply) }
        wake()
    }

    func wake() {
        var byte: UInt8 = 1
        _ = unsafe write(pipe.writing, &byte, 1)
    }

    func clear() {
        _ = readSome(pipe.reading)
    }

    func take() -> [Reply] {
        replies.withLock { replies in
            defer { replies = [] }
            return replies
        }
    }
}
