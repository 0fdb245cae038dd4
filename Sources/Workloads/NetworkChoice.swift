public import Faults

/// How bad the network between nodes is from the first moment on: in simulation to the last phase and in it, on hosts until
/// the last phase, as by a fault.
public struct NetworkChoice: Hashable, Sendable {
    /// Of a thousand messages that stand alone, how many are lost; those of streams come later instead.
    public var loss = 0
    /// Of a thousand messages that stand alone, how many come twice.
    public var duplicates = 0
    /// Of a thousand messages, how many are so late that others overtake them; streams keep their order.
    public var late = 0
    /// How long a message takes; `nil` leaves it to the simulator.
    public var delay: ClosedRange<Duration>?

    /// Whether each seed has this network, also where seeds differ in everything else.
    var isFixed = false

    /// The largest share of any trouble, in a thousand: beyond half nothing works, and nothing is learned.
    public static let shareLimit = 500

    public init() {}

    /// The same as a fault on all nodes, as hosts have it; `nil` where there is no trouble.
    public var asFault: PlannedFault? {
        let network = PoorNetwork(loss: loss, delay: delay)
        guard network != PoorNetwork() else { return nil }
        return PlannedFault(id: "network", kind: .network(network), target: .all, at: .zero, end: .lastPhase)
    }
}
