import Workloads

/// A workload file in a few words, for lists.
public struct WorkloadSummary: Sendable {
    public let name: String
    public let text: String

    /// Reads the file; throws what `run` would throw for it.
    public init(file: String) throws(RunFailure) {
        let workload = try loadWorkload(file)
        _ = try makeSystem(workload, nodes: Workload.nodeNames(hosts: workload.hosts))
        name = workload.name
        let place = "\(workload.system.kind), \(workload.hosts) hosts"
        let words = workload.description.split(whereSeparator: \.isNewline).joined(separator: " ")
        text = words.isEmpty ? place : "\(place): \(words)"
    }
}
