import Checkers
import Faults
import Testing
import Workloads

@Suite("Committed workload files")
struct CommittedWorkloadTests {
    static let all =
        CommittedFiles.workloads("workloads") + CommittedFiles.workloads("workloads/oracle")
        + CommittedFiles.workloads("workloads/kinds") + CommittedFiles.workloads("workloads/controls")

    @Test("there are the demonstrations, both Redis files, both measurements and the faults of groups")
    func count() {
        #expect(CommittedFiles.workloads("workloads").count >= 10)
        #expect(CommittedFiles.workloads("workloads/kinds").count == 14)
    }

    @Test("every file loads, plans, and is named as its file", arguments: all)
    func loads(path: String) throws {
        let workload = try CommittedFiles.workload(path)
        #expect(path.hasSuffix("/\(workload.name).yaml"))
        #expect(!workload.description.isEmpty)
        #expect(workload.plan(seed: 1).clients > 1)
    }

    /// The rows that must have a scenario, by the design that they are about.
    static let rows = [
        "SL": Array(1...14) + Array(20...24) + [30, 31] + Array(40...51) + Array(60...64)
            + [70, 71, 80, 90, 91, 92, 93, 94, 95, 96],
        "CH": Array(1...9),
        "RA": Array(1...9),
        "ML": Array(1...21),
        "LL": Array(1...17),
    ]

    @Test("the rows of each design have scenarios", arguments: rows.keys.sorted())
    func covered(design: String) {
        let found = Set(Self.scenarios.map { $0.prefix(4) })
        for number in Self.rows[design, default: []] {
            #expect(found.contains("\(design)\(number < 10 ? "0" : "")\(number)"))
        }
    }

    /// The names of the scenarios that follow a row, without their repaired twins.
    static let scenarios = CommittedFiles.workloads("workloads/oracle")
        .compactMap { $0.split(separator: "/").last.map { String($0.dropLast(5)) } }
        .filter { !$0.hasSuffix("-repaired") }

    @Test("the expectations of an oracle scenario are its row of the matrix", arguments: scenarios)
    func oracle(name: String) throws {
        let rows = OracleRow.parse(try CommittedFiles.text("docs/oracle.csv"))
        let row = try #require(rows.first { $0.id == name.split(separator: "-").first.map(String.init) })
        #expect(try CommittedFiles.workload("workloads/oracle/\(name).yaml").expectations == row.expectations)
    }

    @Test("the scenario of a kind that breaks something differs in one line from the one that does not")
    func kinds() throws {
        let files = CommittedFiles.workloads("workloads/kinds")
        for path in files where files.contains(path.replacing(".yaml", with: "-repaired.yaml")) {
            let workload = try CommittedFiles.workload(path)
            let twin = try CommittedFiles.workload(path.replacing(".yaml", with: "-repaired.yaml"))
            #expect(workload.expectations.values.contains(.invalid))
            #expect(twin.expectations.values.allSatisfy { $0 == .valid })
            #expect(differences(workload, twin) == 1, "\(path)")
        }
    }

    @Test("every scenario with a violation has a repaired twin that differs in one line and must be valid")
    func twins() throws {
        for path in CommittedFiles.workloads("workloads/oracle") where !path.contains("-repaired") {
            let workload = try CommittedFiles.workload(path)
            let twinPath = path.replacing(".yaml", with: "-repaired.yaml")
            guard workload.expectations.values.contains(.invalid) else {
                #expect(!CommittedFiles.workloads("workloads/oracle").contains(twinPath))
                continue
            }
            let twin = try CommittedFiles.workload(twinPath)
            #expect(twin.expectations == [Guarantee: ExpectedVerdict](allOf: .valid))
            #expect(differences(workload, twin) == 1, "\(twinPath) changes one option")
        }
    }

    /// How many of system, policy and steps differ.
    private func differences(_ workload: Workload, _ twin: Workload) -> Int {
        guard case .scenario(let steps) = workload.work, case .scenario(let others) = twin.work else { return -1 }
        let changed = zip(steps, others).count { $0.action != $1.action }
        return changed + abs(steps.count - others.count) + (workload.reads == twin.reads ? 0 : 1)
            + (workload.session == twin.session ? 0 : 1)
            + (options(workload) == options(twin) ? 0 : 1) + (workload.hosts == twin.hosts ? 0 : 1)
    }

    private func options(_ workload: Workload) -> [[String]] {
        workload.system.options.map { [$0.name, $0.value] }
    }

    @Test("a random search destroys a leader among several when nothing is under way and nobody hears it any more")
    func destroyedApart() throws {
        let search = try CommittedFiles.workload("workloads/oracle/ML15.yaml").randomSearch
        let load = try #require(search.load)
        let death = try #require(load.schedule.faults.first { $0.end == .never })
        let cut = try #require(load.schedule.faults.first { $0.end == .lastPhase })
        let quiet = try #require(load.quiet.first)
        #expect(cut.kind == .partition(.groups([["n1"]]), .peer) && death.target == .named(["n1"]))
        #expect(quiet.from + .milliseconds(500) < cut.at && cut.at < quiet.from + quiet.length)
        #expect(quiet.from + quiet.length + .milliseconds(500) < death.at)
        #expect(search.expectations[.convergence] == .valid && !search.isExempt(.convergence))
        // Where nothing is to be lost it dies with nothing under way.
        let ring = try #require(try CommittedFiles.workload("workloads/oracle/ML16.yaml").randomSearch.load)
        let window = try #require(ring.quiet.first)
        let end = try #require(ring.schedule.faults.first)
        #expect(ring.schedule.faults.count == 1 && end.end == .never)
        #expect(window.from + .milliseconds(500) < end.at && end.at < window.from + window.length)
    }

    @Test("the control of the third demonstration is the same plan without the partition")
    func control() throws {
        let partitioned = try load("workloads/demo-3-async-failover-partitioned.yaml")
        let control = try load("workloads/demo-3-async-failover-control.yaml")
        var same = partitioned
        same.schedule = FaultSchedule(partitioned.schedule.faults.filter { $0.id != "cut" })
        #expect(partitioned.schedule.faults.count == 2)
        #expect(same == control)
    }

    @Test("in the third demonstration the leader dies cut off, with nothing under way")
    func demonstration() throws {
        let load = try load("workloads/demo-3-async-failover-partitioned.yaml")
        let (cut, crash) = (load.schedule.faults[0], load.schedule.faults[1])
        let quiet = try #require(load.quiet.first)
        #expect(cut.at < quiet.from && crash.at > quiet.from + .milliseconds(500))
        #expect(crash.at < cut.at + (cut.duration ?? .zero))
        #expect(crash.at + (load.failover?.after ?? .zero) < quiet.from + quiet.length)
    }

    private func load(_ path: String) throws -> Load {
        let workload = try CommittedFiles.workload(path)
        return try #require(workload.load, "\(path) has no random load")
    }
}

extension [Guarantee: ExpectedVerdict] {
    init(allOf expectation: ExpectedVerdict) {
        self.init(uniqueKeysWithValues: Guarantee.standard.map { ($0, expectation) })
    }
}
