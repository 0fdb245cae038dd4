import HistoryModel
import NIOCore
import NIOPosix
public import WireProtocol

/// Choices of all clients of a run.
public struct RESPClientOptions: Hashable, Sendable {
    public var readPolicy: ReadPolicy
    /// The client's place among the clients, which processes that take over from one another share; else its process.
    public var place: Int?
    /// Whether writes go to the leader, and not where reads go.
    public var writesToLeader: Bool
    public var session: SessionRules
    /// After this long without an answer an operation is sent again; `nil`: never.
    public var retryAfter: Duration?
    /// The most that connecting to a node may take, within the operation's deadline.
    public var connectTimeout: Duration
    /// How often one operation may be sent elsewhere.
    public var maximumRedirects: Int
    /// What a reply may hold.
    public var limits: RESPLimits

    public init(
        readPolicy: ReadPolicy = .leader, writesToLeader: Bool = true, place: Int? = nil,
        session: SessionRules = .init(), retryAfter: Duration? = nil,
        connectTimeout: Duration = .seconds(1),
        maximumRedirects: Int = 3,
        limits: RESPLimits = RESPLimits()
    ) {
        precondition(maximumRedirects >= 0, "a number of redirects is not negative")
        self.readPolicy = readPolicy
        self.place = place
        self.writesToLeader = writesToLeader
        self.session = session
        self.retryAfter = retryAfter
        self.connectTimeout = connectTimeout
        self.maximumRedirects = maximumRedirects
        self.limits = limits
    }
}

