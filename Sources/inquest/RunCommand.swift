import ArgumentParser
import Glibc
import RunStore
import Runner

/// Where hosts come from; shared by commands that run something.
struct PlaceOptions: ParsableArguments {
    @Option(
        name: .customLong("lab"),
        help: ArgumentHelp(
            "Make a local lab of so many hosts for the run, and remove it afterwards.", valueName: "n"))
    var lab: Int?

    @Option(help: ArgumentHelp("Use the hosts of this file (see docs/hosts-file.md).", valueName: "file"))
    var hosts: String?

    @Flag(
        help: """
            No hosts: the whole cluster in this process, under virtual time, with the same workload, faults and checkers. A             seed gives the same history each time. For the nodes of this repository; needs no root.
            """)
    var simulate = false

    /// Neither option means a local lab of the size that the workload asks for.
    func place() throws -> RunOptions.Place {
        let chosen = [lab != nil, hosts != nil, simulate].count { $0 }
        guard chosen <= 1 else { throw ValidationError("--lab, --hosts and --simulate exclude each other") }
        if let lab, !(1...32).contains(lab) { throw ValidationError("--lab takes 1 to 32 hosts") }
        if let hosts { return .hosts(file: hosts) }
        return simulate ? .simulation : .lab(hosts: lab)
    }
}

/// Options of every command that deploys.
struct DeployOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Where the reports go.", valueName: "directory"))
    var out = "reports"

    @Option(
        help: ArgumentHelp(
            "Where the programs are that are deployed to hosts.", discussion: "Default: beside this one.",
            valueName: "directory"))
    var programs: String?

    var directory: ProgramDirectory { programs.map(ProgramDirectory.init) ?? .beside }
}

struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run a workload: deploy, apply faults, record, heal, check, report.",
        discussion: """
            Without --lab and --hosts the run makes a local lab of the size that the workload needs, and removes it \
            afterwards; that takes root. Ctrl-C heals, checks what there is, and says so.

              inquest run workloads/oracle/SL40.yaml
              inquest run my-workload.yaml --hosts hosts.yaml --seed 7
              inquest run workloads/oracle/SL40.yaml --simulate --seeds 1000
            """)

    @Argument(help: ArgumentHelp("The workload file; see docs/workload-file.md.", valueName: "workload.yaml"))
    var workload: String

    @OptionGroup var place: PlaceOptions
    @OptionGroup var deploy: DeployOptions

    @Option(help: "Every random choice of the run derives from this number. Default: a new one, which is printed.")
    var seed: UInt64?

    @Option(
        help: ArgumentHelp(
            "Simulate so many seeds, from --seed on, on all cores, and store none of them.",
            discussion:
                "What is expected to hold must hold for each, what is expected to break must break for one.",
            valueName: "n"))
    var seeds: Int?

    @Flag(help: "Print verdict.json instead of text; progress goes to standard error.")
    var json = false

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "Effectors of the agents that only pretend (net-drop, stop, kill, cont), to see evidence fail.",
            valueName: "effector", visibility: .hidden))
    var sabotage: [String] = []

    func validate() throws {
        guard let seeds else { return }
        guard place.simulate else { throw ValidationError("--seeds needs --simulate") }
        guard (1...100_000_000).contains(seeds) else { throw ValidationError("--seeds takes 1 to 100,000,000") }
    }

    func run() async throws {
        let seed = seed ?? UInt64.random(in: 1...999_999_999)
        if let seeds { return try await run(SeedsRun(workload: workload, first: seed, count: seeds)) }
        let options = RunOptions(
            workload: workload, seed: seed, place: try place.place(), reports: deploy.out,
            programs: deploy.directory, sabotage: sabotage)
        let judged = try await performRun(options)
        if json {
            standardOutput(judged.verdicts.bytes)
        } else {
            standardOutput("\(judged.text)\n\(judged.place)\nagain:  \(judged.command)\n")
        }
        throw ArgumentParser.ExitCode(judged.verdicts.exitCode.rawValue)
    }
}

extension RunCommand {
    private func run(_ seeds: SeedsRun) async throws {
        let start = (wall: ContinuousClock.now, cpu: processorSeconds())
        let tally = try await seeds.run()
        if json {
            standardOutput(try seeds.json(tally))
        } else {
            let wall = (ContinuousClock.now - start.wall) / .seconds(1)
            standardOutput(seeds.text(tally, wall: wall, cpu: processorSeconds() - start.cpu))
        }
        throw ArgumentParser.ExitCode(tally.exitCode.rawValue)
    }
}

/// Runs a workload, judges what was stored, and writes the report.
func performRun(_ options: RunOptions) async throws -> JudgedRun {
    let progress = TerminalProgress(isTerminal: isTerminal(2), opening: "seed \(options.seed)")
    let ended = try await withInterruption {
        try await runWorkload(options, interruption: interruption) { progress.show($0) }
    }
    progress.show(.phase("check"))
    defer { progress.end() }
    return try JudgedRun(ended)
}
