public import Faults
public import Generators

/// One step of a directed scenario; steps are done one after the other.
public struct ScenarioStep: Hashable, Sendable {
    public var action: ScenarioAction
    /// Where the file has it.
    public var position: TextPosition

    public init(_ action: ScenarioAction, position: TextPosition) {
        self.action = action
        self.position = position
    }
}

/// What a step does.
public enum ScenarioAction: Hashable, Sendable {
    case operate(ScenarioOperation)
    /// Lets the first attempt of an operation arrive that was held on its way, from the client that sent it.
    case release(String, client: Int)
    case gate(GateChange)
    /// Starts a fault; its `at` means nothing here.
    case start(PlannedFault)
    /// Ends a fault by its name; a restarted node comes back with these gates closed.
    case end(fault: String, gates: [String])
    case promote(PromotionChoice)
    /// An operator's order to nodes, in the words of `nodectl`; with `mayFail` nobody waits for what becomes of it.
    case order([String], at: Target, mayFail: Bool)
    /// Flips a byte in the middle of the logs of dead nodes.
    case damage(Target)
    /// Takes all that dead nodes stored from their disks.
    case wipe(Target)
    case wait(WaitFor)
}

/// An operation of a scenario.
public struct ScenarioOperation: Hashable, Sendable {
    /// The client's place, from 0: its process, or the successor of that process after an `info`.
    public var client: Int
    public var operation: PlannedOperation
    /// The node to ask, where the read policy allows it; `nil` leaves it to the policy.
    public var at: Target?
    public var expect: ExpectedOutcome
    /// The first attempt stays on its way under this name; `nil` for a network that does what it should.
    public var hold: String?
}

/// How a scenario wants an operation to end; anything else means that the scenario did not happen.
public enum ExpectedOutcome: String, Hashable, Sendable, CaseIterable {
    case ok
    case fail
    case info
    case any
}

/// Gates closed or opened on nodes.
public struct GateChange: Hashable, Sendable {
    public enum Gate: String, Hashable, Sendable, CaseIterable {
        /// Entries leave for a peer.
        case ship
        /// Entries that came are taken in.
        case recv
        /// Entries become readable.
        case apply
        /// Receipts leave for a peer.
        case ack
        /// Answers leave for clients.
        case reply
        /// What was written becomes durable.
        case fsync
        /// What was kept for a silent replica leaves for it.
        case hint
        /// What a read found newest leaves for replicas that are behind.
        case repair
        /// Comparisons of contents with other replicas.
        case sync

        /// Whether every bundled node has it.
        public var isCommon: Bool { self != .hint && self != .repair && self != .sync }

        /// Whether there is one such gate for each peer.
        public var isPerPeer: Bool { self == .ship || self == .recv || self == .ack }
    }

    public var isClosing: Bool
    public var gate: Gate
    /// The nodes whose gates these are.
    public var nodes: Target
    /// The peers towards which, for gates that are per peer; each node's own name is left out.
    public var peers: Target
    /// For `apply`: only of the partition that this key is in.
    public var key: String?

    public init(isClosing: Bool, gate: Gate, nodes: Target, peers: Target = .all, key: String? = nil) {
        self.key = key
        self.isClosing = isClosing
        self.gate = gate
        self.nodes = nodes
        self.peers = peers
    }
}

extension GateChange {
    /// The node's names of these gates, such as `apply`, `apply:KEY` or `ship:n2`.
    ///
    /// `peers` are the resolved peers; the node itself is left out.
    public func targets(at node: String, peers: [String]) -> [String] {
        if let key { return ["\(gate.rawValue):\(key)"] }
        return gate.isPerPeer ? peers.filter { $0 != node }.map { "\(gate.rawValue):\($0)" } : [gate.rawValue]
    }
}

/// What a step waits for.
public enum WaitFor: Hashable, Sendable {
    /// A node that says it leads and takes writes.
    case leader
    /// Every living follower that no closed gate holds back has applied the leader's last entry.
    case caughtUp
    case time(Duration)
}

extension ScenarioStep: CustomStringConvertible {
    /// The step in words, for progress and reports.
    public var description: String {
        switch action {
        case .operate(let step): "client \(step.client): \(step.words)"
        case .release(let attempt, let client): "client \(client): \(attempt) arrives"
        case .gate(let change):
            "\(change.isClosing ? "close" : "open") gate \(change.gate.rawValue) at \(change.nodes)"
                + (change.gate.isPerPeer ? " towards \(change.peers)" : "")
                + (change.key.map { " for the partition of \($0)" } ?? "")
        case .start(let fault): "\(fault.kind.name) \(fault.id): \(fault.target)"
        case .end(let fault, let gates):
            "end of \(fault)" + (gates.isEmpty ? "" : ", with gate \(gates.joined(separator: ", ")) closed")
        case .promote(let choice): "promote \(choice)"
        case .order(let words, let nodes, _): "\(words.joined(separator: " ")) at \(nodes)"
        case .damage(let nodes): "damage the log of \(nodes)"
        case .wipe(let nodes): "wipe the disk of \(nodes)"
        case .wait(.leader): "wait for a leader"
        case .wait(.caughtUp): "wait until followers have caught up"
        case .wait(.time(let duration)): "wait \(duration.words)"
        }
    }
}

extension ScenarioOperation {
    fileprivate var words: String {
        let place = at.map { " at \($0)" } ?? ""
        let late = hold.map { ", first attempt held as \($0)" } ?? ""
        return "\(operation.f) \(operation.key ?? "")\(place), expecting \(expect.rawValue)\(late)"
    }
}
