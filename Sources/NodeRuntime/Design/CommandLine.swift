internal import Replication

/// The command line of a node: what all designs have, and the part of its own.
public enum NodeCommandLine {
    public static func usage(of design: any NodeDesign.Type) -> String {
        """
        \(design.program) --id n1 --cluster c1 --peers n1=10.0.0.1:7001,n2=10.0.0.2:7001
          --client 10.0.0.1:7000 --peer 10.0.0.1:7001 --data DIR
          [--clients n1=10.0.0.1:7000,...] [--admin unix:PATH] [--fsync always|never]
          [--disk real|buffered]
          [--clock system|offset:+10s|jump:-3s|rate:1.05|strobe:+200ms/50ms|frozen|file:PATH]
          [--clock-mono system|offset:+10s|jump:+3s|rate:0.1|frozen|file:PATH]
          [--mutant M01,...] [--failpoint NAME=crash|pause] [--claims]
          [--gate apply,ship:n2] [--delay apply=50..100ms,ship:n2=20ms]
          [--seed 1] [--log events.jsonl] [--pidfile P]
          \(design.usage)
        """
    }

    private static let names: Set<String> = [
        "id", "cluster", "peers", "client", "clients", "peer", "admin", "data", "disk", "fsync", "clock",
        "clock-mono", "mutant", "failpoint", "gate", "delay",
        "seed",
        "log", "pidfile",
    ]

    /// Reads the words behind the program's name. `--gate` and `--delay` may come several times.
    public static func options(
        _ words: [String], of design: any NodeDesign.Type
    ) throws(NodeError) -> NodeOptions {
        let words = try OptionWords(words, names: names.union(design.optionNames))
        let peers = try words.addresses("peers")
        let outsiders = try words.addresses("arbiters") + words.addresses("nodes")
        let setting = try setting(words, peers.map(\.name))
        if let foreign = setting.mutants.filter({ !$0.isIn(design.program) }).min(by: { $0.id < $1.id }) {
            throw words.wrong("mutant", "\(foreign.id) (\(foreign.name)) is not in \(design.program)")
        }
        let own = try design.init(words, setting)
        var options = NodeOptions(
            setting, own, client: try words.endpoint("client"), peer: try words.endpoint("peer"),
            dataDirectory: try words.required("data"))
        options.peerAddresses = Dictionary(peers.map { ($0.name, $0.endpoint) }) { first, _ in first }
        for (name, endpoint) in outsiders {
            options.correspondents.insert(name)
            options.peerAddresses[name] = endpoint
        }
        for (name, endpoint) in try words.addresses("clients") { options.clientAddresses[name] = endpoint }
        try readPlaces(words, &options)
        return options
    }

    private static func setting(
        _ words: OptionWords, _ members: [NodeName]
    ) throws(NodeError) -> NodeSetting {
        let name = try words.required("id")
        guard !members.isEmpty else { throw words.wrong("peers", "names every node with its peer address") }
        guard members.contains(name) else { throw words.wrong("peers", "must name \(name) itself, too") }
        var setting = NodeSetting(name: name, cluster: try words.required("cluster"), members: members)
        setting.arbiters = try words.addresses("arbiters").map(\.name)
        if let both = setting.arbiters.first(where: members.contains) {
            throw words.wrong("arbiters", "'\(both)' is a node")
        }
        setting.seed = try words.number("seed", 0...UInt64.max, default: 1)
        setting.closedGates = words.parts("gate").filter { $0 != NodeLoop.fsyncGate }
        for text in words.parts("mutant") {
            guard let mutant = Mutant(text) else { throw words.wrong("mutant", "there is no '\(text)'") }
            setting.mutants.insert(mutant)
        }
        for text in words.parts("delay") {
            let pair = text.split(separator: "=", maxSplits: 1).map(String.init)
            guard pair.count == 2, let range = DelayRange(pair[1]) else {
                throw words.wrong("delay", "'\(text)' is not like apply=50..100ms")
            }
            setting.delays.append(.init(pair[0], range))
        }
        return setting
    }

    private static func clock(_ name: String, _ words: OptionWords) throws(NodeError) -> ClockSource {
        guard let text = words.last(name) else { return .fixed(.system) }
        guard let source = ClockSource(text) else { throw words.wrong(name, "'\(text)' is not like offset:+10s") }
        if name == "clock-mono", case .fixed(.strobe) = source {
            throw words.wrong(name, "a monotonic clock cannot go back")
        }
        return source
    }

    private static func failpoint(
        _ text: String, _ words: OptionWords
    ) throws(NodeError) -> (name: String, action: FailpointAction) {
        let pair = text.split(separator: "=", maxSplits: 1).map(String.init)
        let action: FailpointAction? =
            switch pair.last {
            case "crash": .crash
            case "pause": .pause
            default: nil
            }
        guard pair.count == 2, let action else {
            throw words.wrong("failpoint", "'\(text)' is not like NAME=crash or NAME=pause")
        }
        return (pair[0], action)
    }

    private static func readPlaces(_ words: OptionWords, _ options: inout NodeOptions) throws(NodeError) {
        if let admin = words.last("admin") {
            guard admin.hasPrefix("unix:"), admin.utf8.count > 5 else { throw words.wrong("admin", "unix:PATH") }
            options.adminSocket = String(admin.dropFirst(5))
        }
        switch words.last("fsync") ?? "always" {
        case "always": options.isSyncing = true
        case "never": options.isSyncing = false
        default: throw words.wrong("fsync", "always or never")
        }
        options.isFsyncClosed = words.parts("gate").contains(NodeLoop.fsyncGate)
        options.disk = try words.choice("disk", default: options.disk)
        options.clock = try clock("clock", words)
        options.monotonicClock = try clock("clock-mono", words)
        for text in words.parts("failpoint") { options.failpoints.append(try failpoint(text, words)) }
        options.eventLog = words.last("log")
        options.pidFile = words.last("pidfile")
    }
}
