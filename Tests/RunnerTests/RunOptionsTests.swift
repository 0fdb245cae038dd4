import Clients
import RunStore
import Testing
import Workloads

@testable import Runner

@Suite struct RunOptionsTests {
    static func command(_ place: RunOptions.Place, _ workload: String = "w.yaml") -> String {
        RunOptions(workload: workload, seed: 7, place: place).command
    }

    @Test func `the command to run again is what the program takes`() {
        #expect(Self.command(.lab(hosts: nil)) == "inquest run w.yaml --seed 7")
        #expect(Self.command(.lab(hosts: 5)) == "inquest run w.yaml --lab 5 --seed 7")
        #expect(Self.command(.hosts(file: "my hosts")) == "inquest run w.yaml --hosts 'my hosts' --seed 7")
        #expect(Self.command(.lab(hosts: nil), "it's") == #"inquest run 'it'\''s' --seed 7"#)
    }

    @Test(arguments: [
        (RunFailure.Code.usage, Int32(64)), (.malformed, 65), (.cannotStart, 3), (.unsupported, 3), (.storage, 3),
    ])
    func `each failure has its exit code`(code: RunFailure.Code, exit: Int32) {
        #expect(RunFailure(code, "m").exitCode == exit)
    }

    @Test func `a failure says what to do on a line of its own`() {
        #expect("\(RunFailure(.usage, "no", advice: "do"))" == "no\n  do")
    }

    @Test func `of several runs the gravest code counts`() {
        #expect(ExitCode.combined([.met, .unknown, .harness, .violation]) == .violation)
        #expect(ExitCode.combined([.unknown, .harness, .met]) == .harness)
        #expect(ExitCode.combined([.met, .unknown]) == .unknown)
        #expect(ExitCode.combined([.met]) == .met)
    }

    @Test func `every read policy of workloads is the same one of clients`() {
        for policy in Workloads.ReadPolicy.allCases {
            #expect(Clients.ReadPolicy(policy).rawValue == policy.rawValue)
        }
    }

    @Test func `a file that is not there, or no workload, is refused`() {
        #expect(throws: RunFailure.self) { try loadWorkload("/nowhere.yaml") }
        #expect(throws: RunFailure.self) { try loadWorkload("/dev/null") }
    }

    @Test func `a program that is missing is named, with how to build it`() {
        #expect {
            try ProgramDirectory(path: "/nowhere").load(["node-single"])
        } throws: { error in
            "\(error)".contains("node-single in /nowhere") && "\(error)".contains("swift build")
        }
    }

    // MARK: Interruption

    @Test func `a request ends what is watched, and what goes on after it is told by its count`() async throws {
        let interruption = Interruption()
        interruption.request()
        let cut: Bool? = try await interruption.watching {
            try await Task.sleep(for: .seconds(60))
            return true
        }
        #expect(cut == nil)
        #expect(try await interruption.watching(after: 1) { true } == true)
        await #expect(throws: RunFailure.self) {
            try await interruption.watching(after: 1) { throw RunFailure(.usage, "m") }
        }
    }

    @Test func `a run that ends itself ends no other`() {
        let user = Interruption()
        let run = Interruption(within: user)
        run.request()
        #expect(run.isRequested && !user.isRequested)
        let other = Interruption(within: user)
        user.request()
        #expect(other.isRequested && run.count == 2)
    }

    @Test func `a problem that comes twice is noted once`() {
        let problems = Problems()
        problems.add(Problem(.harnessError, "m"))
        problems.add(Problem(.harnessError, "m"))
        #expect(problems.all.count == 1)
    }
}
