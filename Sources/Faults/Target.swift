public import Determinism

/// Which nodes a fault or a step is meant for; decided when it is applied, because leaders change.
public enum Target: Hashable, Sendable {
    /// One node at random.
    case one
    /// The largest number of nodes that is less than half, at random.
    case minority
    /// The smallest number of nodes that is more than half, at random.
    case majority
    case all
    case named([String])
    case leader
    /// Every node but the leader.
    case followers
    /// One node at random that does not lead.
    case oneFollower
    /// The follower at this place among the followers by name, from 1.
    case follower(Int)
}

extension Target {
    /// The largest number of nodes that is less than half of `count`.
    public static func minoritySize(of count: Int) -> Int { max(0, (count - 1) / 2) }

    /// The smallest number of nodes that is more than half of `count`.
    public static func majoritySize(of count: Int) -> Int { count / 2 + 1 }

    /// The nodes meant, in the order of `nodes`: never empty.
    ///
    /// `nodes` are all nodes of the run, living or not; `leader` is `nil` while nobody knows who leads.
    public func resolve(
        nodes: [String], leader: String?, random: inout SeededRandom
    ) throws(FaultError) -> [String] {
        let chosen = try choose(nodes: nodes, leader: leader, random: &random)
        guard !chosen.isEmpty else {
            throw FaultError(
                .tooFewNodes, "there is no \(self) among \(nodes.count) nodes: use more hosts or another target")
        }
        return nodes.filter(Set(chosen).contains)
    }

    private func choose(
        nodes: [String], leader: String?, random: inout SeededRandom
    ) throws(FaultError) -> [String] {
        switch self {
        case .all: nodes
        case .one: Array(random.shuffled(nodes).prefix(1))
        case .minority: Array(random.shuffled(nodes).prefix(Self.minoritySize(of: nodes.count)))
        case .majority: Array(random.shuffled(nodes).prefix(Self.majoritySize(of: nodes.count)))
        case .leader: [try known(leader)]
        case .followers: try followers(nodes, leader)
        case .oneFollower: Array(random.shuffled(try followers(nodes, leader)).prefix(1))
        case .follower(let place): Array(try followers(nodes, leader).dropFirst(place - 1).prefix(1))
        case .named(let names): try named(names, of: nodes)
        }
    }

    private func known(_ leader: String?) throws(FaultError) -> String {
        guard let leader else {
            throw FaultError(
                .leaderUnknown,
                "the target is \(self), but nobody leads now: let a \"wait: leader\" or time pass before")
        }
        return leader
    }

    private func followers(_ nodes: [String], _ leader: String?) throws(FaultError) -> [String] {
        let leader = try known(leader)
        return nodes.filter { $0 != leader }
    }

    private func named(_ names: [String], of nodes: [String]) throws(FaultError) -> [String] {
        for name in names where !nodes.contains(name) {
            throw FaultError(
                .unknownNode, "there is no node \(name): the nodes are \(nodes.joined(separator: ", "))")
        }
        return names
    }
}

extension Target: CustomStringConvertible {
    /// The form used in workload files and reports.
    public var description: String {
        switch self {
        case .one: "one"
        case .minority: "minority"
        case .majority: "majority"
        case .all: "all"
        case .named(let names): names.joined(separator: ", ")
        case .leader: "leader"
        case .followers: "followers"
        case .oneFollower: "one-follower"
        case .follower(let place): "follower-\(place)"
        }
    }

    /// The target of a word; any other word names a node.
    public init(word: String) {
        switch word {
        case "one": self = .one
        case "minority": self = .minority
        case "majority": self = .majority
        case "all": self = .all
        case "leader": self = .leader
        case "followers": self = .followers
        case "one-follower": self = .oneFollower
        default:
            let place = word.hasPrefix("follower-") ? Int(word.dropFirst("follower-".count)) : nil
            if let place, place > 0 { self = .follower(place) } else { self = .named([word]) }
        }
    }

    /// The words that stand for something other than a node's name.
    public static let words = [
        "one", "minority", "majority", "all", "leader", "followers", "one-follower", "follower-1",
    ]
}
