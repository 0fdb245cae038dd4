import Checkers
import Clusters
import Determinism
import Foundation
public import RunStore
import SSHTransport
import Systems
import Workloads

/// A run that is over, as far as it went.
public struct EndedRun: Sendable {
    /// What it left.
    public var directory: RunDirectory
    /// The record of its end, when that could not be written: what is on disk tells of its beginning.
    public var unwritten: RunRecord?

    /// A run that has written its record.
    public init(directory: RunDirectory) { self.directory = directory }

    init(directory: RunDirectory, unwritten: RunRecord?) {
        self.directory = directory
        self.unwritten = unwritten
    }
}

/// Runs a workload from its file to a stored history, and leaves the hosts as they were.
///
/// Problems on the way become part of the run's status; an error is thrown only when there is no run to speak of. The
/// history is not judged here: that is done from what was stored.
public func runWorkload(
    _ options: RunOptions, interruption: Interruption, progress: @escaping @Sendable (RunProgress) -> Void
) async throws -> EndedRun {
    var workload = try loadWorkload(options.workload).setting(options.systemOptions)
    if options.isRandomSearch { workload = workload.randomSearch }
    if options.isSwarm { workload = workload.swarmed(seed: options.seed) }
    let plan = workload.plan(seed: options.seed).excerpt(options.excerpt)
    let system = try makeSystem(workload, nodes: plan.nodes)
    if let guarantees = options.guarantees, !guarantees.contains(where: workload.expectations.keys.contains) {
        throw RunFailure(
            .usage, "\(workload.file) names none of \(guarantees.map(\.rawValue).joined(separator: ", "))",
            advice: "it names \(workload.expectations.keys.map(\.rawValue).sorted().joined(separator: ", "))")
    }
    if options.place == .simulation { return try simulate(plan, system, options, progress) }
    try checkPowerCuts(plan, system)
    if workload.network.duplicates > 0 || workload.network.late > 0 {
        throw RunFailure(
            .usage, "\(workload.file): network: only a simulated network doubles messages or makes some late",
            advice: "use --simulate, or leave duplicates and late out: hosts can have loss and delay")
    }
    if plan.hasDamage {
        throw RunFailure(
            .usage, "\(workload.file): damage: only a simulated disk can be made to damage what it holds",
            advice: "use --simulate")
    }
    // Before there is a directory of the run: what is wrong with the words of the user leaves nothing behind.
    let place = try hosts(options.place, for: workload)
    let clockAccess = try ClockAccess.find(plan, system, hosts: place.listed)
    let programs = try options.programs.load(["inquest-agent"] + system.traits.programs)
    let started = Date()
    let directory = try makeDirectory(options, workload, started)
    let session = try RunSession(
        options: options, plan: plan, system: system, programs: programs, directory: directory,
        clockAccess: clockAccess, started: started, interruption: interruption, progress: progress)
    switch place {
    case .named(let hosts, let file): await session.run(on: hosts, detail: file)
    case .lab(let count):
        progress(.phase("lab of \(count) hosts"))
        if count > workload.hosts {
            progress(.message("\(workload.file) uses \(workload.hosts) of the \(count) hosts"))
        }
        do {
            try await withLab(LabOptions(hosts: count)) { lab in
                await session.run(on: Array(lab.hosts.prefix(workload.hosts)), detail: lab.id)
            }
        } catch let error as LabError {
            session.fail(error.code == .unavailable ? .unsupported : .harnessError, "\(error)")
        }
    }
    return EndedRun(directory: directory, unwritten: session.finish())
}

/// On hosts a power cut needs nodes that lose what is not durable: a kernel would keep it for them.
private func checkPowerCuts(_ plan: Plan, _ system: any SystemUnderTest) throws(RunFailure) {
    guard plan.hasPowerCuts else { return }
    guard let system = system as? any PowerCuttable else {
        throw RunFailure(
            .usage, "\(plan.workload.file): power-cut: the nodes of \(system.traits.name) keep what they wrote",
            advice: "use kill, a node of this repository with disk: buffered, or --simulate")
    }
    guard system.losesWhatIsNotDurable else {
        throw RunFailure(
            .usage, "\(plan.workload.file): power-cut needs nodes that lose what is not durable",
            advice: "give \(system.traits.name) the option disk: buffered, or use --simulate")
    }
}

