import Foundation
import HostProcesses
import Testing

@testable import Clusters

@Suite("Connections that are cut while a run goes on", .serialized, .needsProgramsAndLab)
struct SSHCutTests {
    @Test("A connection that is cut in the middle of an upload is made again, and the run goes on")
    func upload() async throws {
        try await withSSHLab { lab in
            let waiting = """
                cd /var/lib/inquest
                until size=$(stat -c %s bin/.inquest-upload.* 2>/dev/null) && [ "$size" -gt 100000 ]; do sleep 0.01; done
                \(Cut.sessions)
                echo "$size"
                """
            let (run, words) = try await cut(lab, on: ["n1", "n2"], when: waiting)
            let whole = try #require(
                FileManager.default.attributesOfItem(atPath: "\(Inquest.programs)/inquest-agent")[.size]
                    as? Int)
            for word in words {
                let size = try #require(Int(word.split(separator: "\n").last ?? ""))
                #expect((100_000..<whole).contains(size), "cut when \(size) of \(whole) bytes were there")
            }
            #expect(run.text.contains("connectionLost"), "\(run.text)")
            try expectWhole(run, lab)
        }
    }

    @Test("A connection that is cut while a command starts the agent is made again, and one agent runs")
    func command() async throws {
        try await withSSHLab { lab in
            let waiting = """
                \(Cut.awaitProcess("inquest-agent"))
                \(Cut.sessions)
                """
            let (run, _) = try await cut(lab, on: ["n1", "n2", "n3"], when: waiting)
            try expectWhole(run, lab)
        }
    }

    @Test("Channels to the agents that are cut again and again during the work lose nothing and repeat nothing")
    func work() async throws {
        try await withSSHLab { lab in
            let waiting = """
                \(Cut.awaitProcess("node-single"))
                for i in 1 2 3 4 5 6 7 8 9 10; do
                    sleep 0.5
                    \(Cut.sessions)
                done
                """
            let (run, _) = try await cut(lab, on: ["n1", "n2", "n3"], when: waiting)
            try expectWhole(run, lab)
        }
    }

    @Test("A network that swallows SSH for three seconds holds the run up and does no harm")
    func silence() async throws {
        try await withSSHLab { lab in
            let waiting = """
                \(Cut.awaitProcess("node-single"))
                sleep 1
                \(Cut.silence)
                sleep 3
                nft delete table inet test_silence
                """
            // With this seed the fault is on n2; a fault that comes late behind the silence would not be proven.
            let (run, _) = try await cut(lab, on: ["n3"], when: waiting)
            try expectWhole(run, lab)
        }
    }

    @Test("A host that is never heard of again ends the run with exit code 3 and its name, and heals itself")
    func goneForGood() async throws {
        try await withSSHLab { lab in
            let waiting = """
                \(Cut.awaitProcess("node-single"))
                sleep 1
                \(Cut.silence)
                """
            let (run, _) = try await cut(lab, on: ["n2"], when: waiting, seconds: 180)
            #expect(run.output.status == 3, "\(run.text)")
            #expect(run.text.contains("n2: taking leave of the host"), "\(run.text)")
            #expect(!run.text.contains("Every guarantee held"), "\(run.text)")
            try lab.shell("n2", "nft delete table inet test_silence")
            for host in ["n1", "n2", "n3"] {
                let left = try lab.leftovers(on: host)
                #expect(!left.contains("node-single"), "\(host): \(left)")
                #expect(!left.contains("inquest_"), "\(host): \(left)")
            }
        }
    }

    /// Runs the short workload while scripts on hosts wait for their moment; gives what the scripts printed.
    private func cut(
        _ lab: SSHLab, on hosts: [String], when script: String, seconds: Double = 120
    ) async throws -> (SSHRun, [String]) {
        let text = try lab.hostsText
        return try await withThrowingTaskGroup(of: String.self) { group in
            for host in hosts {
                group.addTask { try await onOwnThread { try lab.shell(host, script, seconds: 60) } }
            }
            let run = try await onOwnThread { try lab.run(text, seconds: seconds) }
            var words: [String] = []
            for try await word in group { words.append(word) }
            return (run, words)
        }
    }

    /// The run ended well, every fault was proven, every node was started once, and nothing is left.
    private func expectWhole(_ run: SSHRun, _ lab: SSHLab) throws {
        #expect(run.output.status == 0, "\(run.text)")
        #expect(run.text.contains("proven"), "\(run.text)")
        for host in ["n1", "n2", "n3"] {
            let starts = run.file("nodes/\(host)/stdout.log").split(separator: "\n").filter {
                $0.hasPrefix("READY")
            }
            #expect(starts.count == 1, "\(host): \(starts)")
            #expect(try lab.leftovers(on: host) == "", "\(host)")
        }
    }
}

/// Shell scripts that cut connections of a lab's host.
private enum Cut {
    /// Kills every process that serves an SSH connection, but not the one that listens.
    static let sessions = """
        for d in /proc/[0-9]*; do
            case $(tr '\\0' ' ' <"$d/cmdline" 2>/dev/null) in "sshd: root"*) kill -9 "${d#/proc/}";; esac
        done
        """

    /// Swallows SSH in both directions, without a word to anybody.
    static let silence = """
        nft -f - <<END
        table inet test_silence {
            chain in { type filter hook input priority -300; tcp dport 22 drop; }
            chain out { type filter hook output priority -300; tcp sport 22 drop; }
        }
        END
        """

    /// Waits until a deployed program runs.
    static func awaitProcess(_ program: String) -> String {
        """
        found=
        until [ "$found" ]; do
            for d in /proc/[0-9]*; do
                case $(readlink "$d/exe") in */bin/*-\(program)) found=1;; esac
            done
            sleep 0.01
        done
        """
    }
}
