import NodeRuntime
import Replication

/// A node's process and its disk. It is driven by the cluster.
final class SimulatedNode {
    let name: NodeName
    let place: Int
    /// The node whose host it is on: its own, or for an arbiter that of the node beside it.
    let host: NodeName
    var disk = SimulatedDisk()
    /// `nil` while the node is dead.
    var member: (any Replica)?
    /// Grows with each start, so that what was meant for an earlier process does not reach a later one.
    var life = 0
    /// Stopped by a signal: what arrives waits in the kernel.
    var isPaused = false
    var waiting: [ReplicaInput] = []
    /// The clocks of its host, which go on when the process is dead.
    var wall = SkewedClock(isMonotonic: false)
    var monotonic = SkewedClock(isMonotonic: true)
    /// When the next tick is planned.
    var alarm = Int64.max
    /// Connections with other nodes that this side holds open.
    var connections: [ConnectionID: SimulatedConnection] = [:]
    var lastConnection: ConnectionID = 0
    var lastRequest: RequestID = 0
    /// Who waits for which answer.
    var requests: [RequestID: (ClientAnswer) -> Void] = [:]
    /// Clients that lose their connection when the node dies, by request, in the order of the requests.
    var losses: [RequestID: () -> Void] = [:]
    var adminOutcome: AdminOutcome?
    var events: [String] = []

    init(name: NodeName, place: Int, host: NodeName? = nil) {
        self.name = name
        self.place = place
        self.host = host ?? name
    }

    var isAlive: Bool { member != nil }

    func newConnection() -> ConnectionID {
        lastConnection += 1
        return lastConnection
    }

    func newRequest() -> RequestID {
        lastRequest += 1
        return lastRequest
    }
}

/// A connection between two nodes: two ordered streams, reliable as long as nothing cuts them for too long.
final class SimulatedConnection {
    /// One of its ends.
    struct End {
        let node: SimulatedNode
        let life: Int
        let id: ConnectionID
    }

    /// What travels.
    enum Item {
        case message(PeerMessage)
        case close
    }

    let dialler: End
    let listener: End
    /// When the last item of each direction arrives: streams keep their order.
    var arrival: [Int64] = [0, 0]
    /// What waits for the end of a cut, by direction.
    var held: [[Item]] = [[], []]

    init(dialler: End, listener: End) {
        self.dialler = dialler
        self.listener = listener
    }

    /// The direction of what this node sends: 0 from the dialler.
    func direction(from node: SimulatedNode) -> Int { node === dialler.node ? 0 : 1 }

    func source(_ direction: Int) -> End { direction == 0 ? dialler : listener }
    func destination(_ direction: Int) -> End { direction == 0 ? listener : dialler }
}
