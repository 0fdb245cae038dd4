public import Replication

/// What the runtime must know of a design: the options that only it has, and how one of its members starts.
public protocol NodeDesign: Sendable {
    /// The name of its program, `node-single`; its data directories are marked with it.
    static var program: String { get }
    /// Its own part of the usage text.
    static var usage: String { get }
    /// Names of its own options, without the dashes.
    static var optionNames: Set<String> { get }

    /// Reads its own options.
    init(_ words: OptionWords, _ setting: NodeSetting) throws(NodeError)

    /// A member with what its disk holds.
    ///
    /// Throws `DecodingFailure` for stored bytes that this design did not write.
    func member(_ setting: NodeSetting, _ stored: StoredState) throws(DecodingFailure) -> any Replica

    /// What this configuration promises, one for each way to read; none where nobody has said. `isDurable`: what is
    /// acknowledged has reached the disk.
    func claims(isDurable: Bool) -> [NodeClaims]
}

/// What every member of every design is told.
public struct NodeSetting: Hashable, Sendable {
    public var name: NodeName
    public var cluster: String
    /// All members with this one, in order.
    public var members: [NodeName]
    /// Who decides about them, where somebody does: no members, but heard.
    public var arbiters: [NodeName] = []
    public var seed: UInt64 = 1
    /// Gates that are closed from the start, `ship:n2`; which there are is the design's business.
    public var closedGates: [String] = []
    public var delays: [GateDelay] = []
    /// Bugs that are switched on.
    public var mutants: Set<Mutant> = []

    /// A delay that holds from the start.
    public struct GateDelay: Hashable, Sendable {
        public var gate: String
        public var range: DelayRange

        public init(_ gate: String, _ range: DelayRange) {
            self.gate = gate
            self.range = range
        }
    }

    public init(name: NodeName, cluster: String, members: [NodeName]) {
        self.name = name
        self.cluster = cluster
        self.members = members
    }

    public var others: [NodeName] { members.filter { $0 != name } }
}

extension NodeSetting {
    /// The gates that are closed from the start, as a design has them.
    func gates<Gate: NamedGate>(_ words: OptionWords) throws(NodeError) -> [Gate] {
        var gates: [Gate] = []
        for text in closedGates { gates.append(try gate(text, "gate", words)) }
        return gates
    }

    /// The delays that hold from the start, as a design has them.
    func delays<Gate: NamedGate>(_ words: OptionWords) throws(NodeError) -> [(Gate, DelayRange)] {
        var found: [(Gate, DelayRange)] = []
        for delay in delays { found.append((try gate(delay.gate, "delay", words), delay.range)) }
        return found
    }

    private func gate<Gate: NamedGate>(
        _ text: String, _ option: String, _ words: OptionWords
    ) throws(NodeError) -> Gate {
        guard let gate = Gate(text) else { throw words.wrong(option, "'\(text)' is no gate") }
        if let peer = gate.peer, !others.contains(peer) { throw words.wrong(option, "'\(peer)' is no other node") }
        return gate
    }
}

/// The designs that there are.
public enum NodeDesigns {
    public static let all: [any NodeDesign.Type] = [
        SingleLeaderDesign.self, RaftDesign.self, ArbiterDesign.self, ChainDesign.self, MultiDesign.self,
        QuorumDesign.self,
    ]

    /// The design of a program, by its name or by its path.
    public static func design(ofProgram path: String) -> (any NodeDesign.Type)? {
        let name = path.split(separator: "/").last.map(String.init)
        return all.first { $0.program == name }
    }
}