/// The directory of a new run.
func makeDirectory(_ options: RunOptions, _ workload: Workload, _ started: Date) throws(RunFailure) -> RunDirectory
{
    do throws(StoreError) {
        return try RunDirectory.create(in: options.reports, name: workload.name, at: started)
    } catch {
        throw RunFailure(.storage, "\(error)")
    }
}

/// Why there is nothing to read at a path.
private func unreadable(_ path: String) -> String {
    var isDirectory: ObjCBool = false
    guard unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
        return "there is no file \(path)"
    }
    return isDirectory.boolValue ? "\(path) is a directory" : "\(path) cannot be read"
}

/// The text of a file that the user named.
func readText(_ path: String) throws(RunFailure) -> String {
    guard let bytes = FileManager.default.contents(atPath: path) else {
        throw RunFailure(.usage, unreadable(path), advice: "inquest workloads lists those that come with it")
    }
    return String(decoding: bytes, as: UTF8.self)
}

/// Reads and checks a workload file.
func loadWorkload(_ path: String) throws(RunFailure) -> Workload {
    let text = try readText(path)
    do throws(WorkloadError) {
        return try Workload.load(text: text, file: path)
    } catch {
        throw RunFailure(.malformed, "\(error)")
    }
}

/// The system of a workload with its options; what is wrong with them is said with file and line.
func makeSystem(_ workload: Workload, nodes: [String]) throws(RunFailure) -> any ClusterControl.System {
    let choice = workload.system
    do throws(SystemOptionError) {
        return try SystemCatalog.named(choice.kind).system(options: choice.optionValues, nodes: nodes)
    } catch {
        let option = choice.options.first { $0.name == error.option }
        let line = (option?.position ?? choice.position).line
        throw RunFailure(.malformed, "\(workload.file):\(line): system \(choice.kind): \(error)")
    }
}

/// The hosts of a run, or how many of them a lab has to make.
enum RunHosts {
    case named([ClusterHost], file: String)
    case lab(Int)

    /// The hosts of a hosts file.
    var listed: [ClusterHost]? { if case .named(let hosts, _) = self { hosts } else { nil } }
}

/// The place that the user chose, if it has what the workload needs.
func hosts(_ place: RunOptions.Place, for workload: Workload) throws(RunFailure) -> RunHosts {
    switch place {
    case .lab(let count?) where count < workload.hosts:
        throw RunFailure(
            .usage, "--lab \(count) is too small: \(workload.file) needs \(workload.hosts) hosts",
            advice: "leave the number out: the workload says how many")
    case .lab(let count): return .lab(count ?? workload.hosts)
    case .simulation: preconditionFailure("a simulated run has no hosts")
    case .hosts(let file): return .named(try inventory(file, for: workload), file: file)
    }
}

private func inventory(_ file: String, for workload: Workload) throws(RunFailure) -> [ClusterHost] {
    guard FileManager.default.contents(atPath: file) != nil else {
        throw RunFailure(.usage, unreadable(file), advice: "docs/hosts-file.md says what belongs in it")
    }
    let hosts: [ClusterHost]
    do throws(InventoryError) {
        hosts = try HostInventory.load(file).hosts
    } catch {
        throw RunFailure(.malformed, "\(error)")
    }
    guard hosts.count >= workload.hosts else {
        throw RunFailure(
            .usage, "\(file) has \(hosts.count) hosts, and \(workload.file) needs \(workload.hosts)",
            advice: "add hosts, or take a workload for fewer")
    }
    let used = Array(hosts.prefix(workload.hosts))
    // Before anything is begun: a passphrase that is not there is a matter of the user's words.
    for host in used { _ = try SSHHost(host) }
    return used
}
