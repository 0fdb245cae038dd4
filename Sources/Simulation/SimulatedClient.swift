import Clients
import Determinism
import NodeRuntime
import Replication
import Systems
import WireProtocol
import Workloads

/// The client of one process: one operation at a time, over the wire format of real clients and nodes.
final class SimulatedClient {
    private let process: Int
    private let place: Int
    private let cluster: SimulatedCluster
    private let reads: Workloads.ReadPolicy
    private let timeout: Int64
    /// After this long without an answer an operation is sent again; `nil`: never.
    private let retryAfter: Int64?
    private var random: SeededRandom
    private let dialect: any RESPDialect
    private var sequence = 0
    private var session: ClientSession
    /// The lives of the nodes that it is connected to, by place.
    private var connected: [Int: Int] = [:]
    /// Who leads by the word of a node, and who led by the runner's word then.
    private var belief: (leader: String, against: String)?
    /// Attempts that are kept on their way.
    private var held: [String: (node: String, request: OperationRequest, content: ClientCall)] = [:]

    private static let redirects = 3

    init(
        process: Int, place: Int, cluster: SimulatedCluster, reads: Workloads.ReadPolicy, session: SessionRules,
        timeout: Int64, retryAfter: Int64?, seed: UInt64
    ) {
        self.process = process
        self.place = place
        self.cluster = cluster
        dialect = cluster.system.dialect
        self.reads = reads
        self.session = ClientSession(session)
        self.timeout = timeout
        self.retryAfter = retryAfter
        random = .named("client-\(process)", seed: seed)
    }

    /// One operation on its way.
    private final class Call {
        let request: OperationRequest
        let content: ClientCall
        let deadline: Int64
        var redirects = 0
        var done: ((ClientReply) -> Void)?

        init(
            _ request: OperationRequest, _ content: ClientCall, deadline: Int64,
            done: @escaping (ClientReply) -> Void
        ) {
            self.request = request
            self.content = content
            self.deadline = deadline
            self.done = done
        }

        func end(_ reply: ClientReply) {
            let done = done
            self.done = nil
            done?(reply)
        }

        func end(_ error: ClientError, at node: String?) {
            end(ClientReply(.init(error, of: request), node: node))
        }
    }

    /// Does one operation; `done` is called once, by the timeout at the latest.
    func invoke(_ request: OperationRequest, done report: @escaping (ClientReply) -> Void) {
        sequence += 1
        var request = request
        request.token = session.sentToken
        request.context = session.sentContext(for: request)
        let done = { [request] (reply: ClientReply) in
            self.session.answered(request, reply, at: self.cluster.time.now)
            report(reply)
        }
        let content: ClientCall
        do throws(ClientError) {
            content = try self.call(of: request)
        } catch {
            return done(ClientReply(.init(error, of: request), node: request.node))
        }
        attempt(request, content, deadline: cluster.time.now + timeout, Attempts(), hold: request.hold, done)
    }

    /// Sends the operation, and again where nobody says what became of it, until the time is over.
    private func attempt(
        _ request: OperationRequest, _ content: ClientCall, deadline: Int64, _ before: Attempts, hold name: String?,
        _ done: @escaping (ClientReply) -> Void
    ) {
        let end = min(deadline, retryAfter.map { cluster.time.now + $0 } ?? deadline)
        let call = Call(request, content, deadline: end) { reply in
            guard self.retryAfter != nil else { return done(reply) }
            var (attempts, reply) = (before, reply)
            switch attempts.ended(reply.outcome, of: request, isLast: end == deadline) {
            case .end(let outcome):
                reply.outcome = outcome
                done(reply)
            case .again:
                self.cluster.time.at(max(end, self.cluster.time.now)) {
                    self.attempt(request, content, deadline: deadline, attempts, hold: nil, done)
                }
            }
        }
        guard let node = target(of: request) else {
            return call.end(ClientError(.noLeader, "no node is known to lead"), at: nil)
        }
        guard let name, retryAfter != nil else { return ask(node, call) }
        held[name] = (node, request, content)
        call.end(ClientError(.timeout, "no reply from \(node)"), at: node)
    }

