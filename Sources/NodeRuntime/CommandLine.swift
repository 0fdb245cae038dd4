internal import Replication

/// The command line of `node-single`.
public enum NodeCommandLine {
    public static let usage = """
        node-single --id n1 --cluster c1 --peers n1=10.0.0.1:7001,n2=10.0.0.2:7001
          --client 10.0.0.1:7000 --peer 10.0.0.1:7001 --data DIR --role leader|follower
          [--clients n1=10.0.0.1:7000,...] [--leader n1] [--admin unix:PATH]
          [--ack async|count:K|all] [--ack-stage recv|flush] [--ack-timeout 2s]
          [--visible acked|append] [--fsync always|never] [--retain 10000]
          [--gate apply,ship:n2] [--delay apply=50..100ms,ship:n2=20ms]
          [--heartbeat 100ms] [--silence 600ms] [--seed 1] [--log events.jsonl] [--pidfile P]
        """

    private static let names: Set<String> = [
        "id", "cluster", "peers", "client", "clients", "peer", "admin", "data", "role", "leader", "ack",
        "ack-stage", "ack-timeout", "visible", "fsync", "gate", "delay", "retain", "seed", "log", "pidfile",
        "heartbeat", "silence",
    ]

    /// Reads the words behind the program's name. `--gate` and `--delay` may come several times.
    public static func options(_ words: [String]) throws(NodeError) -> NodeOptions {
        var reader = try WordReader(words, names: names)
        let name = try reader.required("id")
        let peers = try reader.addresses("peers")
        guard !peers.isEmpty else { throw reader.wrong("peers", "names every node with its peer address") }
        guard peers.contains(where: { $0.name == name }) else {
            throw reader.wrong("peers", "must name \(name) itself, too")
        }
        var configuration = NodeConfiguration(
            name: name, cluster: try reader.required("cluster"), members: peers.map(\.name))
        try readPolicy(&reader, &configuration)
        let role = try reader.choice("role", default: Role.follower)
        var options = NodeOptions(
            configuration: configuration, role: role, leader: try leader(&reader, role, configuration),
            client: try reader.endpoint("client"), peer: try reader.endpoint("peer"),
            dataDirectory: try reader.required("data"))
        options.peerAddresses = Dictionary(peers.map { ($0.name, $0.endpoint) }) { first, _ in first }
        for (name, endpoint) in try reader.addresses("clients") { options.clientAddresses[name] = endpoint }
        try readPlaces(&reader, &options)
        return options
    }

    private static func leader(
        _ reader: inout WordReader, _ role: Role, _ configuration: NodeConfiguration
    ) throws(NodeError) -> NodeName? {
        let leader = reader.last("leader")
        if let leader, !configuration.members.contains(leader) {
            throw reader.wrong("leader", "'\(leader)' is not among the peers")
        }
        if role == .follower, leader == configuration.name {
            throw reader.wrong("leader", "a follower cannot follow itself")
        }
        return role == .leader ? configuration.name : leader
    }

    private static func readPolicy(
        _ reader: inout WordReader, _ configuration: inout NodeConfiguration
    ) throws(NodeError) {
        if let text = reader.last("ack") {
            guard let ack = AckPolicy(text) else { throw reader.wrong("ack", "async, count:K or all") }
            if case .count(let count) = ack, count >= configuration.members.count {
                throw reader.wrong("ack", "there are only \(configuration.members.count - 1) followers")
            }
            configuration.ack = ack
        }
        configuration.ackStage = try reader.choice("ack-stage", default: configuration.ackStage)
        configuration.visibility = try reader.choice("visible", default: configuration.visibility)
        configuration.retain = Int(try reader.number("retain", 1...1_000_000_000, default: 10_000))
        configuration.seed = try reader.number("seed", 0...UInt64.max, default: 1)
        configuration.ackTimeout = try reader.time("ack-timeout", default: configuration.ackTimeout)
        configuration.heartbeat = try reader.time("heartbeat", default: configuration.heartbeat)
        configuration.silence = try reader.time("silence", default: configuration.silence)
        guard configuration.silence >= 2 * configuration.heartbeat else {
            throw reader.wrong("silence", "must be at least two heartbeats")
        }
    }

