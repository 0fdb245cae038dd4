import Workloads

/// A workload file in a few words, for lists.
public struct WorkloadSummary: Sendable {
    public let name: String
    public let text: String

    /// Reads the file; throws what `run` would throw for it.
    public init(file: String) throws(RunFailure) {
        let entry = try? MutantEntry.load(text: readText(file), file: file)
        if let entry, let scenario = entry.exposure.scenario {
            name = entry.exposure.mutant
            text = "the setting for the bug \(name) is \(scenario)"
            return
        }
        let workload = try loadWorkload(file)
        _ = try makeSystem(workload, nodes: Workload.nodeNames(hosts: workload.hosts))
        name = workload.name
        let place = "\(workload.system.kind), \(workload.hosts) hosts"
        let words = workload.description.split(whereSeparator: \.isNewline).joined(separator: " ")
        text = words.isEmpty ? place : "\(place): \(words)"
    }
}
