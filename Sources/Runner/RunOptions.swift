import Clusters

/// What to run, where, and with what.
public struct RunOptions: Sendable {
    /// Where the hosts come from.
    public enum Place: Hashable, Sendable {
        /// A local lab, made for the run and removed after it.
        case lab(hosts: Int?)
        /// The hosts of a file.
        case hosts(file: String)
    }

    /// The path of the workload file.
    public var workload: String
    public var seed: UInt64
    public var place: Place
    /// Where the run's directory is made.
    public var reports: String
    public var programs: ProgramDirectory
    /// Effectors that only pretend, to test that evidence is missing then.
    public var sabotage: [String]

    public init(
        workload: String, seed: UInt64, place: Place, reports: String = "reports",
        programs: ProgramDirectory = .beside, sabotage: [String] = []
    ) {
        self.workload = workload
        self.seed = seed
        self.place = place
        self.reports = reports
        self.programs = programs
        self.sabotage = sabotage
    }

    /// What to type to run it again.
    var command: String {
        let hosts =
            switch place {
            // Without a word about hosts it is a lab of the size that the workload asks for.
            case .lab(let count): count.map { " --lab \($0)" } ?? ""
            case .hosts(let file): " --hosts \(file)"
            }
        return "inquest run \(workload)\(hosts) --seed \(seed)"
    }
}
