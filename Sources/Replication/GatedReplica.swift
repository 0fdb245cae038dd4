/// A place where a member can be stopped or slowed, by its name.
public protocol NamedGate {
    init?(_ text: String)
    var name: String { get }
    /// The peer it is about, if any.
    var peer: NodeName? { get }
}

extension GateTarget: NamedGate {}
extension RaftGate: NamedGate {}
extension QuorumGate: NamedGate {}

/// A member with gates.
protocol GatedReplica {
    associatedtype Gate: NamedGate
    mutating func setGate(_ gate: Gate, isClosed: Bool) -> AdminOutcome
    mutating func setDelay(_ gate: Gate, _ range: DelayRange?) -> AdminOutcome
}

extension GatedReplica {
    /// What comes of an order about a gate; `nil` for every other order.
    mutating func obeyGate(_ order: AdminOrder) -> AdminOutcome? {
        switch order {
        case .gate(let name, let isClosed):
            guard let gate = Gate(name) else { return .refused("'\(name)' is no gate") }
            return setGate(gate, isClosed: isClosed)
        case .delay(let name, let range):
            guard let gate = Gate(name) else { return .refused("'\(name)' is no gate") }
            return setDelay(gate, range)
        default: return nil
        }
    }
}

/// How a gate stands.
struct GateState {
    var name: String
    var isClosed: Bool
    var delay: DelayRange?
    /// What waits at it.
    var count = 0
}

extension Valve {
    func state(_ name: String) -> GateState {
        GateState(name: name, isClosed: isClosed, delay: delay, count: count)
    }
}

extension [GateState] {
    /// `gates`, those that are closed, and `delays`, in the order of their names.
    var report: [ReportValue.Member] {
        let sorted = sorted { $0.name < $1.name }
        return [
            .init("gates", .list(sorted.filter(\.isClosed).map { .string($0.name) })),
            .init(
                "delays",
                .object(
                    sorted.compactMap { gate in gate.delay.map { .init(gate.name, .string($0.description)) } })),
        ]
    }
}
