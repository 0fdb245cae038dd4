public import Determinism

/// What is done to nodes.
public enum FaultKind: Hashable, Sendable {
    /// `kill -9` of the node's processes; ends when they are started again.
    case kill
    /// The power fails: what was not made durable is gone and, with `torn`, half of a record is left behind the rest.
    /// Ends when the node is started again.
    case powerCut(torn: Bool)
    /// SIGSTOP; ends with SIGCONT.
    case pause
    /// Clocks lie; ends when they are set right.
    case clock(ClockFault)
    /// A cut of the network; ends when it is mended. The shape chooses the nodes.
    case partition(PartitionShape, Traffic)
    /// Packets between the nodes and all others are lost, late or few; ends when they pass as before.
    case network(PoorNetwork)
}

extension FaultKind {
    /// The word of histories and reports.
    public var name: String {
        switch self {
        case .kill: "kill"
        case .powerCut: "power-cut"
        case .pause: "pause"
        case .clock: "clock"
        case .partition: "partition"
        case .network: "network"
        }
    }

    /// The words of all kinds.
    public static let names = ["kill", "power-cut", "pause", "clock", "partition", "network"]

    /// Whether the node is gone until it is started again.
    public var isDeath: Bool {
        switch self {
        case .kill, .powerCut: true
        case .pause, .clock, .partition, .network: false
        }
    }
}

/// When a fault is undone.
public enum FaultEnd: Hashable, Sendable {
    /// This long after its start.
    case after(Duration)
    /// When the last phase begins, which heals everything that is left.
    case lastPhase
    /// Not at all: a killed node stays dead, also while final reads are made. Kills and power cuts only.
    case never
}

/// A fault as the plan has it: who is hit is decided when it starts.
public struct PlannedFault: Hashable, Sendable {
    /// Its name in the plan, the history and the report.
    public var id: String
    public var kind: FaultKind
    /// Whom it hits; a partition's shape decides instead.
    public var target: Target
    /// Time from the start of the clients' work.
    public var at: Duration
    public var end: FaultEnd
    /// Time between the starts of two occurrences; `nil` for a fault that occurs once.
    public var every: Duration?
    /// Whether a run without evidence of this fault is worth nothing.
    public var required: Bool

    public init(
        id: String, kind: FaultKind, target: Target, at: Duration, end: FaultEnd, every: Duration? = nil,
        required: Bool = true
    ) {
        self.id = id
        self.kind = kind
        self.target = target
        self.at = at
        self.end = end
        self.every = every
        self.required = required
    }

    /// How long it lasts, where the plan says so.
    public var duration: Duration? { if case .after(let duration) = end { duration } else { nil } }
}

/// A fault whose nodes have been chosen: what an effector is to do.
public struct ResolvedFault: Hashable, Sendable {
    public var id: String
    public var kind: FaultKind
    /// The nodes that are hit, never empty.
    public var nodes: [String]
    /// Who may not hear whom; `nil` unless the kind is a partition.
    public var grudge: Grudge?
    /// What is done to whom, in words.
    public var detail: String
}

extension PlannedFault {
    /// Chooses the nodes now; `id` is the occurrence's name if it differs from the plan's.
    public func resolve(
        as id: String? = nil, nodes: [String], leader: String?, random: inout SeededRandom
    ) throws(FaultError) -> ResolvedFault {
        let id = id ?? self.id
        guard case .partition(let shape, let traffic) = kind else {
            let chosen = try target.resolve(nodes: nodes, leader: leader, random: &random)
            return ResolvedFault(
                id: id, kind: kind, nodes: chosen, grudge: nil,
                detail: "\(kind.verb) \(chosen.joined(separator: ", "))")
        }
        let grudge = try shape.grudge(nodes: nodes, leader: leader, traffic: traffic, random: &random)
        return ResolvedFault(id: id, kind: kind, nodes: grudge.nodes, grudge: grudge, detail: "\(grudge)")
    }
}

extension FaultKind {
    /// What is done, in words before those of the nodes.
    fileprivate var verb: String {
        switch self {
        case .kill: "kill -9"
        case .powerCut(let torn): torn ? "power cut with a torn record at" : "power cut at"
        case .pause: "SIGSTOP"
        case .clock(let fault): "\(fault) at"
        case .partition: "partition"
        case .network(let network): "\(network) between the others and"
        }
    }
}

extension PlannedFault: CustomStringConvertible {
    /// What is done to whom, without the times: those of a scenario are its steps.
    public var what: String {
        switch kind {
        case .kill: "kill -9 of \(target)"
        case .powerCut, .clock, .network: "\(kind.verb) \(target)"
        case .pause: "SIGSTOP of \(target)"
        case .partition(let shape, let traffic): "partition of \(traffic.rawValue) traffic: \(shape)"
        }
    }

    /// The plan in words, for the report.
    public var description: String {
        let often = every.map { ", every \($0.words)" } ?? ""
        return "\(what), at \(at.words)\(often), \(endWords)"
    }

    private var endWords: String {
        switch (end, kind.isDeath) {
        case (.after(let duration), true): "restarted after \(duration.words)"
        case (.after(let duration), false): "for \(duration.words)"
        case (.lastPhase, true): "restarted in the last phase"
        case (.lastPhase, false): "until the last phase"
        case (.never, _): "never restarted"
        }
    }
}