    /// Lets the attempt arrive that was kept on its way under this name; `done` is told when it has been answered, which
    /// nobody waits for any more, or what kept it from its node.
    func release(_ name: String, done: @escaping (String?) -> Void) {
        guard let attempt = held.removeValue(forKey: name) else { return done("no attempt is kept as \(name)") }
        let call = Call(attempt.request, attempt.content, deadline: cluster.time.now + timeout) { reply in
            done(reply.error?.code == .notConnected ? "\(reply.error?.message ?? "")" : nil)
        }
        call.redirects = Self.redirects
        ask(attempt.node, call)
    }

    /// What the node understands of the bytes that a client sends.
    private func call(of request: OperationRequest) throws(ClientError) -> ClientCall {
        var writer = RESPWriter()
        try dialect.encode(request, id: OperationID(process: process, sequence: sequence), into: &writer)
        var decoder = RESPDecoder(limits: .requests)
        decoder.append(writer.bytes)
        guard let words = try? decoder.nextRequest(), case .command(let call, true) = ClientRequest(words) else {
            preconditionFailure("the node does not understand its own dialect: \(request)")
        }
        return call
    }

    private func target(of request: OperationRequest) -> String? {
        let known = belief.flatMap { $0.against == cluster.leader ? $0.leader : nil } ?? cluster.leader
        if session.wantsLeader(for: request, at: cluster.time.now) { return known }
        if let node = request.node { return node }
        let goesWhereReadsGo = reads == .local || !cluster.system.traits.hasLeader
        guard request.isReadOnly || goesWhereReadsGo else { return known }
        return reads.node(client: place, nodes: cluster.names, leader: known, random: &random)
    }

    private func ask(_ name: String, _ call: Call) {
        let node = cluster.node(name)
        guard connected[node.place] == node.life, node.isAlive else { return connect(node, call) }
        cluster.time.at(call.deadline) { call.end(ClientError(.timeout, "no reply from \(name)"), at: name) }
        let life = node.life
        cluster.towardsNode(node) { [unowned cluster, unowned node] in
            guard node.life == life, node.isAlive else {
                let lost = ClientError(.connectionLost, "\(name): closed by the other side")
                return cluster.towardsClient(of: node) { call.end(lost, at: name) }
            }
            self.arrive(call, node, life)
        }
    }

    private func connect(_ node: SimulatedNode, _ call: Call) {
        let name = node.name
        connected[node.place] = nil
        let refused = { (why: String) in
            if self.belief?.leader == name { self.belief = nil }
            call.end(ClientError(.notConnected, "\(name): \(why)"), at: name)
        }
        guard !cluster.isDeaf(name), !cluster.isMute(name) else {
            let limit = min(call.deadline, cluster.time.now + cluster.model.connectTimeout)
            return cluster.time.at(limit) { refused("connecting took too long") }
        }
        cluster.time.after(2 * cluster.latency(cluster.model.clientLatency)) {
            guard node.isAlive else { return refused("connection refused") }
            self.connected[node.place] = node.life
            self.ask(name, call)
        }
    }

    private func arrive(_ call: Call, _ node: SimulatedNode, _ life: Int) {
        let id = node.newRequest()
        let name = node.name
        node.requests[id] = { [unowned cluster, unowned node] answer in
            var writer = AnswerWriter(node: name, clientAddresses: cluster.options(of: node).clientAddresses)
            let bytes = writer.bytes(answer, wantsMeta: true)
            cluster.towardsClient(of: node) { self.receive(bytes, call, name) }
        }
        node.losses[id] = {
            call.end(ClientError(.connectionLost, "\(name): closed by the other side"), at: name)
        }
        cluster.deliver(.request(id, call.content), to: node, life: life)
    }

    private func receive(_ bytes: [UInt8], _ call: Call, _ name: String) {
        guard call.done != nil else { return }
        var decoder = RESPDecoder()
        decoder.append(bytes)
        guard let reply = try? decoder.next() else { preconditionFailure("a node wrote what is no RESP") }
        switch dialect.decode(reply, to: call.request) {
        case .ok(let value, let meta): call.end(ClientReply(.ok(value), node: name, meta: meta))
        case .error(let error): call.end(error, at: name)
        case .moved(let address): follow(address, call, name)
        }
    }

    private func follow(_ address: NodeAddress, _ call: Call, _ name: String) {
        let next = cluster.plan.sites.first { $0.clientAddress == address }?.name
        guard call.request.isRedirected || reads == .local, let next, call.redirects < Self.redirects else {
            return call.end(ClientError(.moved, "\(name) points to \(address)"), at: name)
        }
        call.redirects += 1
        belief = (next, cluster.leader)
        ask(next, call)
    }
}
