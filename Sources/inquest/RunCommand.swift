public import ArgumentParser
import Checkers
import Glibc
import RunStore
public import Runner
public import Workloads

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
            No hosts: the whole cluster in this process, under virtual time, with the same workload, faults and \
            checkers. A seed gives the same history each time. For the nodes of this repository; needs no root.
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
            discussion: """
                What is expected to hold must not break for any, what is expected to break must break for one (exit \
                code 1). What is unknown in more than half of the seeds, and was not seen to break, is unknown (2). \
                The summary counts the seeds in which something was unknown.
                """,
            valueName: "n"))
    var seeds: Int?

    @Flag(
        help: """
            Simulate with a mix of faults and operations that the seed chooses: faults are left out and shifted, weights \
            and rates differ.
            """)
    var swarm = false

    @Flag(
        help: """
            Simulate a random load on the configuration of the file's scenario, with its faults, instead of the scenario.
            """)
    var random = false

    @Flag(
        help: """
            Simulate the seed, look for the smallest part of its plan that still violates what it violates, and store the \
            run of that part.
            """)
    var minimize = false

    @Option(
        help: ArgumentHelp(
            "Simulate a part of the plan, as --minimize names it: without=FAULT,...;until=2.5s;only=1-3,17",
            discussion: "`only` counts the operations of a load, or the steps of a scenario, from 1.",
            valueName: "part"))
    var excerpt: PlanExcerpt?

    @Option(
        help: ArgumentHelp(
            "Of the guarantees that the workload names, judge these only, separated by commas.",
            valueName: "guarantee,..."))
    var guarantee: String?

    @Option(
        name: .customLong("option"),
        help: ArgumentHelp(
            "Set an option of the system otherwise than the file says; may be given again.", valueName: "name=value"
        ))
    var options: [SystemSetting] = []

    @Flag(help: "Print verdict.json instead of text; progress goes to standard error.")
    var json = false

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "Effectors of the agents that only pretend (net-drop, stop, kill, cont), to see evidence fail.",
            valueName: "effector", visibility: .hidden))
    var sabotage: [String] = []

    func validate() throws {
        let simulated = [
            ("--seeds", seeds != nil), ("--swarm", swarm), ("--random", random), ("--minimize", minimize),
            ("--excerpt", excerpt != nil),
        ]
        for (name, isGiven) in simulated where isGiven && !place.simulate {
            throw ValidationError("\(name) needs --simulate")
        }
        if minimize, seeds != nil || excerpt != nil {
            throw ValidationError("--minimize takes one seed and its whole plan: leave --seeds and --excerpt out")
        }
        guard let seeds else { return }
        guard excerpt == nil else { throw ValidationError("--excerpt is for one seed: leave --seeds out") }
        guard (1...100_000_000).contains(seeds) else { throw ValidationError("--seeds takes 1 to 100,000,000") }
    }

    func run() async throws {
        let seed = seed ?? UInt64.random(in: 1...999_999_999)
        if let seeds {
            return try await run(
                SeedsRun(
                    workload: workload, first: seed, count: seeds, isSwarm: swarm, isRandomSearch: random,
                    options: self.options))
        }
        var options = RunOptions(
            workload: workload, seed: seed, place: try place.place(), reports: deploy.out,
            programs: deploy.directory, sabotage: sabotage)
        options.isSwarm = swarm
        options.isRandomSearch = random
        options.systemOptions = self.options
        options.guarantees = try guarantee.map(Guarantee.list)
        options.excerpt = excerpt ?? PlanExcerpt()
        if minimize {
            let found = try minimized(seed, among: options.guarantees)
            options.excerpt = found.excerpt
            options.guarantees = [found.guarantee]
        }
        let judged = try await performRun(options)
        if json {
            standardOutput(judged.verdicts.bytes)
        } else {
            standardOutput("\(judged.text)\n\(judged.place)\nagain:  \(judged.command)\n")
        }
        throw ArgumentParser.ExitCode(judged.verdicts.exitCode.rawValue)
    }
}

extension PlanExcerpt: ExpressibleByArgument {
    public init?(argument: String) { self.init(argument) }
}

extension SystemSetting: ExpressibleByArgument {
    public init?(argument: String) { self.init(argument) }
}

extension RunCommand {
    /// The smallest part of the plan that still fails.
    private func minimized(_ seed: UInt64, among guarantees: [Guarantee]?) throws -> MinimizedSeed {
        let simulation = try SeedSimulation(
            file: workload, isSwarm: swarm, isRandomSearch: random, options: options)
        let found = try simulation.minimize(seed: seed, among: guarantees) { attempt in
            if isTerminal(2) { writeError("\r\u{1B}[2Kattempt \(attempt)") }
        }
        if isTerminal(2) { writeError("\r\u{1B}[2K") }
        guard let found else {
            throw RunFailure(
                .usage, "seed \(seed) violates nothing, so there is nothing to make smaller",
                advice: "inquest run \(workload) --simulate --seeds 1000 looks for a seed that does")
        }
        standardError(
            "minimized: \(found.guarantee.rawValue) is violated with \(found.operations.after) operations instead of "
                + "\(found.operations.before), after \(found.attempts) attempts")
        return found
    }

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
