import Determinism

@testable import Replication

/// Clients that do one operation after the other, try again where nothing is known, and whose answers are judged.
struct RaftClients {
    struct Operation {
        var client: Int
        var identity: CallIdentity
        var command: Command
        var policy: String?
        var invokedAt: Moment
        var deadline: Moment
        var request: RequestID
        var host: NodeName
        /// When it ended with an answer that says what happened.
        var doneAt: Moment?
        var answer: ClientAnswer?
    }

    private(set) var operations: [Operation] = []
    private var current: [Int?]
    private var sequences: [UInt64]
    private var random: SeededRandom
    let policies: [String]
    let keys = 3

    init(_ count: Int, policies: [String], seed: UInt64) {
        current = Array(repeating: nil, count: count)
        sequences = Array(repeating: 0, count: count)
        self.policies = policies
        random = SeededRandom.named("raft clients", seed: seed)
    }

    /// Looks at the answers and goes on.
    mutating func act(_ cluster: inout RaftCluster) {
        for client in current.indices {
            guard let index = current[client] else {
                if random.chance(1, in: 2) { invoke(client, &cluster) }
                continue
            }
            look(at: index, client, &cluster)
        }
    }

    private mutating func invoke(_ client: Int, _ cluster: inout RaftCluster) {
        sequences[client] += 1
        let key = Array("k\(random.below(keys))".utf8)
        let isRead = random.chance(1, in: 2)
        let command = isRead ? Command.get(key: key) : .increment(key: key, by: 1)
        let host = random.choose(cluster.names)
        let policy = isRead ? random.choose(policies) : nil
        let identity = CallIdentity(client: UInt64(client), sequence: sequences[client])
        let invokedAt = cluster.now
        let request = cluster.request(host, command, identity: identity, policy: policy)
        current[client] = operations.count
        operations.append(
            Operation(
                client: client, identity: identity, command: command, policy: policy, invokedAt: invokedAt,
                deadline: invokedAt + 4_000_000_000, request: request, host: host))
    }

    private mutating func look(at index: Int, _ client: Int, _ cluster: inout RaftCluster) {
        let operation = operations[index]
        guard let (_, at, answer) = cluster.answers[operation.request] else {
            if cluster.replica(operation.host) == nil || random.chance(1, in: 100) {
                retry(index, client, nil, &cluster)
            }
            return
        }
        switch answer.reply {
        case .moved(let name): retry(index, client, name, &cluster)
        case .failed, .unknown: retry(index, client, nil, &cluster)
        default:
            operations[index].doneAt = at
            operations[index].answer = answer
            current[client] = nil
        }
    }

    /// Another attempt of the same operation, until its time is over: then nobody knows.
    private mutating func retry(_ index: Int, _ client: Int, _ name: NodeName?, _ cluster: inout RaftCluster) {
        guard cluster.now < operations[index].deadline else {
            current[client] = nil
            return
        }
        let host = name ?? random.choose(cluster.names)
        let operation = operations[index]
        operations[index].host = host
        operations[index].request = cluster.request(
            host, operation.command, identity: operation.identity, policy: operation.policy)
    }

    // MARK: The judge

    /// Replays what was committed and finds every answer in it.
    ///
    /// A write takes effect at the first entry of its operation, a read behind the entry that its answer names; that
    /// is an order of all of them, so it remains to see that each value follows from it and that no operation comes
    /// before one that had ended when it began.
    func flaws(in committed: [RaftEntry]) -> [String] {
        var machine = RaftMachine()
        var states: [[Int64]] = [Array(repeating: 0, count: keys)]
        var places: [CallIdentity: (lsn: LSN, reply: Reply?)] = [:]
        for (index, entry) in committed.enumerated() {
            let lsn = LSN(index + 1)
            let reply = machine.apply(entry, at: Position(timeline: entry.term, lsn: lsn))?.reply
            if let identity = try? RaftOperation(decoding: entry.payload).identity, entry.kind == .payload,
                places[identity] == nil
            {
                places[identity] = (lsn, reply)
            }
            states.append((0..<keys).map { value(machine.store.register(Array("k\($0)".utf8))) })
        }
        return contradictions(states, places) + disorder(places)
    }

    private func value(_ bytes: [UInt8]?) -> Int64 { bytes.flatMap { IntegerText.parse($0) } ?? 0 }

    private func contradictions(
        _ states: [[Int64]], _ places: [CallIdentity: (lsn: LSN, reply: Reply?)]
    ) -> [String] {
        var flaws: [String] = []
        for operation in operations {
            guard let answer = operation.answer else { continue }
            let place = answer.position.lsn
            if operation.command.isRead {
                guard place < states.count else {
                    flaws.append("a read from entry \(place), which was never committed")
                    continue
                }
                let key = Int(operation.command.key[1]) - 48
                guard case .value(let bytes) = answer.reply, value(bytes) == states[Int(place)][key] else {
                    flaws.append(
                        "\(operation.command) at \(place) gave \(answer.reply), not \(states[Int(place)][key])")
                    continue
                }
            } else if places[operation.identity].map({ $0.reply == answer.reply }) != true {
                flaws.append(
                    "\(operation.identity) was answered \(answer.reply) and did \(places[operation.identity] as Any)"
                )
            }
        }
        return flaws
    }

    /// Operations in the order in which they began, each compared with the latest place of those that had ended.
    private func disorder(_ places: [CallIdentity: (lsn: LSN, reply: Reply?)]) -> [String] {
        struct Placed {
            var operation: Operation
            /// Twice the entry, plus one for a read behind it.
            var place: LSN
        }
        var flaws: [String] = []
        let placed = operations.compactMap { operation -> Placed? in
            guard let answer = operation.answer, operation.policy != "local" else { return nil }
            if operation.command.isRead { return Placed(operation: operation, place: 2 * answer.position.lsn + 1) }
            return places[operation.identity].map { Placed(operation: operation, place: 2 * $0.lsn) }
        }
        let ended = placed.sorted { ($0.operation.doneAt ?? 0) < ($1.operation.doneAt ?? 0) }
        var next = 0
        var highest: LSN = 0
        for item in placed.sorted(by: { $0.operation.invokedAt < $1.operation.invokedAt }) {
            while next < ended.count, (ended[next].operation.doneAt ?? 0) < item.operation.invokedAt {
                highest = max(highest, ended[next].place)
                next += 1
            }
            if item.place < highest {
                flaws.append(
                    "\(item.operation.command) by \(item.operation.policy ?? "a write") at \(item.place / 2) began after "
                        + "something at \(highest / 2) had ended")
            }
        }
        return flaws
    }
}
