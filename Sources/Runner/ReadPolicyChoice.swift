import Clients
import Workloads

extension Clients.ReadPolicy {
    /// What a workload file chooses, as clients take it: the one of workloads also places the reads of scenarios.
    init(_ chosen: Workloads.ReadPolicy) {
        switch chosen {
        case .leader: self = .leader
        case .any: self = .any
        case .follower: self = .follower
        case .sticky: self = .sticky
        case .local: self = .local
        }
    }
}
