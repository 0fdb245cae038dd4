import Foundation
import HistoryModel
import HostProcesses
import RunStore
import Testing

extension FailureTests {
    /// Hosts, programs and disks that do not do what a run needs: exit code 3, and a message that says where and what.
    @Suite struct BrokenHosts {
        @Test("a host without a working nft ends a run with partitions before anything is deployed")
        func withoutNFT() async throws {
            let lab = try failureLab()
            #expect(try await lab.on("n2", "mount --bind /dev/null /usr/sbin/nft").status == 0)
            let run: FinishedRun
            do {
                run = try await lab.run("failure-partition")
            } catch {
                _ = try await lab.on("n2", "umount /usr/sbin/nft")
                throw error
            }
            #expect(try await lab.on("n2", "umount /usr/sbin/nft").status == 0)
            #expect(run.output.status == 3, run.said)
            let stored = try run.stored()
            let problems = try #require(stored.record).status.problems
            #expect(problems.map(\.kind) == [.unsupported], run.said)
            #expect(problems.first?.node == "n2")
            #expect(run.text.contains("the plan has partitions, which this host cannot do: nft"), run.said)
            #expect(run.text.contains("install nftables there"))
            #expect(stored.history.operations.isEmpty)
            let left = try await lab.leftovers()
            #expect(left == [])
        }

        @Test("a program that does not start under libfaketime is refused with the reason before it is started")
        func unskewable() async throws {
            let lab = try failureLab()
            let run = try await lab.run("failure-clock")
            #expect(run.output.status == 3, run.said)
            #expect(run.text.contains("the clock of redis-server cannot be skewed: under libfaketime"), run.said)
            #expect(try run.stored().history.operations.isEmpty)
            let left = try await lab.leftovers()
            #expect(left == [])
        }

        @Test("the clock of a lab is not moved, whatever the hosts file says")
        func sharedClock() async throws {
            let lab = try failureLab()
            let hosts = try String(contentsOfFile: lab.hostsFile, encoding: .utf8)
                .replacing("    port:", with: "    clock: own\n    port:")
            let scratch = try Scratch()
            let run = try await lab.run("failure-clock", hosts: try scratch.file("hosts.yaml", hosts))
            #expect(run.output.status == 3, run.said)
            let said = "the clock of this host is not moved: it runs the same kernel as the controller"
            #expect(run.text.contains(said), run.said)
            let left = try await lab.leftovers()
            #expect(left == [])
        }

        @Test("a node that crashes at its start is named with its last words")
        func crashingNode() async throws {
            let lab = try failureLab()
            let scratch = try Scratch()
            for name in ["inquest-agent", "nodectl"] {
                try FileManager.default.createSymbolicLink(
                    atPath: "\(scratch.path)/\(name)", withDestinationPath: "\(Inquest.programs)/\(name)")
            }
            let node = "\(scratch.path)/node-single"
            try "#!/bin/sh\necho 'the flux capacitor is missing' >&2\nexit 1\n"
                .write(toFile: node, atomically: true, encoding: .utf8)
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: node)
            let run = try await lab.run("failure-kill", programs: scratch.path)
            #expect(run.output.status == 3, run.said)
            #expect(run.text.contains("n1 ended with code 1 before it was ready"), run.said)
            #expect(run.text.contains("the flux capacitor is missing"))
            #expect(run.text.contains("logs of the nodes are in "))
            let log = try run.stored().path + "/nodes/n1/stderr.log"
            #expect(try String(contentsOfFile: log, encoding: .utf8).contains("flux capacitor"))
            let left = try await lab.leftovers()
            #expect(left == [])
        }

        @Test("a host that refuses SSH is named with its address, and the others are left alone")
        func refusingHost() async throws {
            let lab = try failureLab()
            let scratch = try Scratch()
            let text = try String(contentsOfFile: lab.hostsFile, encoding: .utf8)
            var blocks = text.components(separatedBy: "  - name:")
            #expect(blocks.count == 4)
            blocks[2] = blocks[2].replacingOccurrences(of: "port: 22\n", with: "port: 2222\n")
            let hosts = "\(scratch.path)/hosts.yaml"
            try blocks.joined(separator: "  - name:").write(toFile: hosts, atomically: true, encoding: .utf8)
            let run = try await lab.run("failure-kill", hosts: hosts)
            #expect(run.output.status == 3, run.said)
            let problems = try #require(try run.stored().record).status.problems
            #expect(problems.map(\.kind) == [.harnessError], run.said)
            let message = try #require(problems.first).sentence
            #expect(message.contains("n2") && message.contains("2222"), "\(message)")
            #expect(message.contains("refused"), "\(message)")
            let left = try await lab.leftovers()
            #expect(left == [])
        }

        /// A run whose reports go to a disk of so many bytes.
        private func run(_ workload: String, onDiskOf size: String) async throws -> FinishedRun {
            let lab = try failureLab()
            let scratch = try Scratch()
            let small = ["mount", "-t", "tmpfs", "-o", "size=\(size)", "tmpfs", scratch.path]
            _ = try await Inquest.command(small).checked(small)
            let run: FinishedRun
            do {
                run = try await lab.run(workload, out: scratch.path)
            } catch {
                _ = try await Inquest.command(["umount", scratch.path])
                throw error
            }
            #expect(try await Inquest.command(["umount", scratch.path]).status == 0)
            return run
        }

        @Test("a full disk on the controller ends the run where it was, heals the hosts, and says what to do")
        func fullDisk() async throws {
            let run = try await run("failure-partition", onDiskOf: "64k")
            #expect(run.output.status == 3, run.said)
            #expect(run.text.contains("No space left on device"), run.said)
            #expect(run.text.contains("history.jsonl"), run.said)
            let left = try await failureLab().leftovers()
            #expect(left == [])
        }

        @Test("a full disk hides no violation: the exit code is 1, and both are said")
        func violationOnFullDisk() async throws {
            let run = try await run("failure-stale", onDiskOf: "128k")
            #expect(run.output.status == 1, run.said)
            #expect(run.text.contains("linearizable is violated, which was not expected"), run.said)
            #expect(run.text.contains("verdict.json: No space left on device"), run.said)
            #expect(run.text.contains("report: none"), run.said)
            let left = try await failureLab().leftovers()
            #expect(left == [])
        }
    }
}