    private static func readPlaces(
        _ reader: inout WordReader, _ options: inout NodeOptions
    ) throws(NodeError) {
        if let admin = reader.last("admin") {
            guard admin.hasPrefix("unix:"), admin.utf8.count > 5 else {
                throw reader.wrong("admin", "unix:PATH")
            }
            options.adminSocket = String(admin.dropFirst(5))
        }
        switch reader.last("fsync") ?? "always" {
        case "always": options.isSyncing = true
        case "never": options.isSyncing = false
        default: throw reader.wrong("fsync", "always or never")
        }
        for text in reader.parts("gate") {
            guard let target = GateTarget(text) else { throw reader.wrong("gate", "'\(text)' is no gate") }
            options.closedGates.append(target)
        }
        for text in reader.parts("delay") {
            let pair = text.split(separator: "=", maxSplits: 1).map(String.init)
            guard pair.count == 2, let target = GateTarget(pair[0]), let range = DelayRange(pair[1]) else {
                throw reader.wrong("delay", "'\(text)' is not like apply=50..100ms")
            }
            options.delays.append((target, range))
        }
        let targets = options.closedGates + options.delays.map(\.0)
        let others = options.configuration.others
        for peer in targets.compactMap(\.peer) where !others.contains(peer) {
            throw reader.wrong("gate", "'\(peer)' is no other node")
        }
        options.eventLog = reader.last("log")
        options.pidFile = reader.last("pidfile")
    }
}

/// `--name value` and `--name=value`.
private struct WordReader {
    private var values: [String: [String]] = [:]

    init(_ words: [String], names: Set<String>) throws(NodeError) {
        var rest = words[...]
        while let word = rest.popFirst() {
            guard word.hasPrefix("--") else { throw NodeError(.badArguments, "unexpected word '\(word)'") }
            let pair = word.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(pair[0])
            guard names.contains(name) else { throw NodeError(.badArguments, "unknown option --\(name)") }
            guard let value = pair.count == 2 ? String(pair[1]) : rest.popFirst() else {
                throw NodeError(.badArguments, "--\(name) needs a value")
            }
            values[name, default: []].append(value)
        }
    }

    func wrong(_ name: String, _ message: String) -> NodeError {
        NodeError(.badArguments, "--\(name): \(message)")
    }

    func last(_ name: String) -> String? { values[name]?.last }

    func required(_ name: String) throws(NodeError) -> String {
        guard let value = last(name), !value.isEmpty else { throw wrong(name, "is needed") }
        return value
    }

    /// Comma-separated values of all occurrences.
    func parts(_ name: String) -> [String] {
        (values[name] ?? []).flatMap { $0.split(separator: ",").map(String.init) }
    }

    func addresses(_ name: String) throws(NodeError) -> [(name: NodeName, endpoint: NodeEndpoint)] {
        var result: [(name: NodeName, endpoint: NodeEndpoint)] = []
        for part in parts(name) {
            let pair = part.split(separator: "=", maxSplits: 1).map(String.init)
            guard pair.count == 2, let endpoint = NodeEndpoint(pair[1]) else {
                throw wrong(name, "'\(part)' is not like n1=10.0.0.1:7001")
            }
            guard !result.contains(where: { $0.name == pair[0] }) else {
                throw wrong(name, "'\(pair[0])' stands there twice")
            }
            result.append((pair[0], endpoint))
        }
        return result
    }

    func endpoint(_ name: String) throws(NodeError) -> NodeEndpoint {
        guard let endpoint = NodeEndpoint(try required(name)) else { throw wrong(name, "is no HOST:PORT") }
        return endpoint
    }

    func choice<Choice: RawRepresentable & CaseIterable>(
        _ name: String, default standard: Choice
    ) throws(NodeError) -> Choice where Choice.RawValue == String {
        guard let text = last(name) else { return standard }
        guard let choice = Choice(rawValue: text) else {
            throw wrong(name, Choice.allCases.map(\.rawValue).joined(separator: " or "))
        }
        return choice
    }

    func number(
        _ name: String, _ range: ClosedRange<UInt64>, default standard: UInt64
    ) throws(NodeError) -> UInt64 {
        guard let text = last(name) else { return standard }
        guard let number = UInt64(text), range.contains(number) else {
            throw wrong(name, "a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    func time(_ name: String, default standard: UInt64) throws(NodeError) -> UInt64 {
        guard let text = last(name) else { return standard }
        guard let range = DelayRange(text), range.shortest == range.longest, range.shortest > 0 else {
            throw wrong(name, "a time like 500ms or 2s")
        }
        return range.shortest
    }
}
