import Foundation
import Glibc
import HostProcesses
import Testing

@testable import Clusters

extension LocalLabTests {
    /// What is left when a controller cannot clean up, and that the next command takes it away.
    @Suite(.serialized) struct Crash {
        @Test(arguments: LabStage.allCases, [false, true])
        func `a controller killed at any stage leaves no process, and the next command removes the rest`(
            stage: LabStage, isPersistent: Bool
        ) async throws {
            let before = try machineState()
            let result = try await #require(
                processExitsWith: .signal(SIGKILL), observing: [\.standardErrorContent]
            ) { [stage, isPersistent] in
                var options = LabOptions(hosts: 2)
                options.afterStage = { reached, lab in
                    guard reached == stage else { return }
                    try FileHandle.standardError.write(contentsOf: Data("killed=\(lab.id)\n".utf8))
                    kill(getpid(), SIGKILL)
                }
                let frozen = options
                if isPersistent {
                    _ = try await LocalLab.up(frozen)
                } else {
                    try await withLab(frozen) { _ in }
                }
            }
            let id = try killedLab(result.standardErrorContent)
            #expect(try await becomesTrue { LabTraces.processes(id).isEmpty }, "\(LabTraces.processes(id))")
            _ = try await LocalLab.status()
            #expect(LabTraces(id).isEmpty, "\(LabTraces(id))")
            #expect(try machineState() == before)
        }

        @Test func `a lab in use goes with its killed controller`() async throws {
            let result = try await #require(
                processExitsWith: .signal(SIGKILL), observing: [\.standardErrorContent]
            ) {
                try await withLab(LabOptions(hosts: 2)) { (lab: Lab) async throws -> Void in
                    _ = try await ssh(lab.hosts[0], "setsid sleep 300 </dev/null >/dev/null 2>&1 &")
                    try FileHandle.standardError.write(contentsOf: Data("killed=\(lab.id)\n".utf8))
                    kill(getpid(), SIGKILL)
                }
            }
            let id = try killedLab(result.standardErrorContent)
            #expect(try await becomesTrue { LabTraces.processes(id).isEmpty }, "\(LabTraces.processes(id))")
            _ = try? await LocalLab.find("lab0")
            #expect(LabTraces(id).isEmpty, "\(LabTraces(id))")
        }

        @Test func `a lab that was brought up outlives the command that did it`() async throws {
            let result = try await #require(
                processExitsWith: .success, observing: [\.standardErrorContent]
            ) {
                let lab = try await LocalLab.up(LabOptions(hosts: 2))
                try FileHandle.standardError.write(contentsOf: Data("killed=\(lab.id)\n".utf8))
            }
            let id = try killedLab(result.standardErrorContent)
            let lab = try await LocalLab.find(id)
            #expect(try await ssh(lab.hosts[1], "uname -n").standardOutput == "n2\n")
            #expect(try await LocalLab.status().removed.contains(id) == false)
            _ = try await LocalLab.down(.id(id))
            #expect(LabTraces(id).isEmpty, "\(LabTraces(id))")
        }

        @Test func `a lab keeps nothing open that its starter had open`() async throws {
            // Not close-on-exec, so that the children of this process get it.
            let kept = unsafe open("/dev/zero", O_RDONLY)
            defer { close(kept) }
            try await withLab(LabOptions(hosts: 1)) { lab in
                let root = try #require(LabRecord.load(LabPlace(id: lab.id))?.root?.pid)
                for process in [root] + ProcessStat.descendants(of: root).map(\.identity.pid) {
                    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/fd")) ?? []
                    let files = names.compactMap { name in
                        try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(process)/fd/\(name)")
                    }
                    #expect(!files.contains("/dev/zero"), "\(commandLine(of: process)): \(files)")
                }
            }
        }

        @Test func `a lab whose namespaces were killed is removed by the next command`() async throws {
            let lab = try await LocalLab.up(LabOptions(hosts: 1))
            let root = try #require(LabRecord.load(LabPlace(id: lab.id))?.root)
            root.kill()
            #expect(try await becomesTrue { !root.isAlive })
            _ = try await LocalLab.status()
            #expect(LabTraces(lab.id).isEmpty, "\(LabTraces(lab.id))")
        }

        @Test func `a removal that was killed half-way is finished by the next command`() async throws {
            let lab = try await LocalLab.up(LabOptions(hosts: 1))
            try FileManager.default.moveItem(atPath: lab.directory, toPath: LabPlace.retired(lab.id))
            _ = try await LocalLab.status()
            #expect(LabTraces(lab.id).isEmpty, "\(LabTraces(lab.id))")
        }

        @Test func `a process that only has the number of a recorded one is left alone`() async throws {
            let bystander = try #require(ProcessIdentity.current)
            var record = LabRecord(
                number: 253, hosts: 1, owner: ProcessIdentity(pid: bystander.pid, start: bystander.start + 1))
            record.root = record.owner
            try FileManager.default.createDirectory(
                atPath: record.place.directory, withIntermediateDirectories: true)
            try record.save()
            let holder = "\(bystander.pid) \(bystander.start + 1)\n"
            try holder.write(toFile: record.place.holder, atomically: true, encoding: .utf8)
            _ = try await LocalLab.status()
            #expect(LabTraces(record.id).isEmpty && bystander.isAlive)
        }

        @Test func `a lab of a running controller cannot be taken down`() async throws {
            try await withLab(LabOptions(hosts: 1)) { (lab: Lab) async throws -> Void in
                let error = await #expect(throws: LabError.self) { try await LocalLab.down(.id(lab.id)) }
                #expect(error?.code == .inUse)
                #expect(try await ssh(lab.hosts[0], "uname -n").standardOutput == "n1\n")
            }
        }

        private func killedLab(_ output: [UInt8]) throws -> String {
            let lines = String(decoding: output, as: UTF8.self).split(separator: "\n")
            return String(try #require(lines.last { $0.hasPrefix("killed=") }).dropFirst(7))
        }
    }
}
