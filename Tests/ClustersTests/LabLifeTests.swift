import Foundation
import Glibc
import HostProcesses
import Synchronization
import Testing

@testable import Clusters

/// Everything that makes a lab, one test after the other: they share this machine's interfaces and processes.
@Suite(.serialized, .needsNamespaces, .timeLimit(.minutes(2))) enum LocalLabTests {
    @Suite(.serialized) struct Life {
        struct Injected: Error {}

        @Test func `up, status, find, exec and down`() async throws {
            let stages = Mutex<[LabStage]>([])
            let lab = try await LocalLab.up(
                LabOptions(hosts: 2) { step in stages.withLock { $0.append(step.stage) } })
            #expect(stages.withLock { $0 } == LabStage.allCases)
            let status = try #require(try await LocalLab.status().labs.first { $0.id == lab.id })
            #expect(status.isPersistent && status.isUp && status.ownerPID == nil)
            #expect(status.hosts.map(\.name) == ["n1", "n2"])
            #expect(status.hosts.map(\.isRunning) == [true, true])
            #expect(status.hosts.map(\.doesSSHAnswer) == [true, true])
            #expect(status.hosts.map(\.address) == lab.hosts.map(\.address))
            let found = try await LocalLab.find(lab.id)
            #expect(
                try await found.run("n2", ["uname", "-n"])
                    == CommandOutput(status: 0, standardOutput: "n2\n", standardError: ""))
            #expect(try await found.run("n1", ["sh", "-c", "cat; exit 7"], input: Array("in".utf8)).status == 7)
            await #expect(throws: LabError(.notFound, "\(lab.id) has no host \"n3\"; it has n1, n2")) {
                try await found.run("n3", ["true"])
            }
            #expect(try await LocalLab.down(.id(lab.id)) == [lab.id])
            #expect(LabTraces(lab.id).isEmpty, "\(LabTraces(lab.id))")
            await #expect(throws: LabError.self) { try await LocalLab.find(lab.id) }
            await #expect(throws: LabError(.notFound, "there is no lab \"\(lab.id)\"; see: inquest lab status")) {
                try await LocalLab.down(.id(lab.id))
            }
        }

        @Test func `the traces of a lab that is up are seen`() async throws {
            let id = try await withLab(LabOptions(hosts: 2)) { lab in
                let traces = LabTraces(lab.id)
                #expect(traces.processes.count >= 7 && traces.interfaces.count == 1)
                #expect(traces.directories == [lab.id, lab.id])
                return lab.id
            }
            #expect(LabTraces(id).isEmpty, "\(LabTraces(id))")
        }

        @Test func `labs side by side do not meet`() async throws {
            try await withLab(LabOptions(hosts: 2)) { (one: Lab) async throws -> Void in
                try await withLab(LabOptions(hosts: 2)) { (two: Lab) async throws -> Void in
                    #expect(one.id != two.id && one.subnet != two.subnet && one.interface != two.interface)
                    for lab in [one, two] {
                        #expect(try await ssh(lab.hosts[1], "uname -n").standardOutput == "n2\n")
                        #expect(try await lab.reaches("n1", lab.hosts[1].address))
                    }
                    #expect(try await !one.reaches("n1", two.hosts[0].address))
                }
                #expect(try await ssh(one.hosts[0], "uname -n").standardOutput == "n1\n")
            }
        }

        @Test func `many starts at once get different networks`() async throws {
            let ids = try await withThrowingTaskGroup(of: String.self) { group in
                for _ in 0..<4 { group.addTask { try await withLab(LabOptions(hosts: 1)) { $0.id } } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            for id in ids { #expect(LabTraces(id).isEmpty, "\(LabTraces(id))") }
        }

        @Test(arguments: LabStage.allCases, [false, true])
        func `a start that fails after any stage leaves nothing`(stage: LabStage, isPersistent: Bool) async throws {
            let before = try machineState()
            let begun = Mutex<String?>(nil)
            var options = LabOptions(hosts: 2)
            options.afterStage = { reached, lab in
                begun.withLock { $0 = lab.id }
                if reached == stage { throw Injected() }
            }
            let frozen = options
            await #expect(throws: LabError.self) {
                if isPersistent {
                    _ = try await LocalLab.up(frozen)
                } else {
                    try await withLab(frozen) { _ in Issue.record("the body must not run") }
                }
            }
            let id = try #require(begun.withLock { $0 })
            #expect(LabTraces(id).isEmpty, "\(LabTraces(id))")
            #expect(try machineState() == before)
        }

        @Test func `a host that cannot boot fails the start with its log`() async throws {
            let begun = Mutex<String?>(nil)
            var options = LabOptions(hosts: 2)
            options.afterStage = { stage, lab in
                begun.withLock { $0 = lab.id }
                guard stage == .keys else { return }
                try "Nonsense yes\n".write(
                    toFile: lab.directory + "/n2/ssh/sshd_config", atomically: true, encoding: .utf8)
            }
            let frozen = options
            let error = await #expect(throws: LabError.self) { _ = try await LocalLab.up(frozen) }
            #expect(error?.code == .startFailed)
            #expect(error?.detail.contains("n2 ended") == true && error?.detail.contains("Nonsense") == true)
            let id = try #require(begun.withLock { $0 })
            #expect(LabTraces(id).isEmpty, "\(LabTraces(id))")
        }

        @Test func `an error of the body goes on and the lab goes away`() async throws {
            let used = Mutex<String?>(nil)
            await #expect(throws: Injected.self) {
                try await withLab(LabOptions(hosts: 1)) { (lab: Lab) async throws -> Void in
                    used.withLock { $0 = lab.id }
                    throw Injected()
                }
            }
            let id = try #require(used.withLock { $0 })
            #expect(LabTraces(id).isEmpty, "\(LabTraces(id))")
        }

        @Test(arguments: LabStage.allCases)
        func `an interrupt at any stage removes the lab`(stage: LabStage) async throws {
            let begun = Mutex<String?>(nil)
            var options = LabOptions(hosts: 2)
            options.afterStage = { reached, lab in
                begun.withLock { $0 = lab.id }
                if reached == stage { kill(getpid(), SIGINT) }
            }
            let frozen = options
            await #expect(throws: InterruptedError(signal: SIGINT)) {
                try await cancellingOnInterrupt {
                    try await withLab(frozen) { _ in try await Task.sleep(for: .seconds(60)) }
                }
            }
            let id = try #require(begun.withLock { $0 })
            #expect(LabTraces(id).isEmpty, "\(LabTraces(id))")
        }

        @Test func `words that make no lab are usage errors`() async throws {
            for count in [0, -1, 33] {
                let error = await #expect(throws: LabError.self) {
                    _ = try await LocalLab.up(LabOptions(hosts: count))
                }
                #expect(error?.code == .badRequest && error?.isUsage == true)
            }
        }
    }
}