/// The client of one process against nodes that speak RESP2: at most one connection to each node.
///
/// It lives on an event loop, where its connections live too: between the call and the reply there is no lock and no
/// other thread.
public actor RESPClient: Client {
    private let loop: any EventLoop
    private let dialect: any RESPDialect
    private let topology: Topology
    private let options: RESPClientOptions
    private let process: Int
    private var chooser: NodeChooser
    private var connections: [String: NIOLoopBound<RESPConnection>] = [:]
    private var writer = RESPWriter()
    private var sequence = 0
    private var session: ClientSession
    private var isBusy = false
    /// Attempts that are kept on their way.
    private var held: [String: (node: String, bytes: [UInt8])] = [:]

    /// A client that is not connected yet; it connects to a node when it first asks it.
    ///
    /// A caller that itself runs on `loop` reaches the client, and has its answer, without another thread.
    public init(
        process: Int, dialect: any RESPDialect, topology: Topology, options: RESPClientOptions = .init(),
        seed: UInt64, on loop: ClientLoop = .next()
    ) {
        self.loop = loop.loop
        self.process = process
        self.dialect = dialect
        self.topology = topology
        self.options = options
        chooser = NodeChooser(
            policy: options.readPolicy, writesToLeader: options.writesToLeader, process: process,
            place: options.place,
            seed: seed)
        session = ClientSession(options.session)
    }

    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe loop.executor.asUnownedSerialExecutor()
    }

    public func invoke(_ request: OperationRequest, deadline: ContinuousClock.Instant) async -> ClientReply {
        precondition(!isBusy, "a process does one operation at a time")
        isBusy = true
        defer { isBusy = false }
        sequence += 1
        writer.removeAll()
        var request = request
        request.token = session.sentToken
        request.context = session.sentContext(for: request)
        do throws(ClientError) {
            try dialect.encode(request, id: OperationID(process: process, sequence: sequence), into: &writer)
        } catch {
            return ClientReply(.init(error, of: request), node: request.node)
        }
        let reply = await attempt(request, deadline: .now() + TimeAmount(deadline - .now))
        session.answered(request, reply, at: Self.now)
        return reply
    }

    /// The time of this client's session.
    private static var now: Int64 { Int64(NIODeadline.now().uptimeNanoseconds) }

    public func close() async {
        let open = connections
        connections = [:]
        for connection in open.values { connection.value.close() }
    }

    /// Sends the operation, and again where nobody says what became of it, until the time is over.
    private func attempt(_ request: OperationRequest, deadline: NIODeadline) async -> ClientReply {
        guard let patience = options.retryAfter else { return await exchange(request, deadline: deadline) }
        var attempts = Attempts()
        var name = request.hold
        while true {
            let end = min(deadline, .now() + TimeAmount(patience))
            var reply: ClientReply
            if let name { reply = hold(request, as: name) } else { reply = await exchange(request, deadline: end) }
            name = nil
            switch attempts.ended(reply.outcome, of: request, isLast: end == deadline) {
            case .end(let outcome):
                reply.outcome = outcome
                return reply
            case .again: try? await loop.scheduleTask(deadline: end) {}.futureResult.get()
            }
        }
    }

    /// Keeps an attempt on its way, as a network may; its sender waits in vain.
    private func hold(_ request: OperationRequest, as name: String) -> ClientReply {
        let wantsLeader = session.wantsLeader(for: request, at: Self.now)
        guard let node = chooser.node(for: request, wantsLeader: wantsLeader, in: topology.snapshot) else {
            return refused(request, ClientError(.noLeader, "no node is known to lead"), nil)
        }
        held[name] = (node, writer.bytes)
        return refused(request, ClientError(.timeout, "no reply from \(node)"), node)
    }

    public func release(_ name: String, deadline: ContinuousClock.Instant) async -> String? {
        precondition(!isBusy, "a process does one operation at a time")
        guard let attempt = held.removeValue(forKey: name) else { return "no attempt is kept as \(name)" }
        isBusy = true
        defer { isBusy = false }
        let end = NIODeadline.now() + TimeAmount(deadline - .now)
        do throws(ClientError) {
            let connection = try await connection(to: attempt.node, end)
            let result = await withCheckedContinuation { connection.value.call(attempt.bytes, deadline: end, $0) }
            if case .notSent(let reason) = result { return "\(attempt.node): \(reason)" }
            return nil
        } catch {
            return "\(error)"
        }
    }

    /// Asks a node, and the one it points to if it does.
    private func exchange(_ request: OperationRequest, deadline: NIODeadline) async -> ClientReply {
        let wantsLeader = session.wantsLeader(for: request, at: Self.now)
        var target = chooser.node(for: request, wantsLeader: wantsLeader, in: topology.snapshot)
        for _ in 0...options.maximumRedirects {
            guard let node = target else {
                return refused(request, ClientError(.noLeader, "no node is known to lead"), nil)
            }
            switch await ask(node, request, deadline) {
            case .ok(let value, let meta): return ClientReply(.ok(value), node: node, meta: meta)
            case .error(let error): return refused(request, error, node)
            case .moved(let address):
                let state = topology.snapshot
                guard request.isRedirected || options.readPolicy == .local else {
                    return refused(request, ClientError(.moved, "\(node) points to \(address)"), node)
                }
                guard let next = state.node(at: address) else {
                    return refused(
                        request, ClientError(.moved, "\(node) points to \(address), where no node is known"), node)
                }
                chooser.redirected(to: next, in: state)
                target = next
            }
        }
        return refused(
            request, ClientError(.moved, "sent elsewhere more than \(options.maximumRedirects) times"), target)
    }

    private func refused(_ request: OperationRequest, _ error: ClientError, _ node: String?) -> ClientReply {
        ClientReply(.init(error, of: request), node: node)
    }

    /// One request to one node.
    private func ask(_ node: String, _ request: OperationRequest, _ deadline: NIODeadline) async -> RESPAnswer {
        let connection: NIOLoopBound<RESPConnection>
        do throws(ClientError) {
            connection = try await self.connection(to: node, deadline)
        } catch {
            chooser.unreachable(node)
            return .error(error)
        }
        guard deadline > .now() else { return .error(ClientError(.notSent, "no time left to ask \(node)")) }
        let bytes = writer.bytes
        let result = await withCheckedContinuation { connection.value.call(bytes, deadline: deadline, $0) }
        return answer(result, node, request)
    }

    private func answer(_ result: CallResult, _ node: String, _ request: OperationRequest) -> RESPAnswer {
        switch result {
        case .reply(let value): dialect.decode(value, to: request)
        case .notSent(let reason): .error(ClientError(.notConnected, "\(node): \(reason)"))
        case .lost(let reason): .error(ClientError(.connectionLost, "\(node): \(reason)"))
        case .timedOut: .error(ClientError(.timeout, "no reply from \(node)"))
        case .malformed(let error): .error(ClientError(.malformedReply, "\(node): \(error)"))
        }
    }

    private func connection(
        to node: String, _ deadline: NIODeadline
    ) async throws(ClientError) -> NIOLoopBound<RESPConnection> {
        if let connection = connections[node], connection.value.isOpen { return connection }
        connections[node] = nil
        guard let address = topology.snapshot.address(of: node) else {
            throw ClientError(.unknownNode, "'\(node)'")
        }
        let time = min(deadline - .now(), TimeAmount(options.connectTimeout))
        guard time > .zero else { throw ClientError(.notSent, "no time left to connect to \(node)") }
        do {
            let connection = try await RESPConnection.connect(
                to: address, within: time, limits: options.limits, on: loop)
            connections[node] = connection
            return connection
        } catch {
            throw ClientError(.notConnected, "\(node) at \(address): \(error)")
        }
    }
}
