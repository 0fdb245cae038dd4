public import Determinism

/// Which connections a partition cuts.
public enum Traffic: String, Hashable, Sendable, CaseIterable {
    /// Between nodes; clients still reach every node.
    case peer
    /// Between nodes and clients; nodes still reach each other.
    case client
    case both
}

/// How a partition divides the nodes.
public enum PartitionShape: Hashable, Sendable {
    /// Two sides at random, as equal as possible.
    case halves
    /// One node at random against the rest.
    case isolateOne
    /// The leader against the rest.
    case isolateLeader
    /// What `from` sends does not reach `to`; the other direction works.
    case oneWay(from: Target, to: Target)
    /// These groups apart from each other; nodes named in none are a group of their own.
    case groups([[String]])
    /// Two sides at random, as equal as possible, and one node at random that hears both and is heard by both.
    case bridge
    /// Nodes in a ring at random, each of which hears a majority, and no two of them the same one.
    case majorityRing
    /// One of `halves`, `isolateOne`, `bridge` and `majorityRing` at random, of those that so many nodes can have.
    case random
}

extension PartitionShape: CustomStringConvertible {
    public var description: String {
        switch self {
        case .halves: "halves"
        case .isolateOne: "one node from the rest"
        case .isolateLeader: "the leader from the rest"
        case .oneWay(let from, let to): "one way, \(from) to \(to)"
        case .groups(let groups): groups.map { "{\($0.joined(separator: " "))}" }.joined(separator: " | ")
        case .bridge: "two sides and a bridge"
        case .majorityRing: "a ring of majorities"
        case .random: "of a shape at random"
        }
    }
}

/// Who may not hear whom: what a partition means for each host.
public struct Grudge: Hashable, Sendable {
    /// One direction of one connection between nodes.
    public struct Cut: Hashable, Sendable, Comparable {
        /// The node that may not hear `speaker`.
        public var hearer: String
        public var speaker: String

        public init(hearer: String, speaker: String) {
            self.hearer = hearer
            self.speaker = speaker
        }

        public static func < (left: Cut, right: Cut) -> Bool {
            (left.hearer, left.speaker) < (right.hearer, right.speaker)
        }
    }

    /// The directions cut between nodes, sorted; empty when only client traffic is cut.
    public var peers: [Cut]
    /// Nodes that may not hear clients, sorted.
    public var deafToClients: [String]
    /// Nodes whose answers may not reach clients, sorted.
    public var muteToClients: [String]

    public init(peers: [Cut], deafToClients: [String] = [], muteToClients: [String] = []) {
        self.peers = peers.sorted()
        self.deafToClients = deafToClients.sorted()
        self.muteToClients = muteToClients.sorted()
    }

    /// Whom this node may not hear.
    public func unheard(by node: String) -> [String] {
        peers.filter { $0.hearer == node }.map(\.speaker)
    }

    /// Every node that the grudge touches, sorted.
    public var nodes: [String] {
        let touched = Set(peers.flatMap { [$0.hearer, $0.speaker] } + deafToClients + muteToClients)
        return touched.sorted()
    }
}

extension PartitionShape {
    /// What this shape means for the nodes as they are now.
    ///
    /// Clients stand on one side: with the largest group, the first of equals, and with a bridge. Only `client` and
    /// `both` cut the other groups off from them. A ring has no sides, and clients reach all of it.
    public func grudge(
        nodes: [String], leader: String?, traffic: Traffic, random: inout SeededRandom
    ) throws(FaultError) -> Grudge {
        switch self {
        case .oneWay(let from, let to):
            let speakers = try from.resolve(nodes: nodes, leader: leader, random: &random)
            let others = try to.resolve(nodes: nodes, leader: leader, random: &random)
            return try Self.oneWay(from: speakers, to: others.filter { !speakers.contains($0) }, traffic)
        case .bridge: return try Self.bridge(random.shuffled(nodes), traffic)
        case .majorityRing: return try Self.ring(random.shuffled(nodes), traffic)
        case .random:
            return try Self.chosen(&random, nodes.count, traffic)
                .grudge(nodes: nodes, leader: leader, traffic: traffic, random: &random)
        case .halves, .isolateOne, .isolateLeader, .groups: break
        }
        let sides = try groups(nodes: nodes, leader: leader, random: &random)
        guard sides.count > 1 else {
            throw FaultError(.tooFewNodes, "a partition needs nodes on two sides, and there is one side")
        }
        return Self.apart(sides, traffic)
    }

