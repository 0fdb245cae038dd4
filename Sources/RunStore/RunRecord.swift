public import FoundationEssentials

/// `run.json`: what was run, where, with what, and how the run itself went. All times are nanoseconds from its start.
public struct RunRecord: Hashable, Sendable, Codable {
    /// The version of the files' format that this code writes.
    public static let currentFormat = 1

    public var format: Int
    public var name: String
    public var description: String
    /// Wall time of the controller, to the second.
    public var startedAt: Date
    /// From the start to the end of the last phase; 0 while it runs.
    public var duration: Int64
    /// Every random choice of the run derives from it.
    public var seed: UInt64
    /// What to type to run it again.
    public var command: String
    /// The path of the workload file as it was given.
    public var workloadPath: String
    /// The workload file, word for word.
    public var workload: String
    public var system: SystemRecord
    public var place: PlaceRecord
    public var nodes: [NodeRecord]
    public var binaries: [BinaryRecord]
    public var controllerVersion: String
    /// The kernel of the hosts, as `uname -sr` says it.
    public var kernel: String
    /// How many client processes worked at a time.
    public var clients: Int
    public var phases: [PhaseRecord]
    public var expectations: Expectations
    /// The least counts that make a `valid` credible, by the name of the opportunity; the defaults are not repeated.
    public var minimums: [String: Int]
    /// Names of planned faults that take the whole service away, so that nothing can be answered while they last.
    public var faultsWithoutService: [String]
    public var status: RunStatus

    public init(
        name: String, description: String = "", startedAt: Date, duration: Int64 = 0, seed: UInt64,
        command: String, workloadPath: String = "", workload: String = "", system: SystemRecord,
        place: PlaceRecord, nodes: [NodeRecord] = [], binaries: [BinaryRecord] = [],
        controllerVersion: String = "", kernel: String = "", clients: Int = 0,
        phases: [PhaseRecord] = [], expectations: Expectations = Expectations(),
        minimums: [String: Int] = [:], faultsWithoutService: [String] = [],
        status: RunStatus = RunStatus(.running)
    ) {
        format = Self.currentFormat
        self.name = name
        self.description = description
        self.startedAt = startedAt
        self.duration = duration
        self.seed = seed
        self.command = command
        self.workloadPath = workloadPath
        self.workload = workload
        self.system = system
        self.place = place
        self.nodes = nodes
        self.binaries = binaries
        self.controllerVersion = controllerVersion
        self.kernel = kernel
        self.clients = clients
        self.phases = phases
        self.expectations = expectations
        self.minimums = minimums
        self.faultsWithoutService = faultsWithoutService
        self.status = status
    }
}
