@testable import Replication

extension Replica {
    /// Whether it was woken at that moment, did nothing, and wants to be woken at once: a real node would keep a processor busy.
    func isRestless(after input: ReplicaInput, _ effects: [ReplicaEffect], at time: NodeTime) -> Bool {
        guard case .tick = input, effects.isEmpty else { return false }
        return nextWake <= time.monotonic
    }
}
