public import Checkers

/// The planted bug that a workload file is to expose, and how the bug must show.
///
/// The file itself is the control: without the bug nothing that is named here may be violated.
public struct MutantExposure: Hashable, Sendable {
    /// The bug's number, such as `M46`; whether there is one is known to the nodes, not here.
    public var mutant: String
    /// Where the file names it.
    public var position: TextPosition
    /// The guarantees that must be violated, all of them in one seed.
    public var flagged: [Guarantee]
    /// What nodes must write into their event logs, such as `refused-data`, and must not without the bug.
    public var events: [String]
    /// How many seeds are tried at most: 1 where the setting is sure.
    public var seeds: Int
    /// The option of the system that switches the bug on.
    public var option: String
    /// Another workload file that is the setting, relative to this one; `nil`: this file is.
    public var scenario: String?

    /// The most seeds that a file may ask for.
    public static let seedLimit = 100_000
}

/// A file of the catalogue of planted bugs: a setting and the bug that it exposes.
public struct MutantEntry: Hashable, Sendable {
    public var exposure: MutantExposure
    /// The setting; `nil` if it is in the file that `exposure.scenario` names.
    public var workload: Workload?
}

extension MutantEntry {
    /// Reads a file of the catalogue; `file` is its name for messages.
    public static func load(text: String, file: String) throws(WorkloadError) -> MutantEntry {
        let complaints = Complaints(file: file)
        let entry = TextTree.read(text, complaints).flatMap { tree in
            var reader = WorkloadReader(file: file, complaints: complaints)
            return reader.entry(tree)
        }
        try complaints.check()
        guard let entry else { preconditionFailure("a file without complaints is an entry") }
        return entry
    }
}

extension Workload {
    /// This workload with an option of its system set to a value, whatever the file says of it.
    public func setting(_ option: String, to value: String) -> Workload {
        var workload = self
        workload.system.options.removeAll { $0.name == option }
        workload.system.options.append(SystemOption(option, value, position: system.position))
        return workload
    }

    /// Why this workload does not do as the setting that exposes a bug; `nil` if it does.
    public func misfit(_ exposure: MutantExposure) -> String? {
        if system[exposure.option] != nil {
            return "the option \(exposure.option) is set by the campaign: without it the file is the control"
        }
        let open = exposure.flagged.first { expectations[$0] != .valid }
        return open.map { "\($0.rawValue) is to be expected valid in the setting, for that is the control" }
    }
}
