public import Replication

/// What only `node-multi` is told.
public struct MultiDesign: NodeDesign {
    public static let program = "node-multi"
    public static let usage = """
        [--centres east:n1+n3,west:n2+n4] [--topology all|ring:n1,n2,n3|star:n1]
          [--policy arrival|lww-wall|lww-hlc|lww-lamport|prio|causal-prio|siblings|merge|crdt] [--causal on|off]
          [--home none|hash|CENTRE] [--read home|local] [--rehome now|drain]
          [--devices n3:n1,n4:n1] [--tentative on|off] [--offline on|off]
          [--snapshot-every 10000] [--gc-grace 60s] [--clock-bound 60s] [--request-timeout 2s]
        """
    public static let optionNames: Set<String> = [
        "centres", "devices", "tentative", "offline", "topology", "policy", "causal", "home", "read", "rehome",
        "clock-bound", "gc-grace", "snapshot-every",
        "request-timeout",
    ]

    public var configuration: MultiConfiguration
    public var closedGates: [GateTarget] = []
    public var delays: [(gate: GateTarget, range: DelayRange)] = []

    private enum Read: String, CaseIterable { case home, local }
    private enum Rehome: String, CaseIterable { case now, drain }

    public init(_ words: OptionWords, _ setting: NodeSetting) throws(NodeError) {
        let devices = try Self.devices(words, setting)
        configuration = MultiConfiguration(
            name: setting.name, cluster: setting.cluster,
            centres: try Self.centres(words, setting.members.filter { devices[$0] == nil }), devices: devices)
        configuration.isTentative = try words.isOn("tentative", default: true)
        configuration.startsOffline = try words.isOn("offline", default: false)
        try checkDevices(words)
        configuration.seed = setting.seed
        configuration.mutants = setting.mutants
        configuration.policy = try words.choice("policy", default: configuration.policy)
        configuration.causal = try words.isOn("causal", default: true)
        configuration.readsAtHome = try words.choice("read", default: Read.home) == .home
        configuration.alwaysDrains = try words.choice("rehome", default: Rehome.now) == .drain
        configuration.clockBound = Int64(
            try words.time("clock-bound", default: UInt64(configuration.clockBound)))
        configuration.snapshotEvery = Int(
            try words.number("snapshot-every", 1...1_000_000_000, default: UInt64(configuration.snapshotEvery)))
        configuration.gcGrace = try words.time("gc-grace", default: configuration.gcGrace)
        configuration.requestTimeout = try words.time("request-timeout", default: configuration.requestTimeout)
        configuration.topology = try topology(words)
        configuration.home = try home(words)
        if configuration.policy == .crdt, !configuration.causal {
            throw words.wrong("causal", "must be on with --policy crdt, whose operations speak of earlier ones")
        }
        closedGates = try setting.gates(words)
        delays = try setting.delays(words)
    }

    public func member(_ setting: NodeSetting, _ stored: StoredState) throws(DecodingFailure) -> any Replica {
        try MultiReplica(
            configuration, stored: stored, closed: closedGates, delays: delays.map { ($0.gate, $0.range) })
    }

    /// `east:n1+n3`: the first one leads. Without any, each node is a data centre of its own name.
    private static func centres(_ words: OptionWords, _ members: [NodeName]) throws(NodeError) -> [DataCentre] {
        let texts = words.parts("centres")
        guard !texts.isEmpty else { return members.map { DataCentre(name: $0, leader: $0) } }
        var centres: [DataCentre] = []
        for text in texts {
            let pair = text.split(separator: ":", maxSplits: 1).map(String.init)
            let inside = pair.count == 2 ? pair[1].split(separator: "+").map(String.init) : []
            guard let leader = inside.first, !centres.contains(where: { $0.name == pair[0] }) else {
                throw words.wrong("centres", "'\(text)' is not like east:n1+n3, each name once")
            }
            centres.append(DataCentre(name: pair[0], leader: leader, followers: Array(inside.dropFirst())))
        }
        let named = centres.flatMap { [$0.leader] + $0.followers }
        guard named.count == Set(named).count, named.sorted() == members.sorted() else {
            throw words.wrong("centres", "names every node that is no device once")
        }
        return centres
    }

    /// `n3:n1`: n3 syncs with n1.
    private static func devices(
        _ words: OptionWords, _ setting: NodeSetting
    ) throws(NodeError) -> [NodeName: NodeName] {
        var devices: [NodeName: NodeName] = [:]
        for text in words.parts("devices") {
            let pair = text.split(separator: ":").map(String.init)
            guard pair.count == 2, pair.allSatisfy(setting.members.contains), devices[pair[0]] == nil else {
                throw words.wrong("devices", "'\(text)' is not like n3:n1, each device once")
            }
            devices[pair[0]] = pair[1]
        }
        guard devices.count < setting.members.count else {
            throw words.wrong("devices", "leaves nobody to sync with")
        }
        return devices
    }

    private func checkDevices(_ words: OptionWords) throws(NodeError) {
        let leaders = configuration.centres.map(\.leader)
        guard configuration.devices.values.allSatisfy(leaders.contains) else {
            throw words.wrong("devices", "a device syncs with the leader of a data centre")
        }
    }

    private func topology(_ words: OptionWords) throws(NodeError) -> MultiTopology {
        let parts = words.parts("topology")
        guard let first = parts.first, parts != ["all"] else { return .all }
        let pair = first.split(separator: ":", maxSplits: 1).map(String.init)
        let leaders = configuration.centres.map(\.leader)
        guard pair.count == 2 else { throw words.wrong("topology", "all, ring:n1,n2,n3 or star:n1") }
        let named = [pair[1]] + parts.dropFirst()
        switch pair[0] {
        case "star" where named.count == 1 && leaders.contains(named[0]): return .star(hub: named[0])
        case "ring" where named.sorted() == leaders.sorted(): return .ring(named)
        default: throw words.wrong("topology", "all, ring: with every leader once, or star: with one leader")
        }
    }

    private func home(_ words: OptionWords) throws(NodeError) -> MultiHome {
        switch words.last("home") ?? "none" {
        case "none": return .none
        case "hash": return .hash
        case let name:
            guard configuration.centres.contains(where: { $0.name == name }) else {
                throw words.wrong("home", "none, hash, or a data centre; '\(name)' is none of them")
            }
            return .table(name)
        }
    }
}
