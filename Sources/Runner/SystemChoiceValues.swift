import Clients
import HistoryModel
import Workloads

extension SystemChoice {
    /// The options as systems read them: whole numbers as numbers, everything else as text.
    var optionValues: Value {
        .object(
            options.map { option in
                Value.Member(option.name, Int64(option.value).map(Value.int) ?? .string(option.value))
            })
    }
}

extension Clients.ReadPolicy {
    /// What a workload file chooses, as clients take it: the one of workloads also places the reads of scenarios.
    init(_ chosen: Workloads.ReadPolicy) {
        switch chosen {
        case .leader: self = .leader
        case .any: self = .any
        case .follower: self = .follower
        case .sticky: self = .sticky
        }
    }
}
