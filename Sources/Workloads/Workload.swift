public import Checkers
public import Faults
public import HistoryModel

/// What a workload file says: the system, what clients do to it, what is done against it, what is expected.
public struct Workload: Hashable, Sendable {
    public var name: String
    /// For people; empty if the file says nothing.
    public var description: String
    /// The file's name as it was given, for messages.
    public var file: String
    public var system: SystemChoice
    /// How many hosts, and so nodes, the run needs.
    public var hosts: Int
    public var reads: ReadPolicy
    public var session = SessionChoice()
    /// What is wrong with the network, where it is simulated.
    public var network = NetworkChoice()
    /// After this long without an answer a client gives up on an operation.
    public var timeout: Duration
    /// After this long without an answer a client sends an operation again, under the same number; `nil`: never.
    public var retryAfter: Duration?
    public var work: Work
    /// The guarantees to check, with what is expected of each; at least one.
    public var expectations: [Guarantee: ExpectedVerdict]
    /// Least opportunity counts by name, instead of the checkers' defaults.
    public var minimums: Minimums

    /// What clients do, at random or step by step.
    public enum Work: Hashable, Sendable {
        case load(Load)
        case scenario([ScenarioStep])
    }
}

extension Workload {
    /// The random load, `nil` for a scenario.
    public var load: Load? { if case .load(let load) = work { load } else { nil } }

    /// The steps of a scenario, `nil` for a random load.
    public var steps: [ScenarioStep]? { if case .scenario(let steps) = work { steps } else { nil } }
}

/// The system under test and its options, as the file has them.
public struct SystemChoice: Hashable, Sendable {
    /// Such as `node-single` or `redis`; which there are is known to the systems, not here.
    public var kind: String
    public var position: TextPosition
    public var options: [SystemOption]

    public init(kind: String, position: TextPosition, options: [SystemOption] = []) {
        self.kind = kind
        self.position = position
        self.options = options
    }

    /// The value of an option, `nil` if the file does not set it.
    public subscript(name: String) -> String? { options.first { $0.name == name }?.value }
}

extension SystemChoice {
    /// The options as systems read them: whole numbers as numbers, everything else as text.
    public var optionValues: Value {
        .object(
            options.map { option in
                Value.Member(option.name, Int64(option.value).map(Value.int) ?? .string(option.value))
            })
    }
}

/// One option of a system; what it means, and whether it exists, is for the system to say.
public struct SystemOption: Hashable, Sendable {
    public var name: String
    public var value: String
    public var position: TextPosition

    public init(_ name: String, _ value: String, position: TextPosition) {
        self.name = name
        self.value = value
        self.position = position
    }
}

/// What is expected of a guarantee. Only the gate looks at it, after the verdicts are there.
public enum ExpectedVerdict: String, Hashable, Sendable, CaseIterable {
    case valid
    case invalid
    /// Both may happen; `unknown` still needs a better run.
    case any
}

/// Least opportunity counts that the file asks for.
public struct Minimums: Hashable, Sendable {
    /// By the name of the count, such as `reads-after-own-write`.
    public var named: [String: Int]
    /// For every count that is not named; `nil` leaves the checkers' own minimums.
    public var others: Int?

    public init(named: [String: Int] = [:], others: Int? = nil) {
        self.named = named
        self.others = others
    }

    /// The minimum of a count, where the file says one.
    public subscript(name: String) -> Int? { named[name] ?? others }

    /// Every count for which the file says a minimum, as `CheckOptions` takes it.
    public var byCount: [String: Int] {
        let known = OpportunityCatalog.rules.compactMap { rule in self[rule.name].map { (rule.name, $0) } }
        return Dictionary(known) { first, _ in first }
    }
}

/// A load of random operations.
public struct Load: Hashable, Sendable {
    public var kinds: [WeightedKind]
    public var clients: Int
    public var rate: Rate
    public var duration: Duration
    /// Windows without new operations, from the start of the clients' work.
    public var quiet: [QuietWindow]
    public var schedule: FaultSchedule
    /// `nil` leaves a dead leader dead.
    public var failover: FailoverPolicy?
}

/// A time without new operations.
public struct QuietWindow: Hashable, Sendable {
    public var from: Duration
    public var length: Duration

    public init(from: Duration, length: Duration) {
        self.from = from
        self.length = length
    }
}

/// How many operations a second all clients do together.
public enum Rate: Hashable, Sendable {
    case perSecond(Int)
    /// As many as the system answers.
    case max
}

/// When the runner makes a follower the leader, and which.
public struct FailoverPolicy: Hashable, Sendable {
    /// Time from the death of the leader to the promotion.
    public var after: Duration
    public var choice: PromotionChoice

    public init(after: Duration, choice: PromotionChoice) {
        self.after = after
        self.choice = choice
    }
}

/// Which node is promoted.
public enum PromotionChoice: Hashable, Sendable {
    /// The reachable follower with the highest timeline and log position.
    case mostAdvanced
    case named(String)
}

extension PromotionChoice: CustomStringConvertible {
    public var description: String {
        switch self {
        case .mostAdvanced: "most-advanced"
        case .named(let node): node
        }
    }
}
