public import Checkers
import Clusters
public import Workloads

/// What to run, where, and with what.
public struct RunOptions: Sendable {
    /// Where the hosts come from.
    public enum Place: Hashable, Sendable {
        /// A local lab, made for the run and removed after it.
        case lab(hosts: Int?)
        /// The hosts of a file.
        case hosts(file: String)
        /// No hosts: the whole cluster in this process, under virtual time.
        case simulation
    }

    /// The path of the workload file.
    public var workload: String
    public var seed: UInt64
    public var place: Place
    /// Whether the seed chooses another mix of faults and operations than the file's; in simulation only.
    public var isSwarm = false
    /// Whether a random load on the configuration of the file's scenario is run instead of it.
    public var isRandomSearch = false
    /// What is left out of the plan; in simulation only.
    public var excerpt = PlanExcerpt()
    /// Of the guarantees that the file names, those to judge; `nil`: all.
    public var guarantees: [Guarantee]?
    /// Options of the system that are set otherwise than the file says, in this order.
    public var systemOptions: [SystemSetting] = []
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
    public var command: String {
        var words = ["inquest", "run", workload]
        switch place {
        case .lab(let hosts?): words += ["--lab", "\(hosts)"]
        case .lab(nil): break
        case .hosts(let file): words += ["--hosts", file]
        case .simulation:
            words.append("--simulate")
            if isRandomSearch { words.append("--random") }
            if isSwarm { words.append("--swarm") }
            if !excerpt.isWhole { words += ["--excerpt", "\(excerpt)"] }
        }
        for option in systemOptions { words += ["--option", "\(option)"] }
        if let guarantees { words += ["--guarantee", guarantees.map(\.rawValue).joined(separator: ",")] }
        if !sabotage.isEmpty { words += ["--sabotage"] + sabotage }
        return (words + ["--seed", "\(seed)"]).map(Self.quoted).joined(separator: " ")
    }

    /// A word as a shell takes it.
    static func quoted(_ word: String) -> String {
        let isPlain = word.unicodeScalars.allSatisfy { scalar in
            scalar.isASCII
                && (scalar.properties.isAlphabetic || "0123456789/._-+=:,@%".unicodeScalars.contains(scalar))
        }
        return isPlain && !word.isEmpty
            ? word
            : "'"
                + word.split(separator: "'", omittingEmptySubsequences: false)
                .joined(separator: #"'\''"#) + "'"
    }
}

/// An option of the system under test with its value, as `NAME=VALUE`.
public struct SystemSetting: Hashable, Sendable, CustomStringConvertible {
    public var name: String
    public var value: String

    public init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }

    /// Reads `NAME=VALUE`; `nil` if it is not of this form.
    public init?(_ text: String) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else { return nil }
        self.init(String(parts[0]), String(parts[1]))
    }

    public var description: String { "\(name)=\(value)" }
}

extension Workload {
    /// This workload with options of its system set otherwise.
    func setting(_ options: [SystemSetting]) -> Workload {
        options.reduce(self) { $0.setting($1.name, to: $1.value) }
    }
}