    private func groups(
        nodes: [String], leader: String?, random: inout SeededRandom
    ) throws(FaultError) -> [[String]] {
        let first: [String]
        switch self {
        case .halves: first = Array(random.shuffled(nodes).prefix(nodes.count / 2))
        case .isolateOne: first = try Target.one.resolve(nodes: nodes, leader: leader, random: &random)
        case .isolateLeader: first = try Target.leader.resolve(nodes: nodes, leader: leader, random: &random)
        case .oneWay, .bridge, .majorityRing, .random: preconditionFailure("\(self) has no groups")
        case .groups(let groups): return try Self.completed(groups, nodes)
        }
        return try Self.completed([nodes.filter(first.contains)], nodes)
    }

    /// The groups and, as one more, the nodes that are in none.
    private static func completed(_ groups: [[String]], _ nodes: [String]) throws(FaultError) -> [[String]] {
        var seen: Set<String> = []
        for name in groups.joined() {
            guard nodes.contains(name) else {
                throw FaultError(
                    .unknownNode, "there is no node \(name): the nodes are \(nodes.joined(separator: ", "))")
            }
            guard seen.insert(name).inserted else {
                throw FaultError(.nodeInTwoGroups, "node \(name) is in two groups: name it once")
            }
        }
        return (groups + [nodes.filter { !seen.contains($0) }]).filter { !$0.isEmpty }
    }

    static func apart(_ groups: [[String]], _ traffic: Traffic) -> Grudge {
        var cuts: [Grudge.Cut] = []
        for (place, group) in groups.enumerated() {
            let others = groups.enumerated().filter { $0.offset != place }.flatMap(\.element)
            for hearer in group {
                cuts += others.map { Grudge.Cut(hearer: hearer, speaker: $0) }
            }
        }
        let size = groups.map(\.count).max() ?? 0
        let clientSide = groups.firstIndex { $0.count == size }
        let cutOff = groups.indices.filter { $0 != clientSide }.flatMap { groups[$0] }
        return Grudge(
            peers: traffic == .client ? [] : cuts,
            deafToClients: traffic == .peer ? [] : cutOff,
            muteToClients: traffic == .peer ? [] : cutOff)
    }

    private static func oneWay(
        from speakers: [String], to hearers: [String], _ traffic: Traffic
    ) throws(FaultError) -> Grudge {
        guard !hearers.isEmpty else {
            throw FaultError(.tooFewNodes, "a one-way partition needs a node to cut off that does not speak itself")
        }
        let cuts = hearers.flatMap { hearer in
            speakers.map { Grudge.Cut(hearer: hearer, speaker: $0) }
        }
        let clientsSpeak = speakers.count > hearers.count
        return Grudge(
            peers: traffic == .client ? [] : cuts,
            deafToClients: traffic != .peer && clientsSpeak ? hearers : [],
            muteToClients: traffic != .peer && !clientsSpeak ? speakers : [])
    }
}

extension Grudge: CustomStringConvertible {
    /// Who may not hear whom, in words for reports.
    public var description: String {
        var parts: [String] = []
        for hearer in Set(peers.map(\.hearer)).sorted() {
            parts.append("\(hearer) does not hear \(unheard(by: hearer).joined(separator: ", "))")
        }
        if !deafToClients.isEmpty {
            parts.append("\(deafToClients.joined(separator: ", ")): cut off from requests of clients")
        }
        if !muteToClients.isEmpty {
            parts.append("\(muteToClients.joined(separator: ", ")): answers do not reach clients")
        }
        return parts.joined(separator: "; ")
    }
}
