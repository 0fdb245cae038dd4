import Foundation
import HostProcesses
import Testing

@testable import Clusters

extension LocalLabTests {
    /// What a host of a lab has of its own, and what it cannot reach.
    @Suite(.serialized) struct Isolation {
        @Test func `each host has its own namespaces, name, pid 1 and files`() async throws {
            try await withLab(LabOptions(hosts: 3)) { (lab: Lab) async throws -> Void in
                for kind in ["pid", "net", "mnt", "uts", "ipc"] {
                    var seen = [try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/ns/\(kind)")]
                    for host in lab.hosts {
                        seen.append(try await lab.shell(host.name, "readlink /proc/self/ns/\(kind)"))
                    }
                    #expect(Set(seen).count == 4, "\(kind): \(seen)")
                }
                for host in lab.hosts {
                    #expect(try await lab.shell(host.name, "uname -n") == host.name)
                    let first = try await lab.shell(host.name, "tr '\\0' ' ' </proc/1/cmdline")
                    #expect(first.contains(" \(host.name) \(host.address) "))
                    for directory in ["/tmp", "/run", "/var/tmp", "/dev/shm", "/root", "/var/lib/inquest"] {
                        _ = try await lab.shell(
                            host.name, "test ! -e \(directory)/mark && echo \(host.name) >\(directory)/mark")
                    }
                }
                for host in lab.hosts {
                    #expect(
                        try await lab.shell(host.name, "cat /tmp/mark /run/mark /dev/shm/mark")
                            == "\(host.name)\n\(host.name)\n\(host.name)")
                    let disk = try String(contentsOfFile: lab.disk(of: host.name) + "/mark", encoding: .utf8)
                    #expect(disk == host.name + "\n")
                    #expect(try await lab.shell(host.name, "ls /sys/class/net | tr '\\n' ' '") == "eth0 lo ")
                }
                #expect(!FileManager.default.fileExists(atPath: "/tmp/mark"))
                #expect(!FileManager.default.fileExists(atPath: "/run/mark"))
                #expect(!FileManager.default.fileExists(atPath: "/root/mark"))
            }
        }

        @Test func `every host is reached over SSH with strict host key checking`() async throws {
            try await withLab(LabOptions(hosts: 3)) { (lab: Lab) async throws -> Void in
                let inventory = try HostInventory.load(lab.hostsFile)
                #expect(inventory == lab.inventory)
                for host in inventory.hosts {
                    for algorithm in ["ssh-ed25519", "ecdsa-sha2-nistp256"] {
                        let output = try await ssh(
                            host, "uname -n; id -u", options: ["-o", "HostKeyAlgorithms=\(algorithm)"])
                        #expect(
                            output
                                == CommandOutput(status: 0, standardOutput: "\(host.name)\n0\n", standardError: ""))
                    }
                    #expect(try await ssh(host, "command -v nft ip").standardOutput.contains("/nft"))
                }
                let other = lab.directory + "/swapped"
                let known = try String(contentsOfFile: inventory.hosts[0].knownHosts, encoding: .utf8)
                try known.replacingOccurrences(of: "10.77.", with: "10.78.").write(
                    toFile: other, atomically: true, encoding: .utf8)
                let refused = try await ssh(inventory.hosts[0], "true", knownHosts: other)
                #expect(refused.status == 255 && refused.standardError.contains("verification failed"))
            }
        }

        @Test func `hosts reach each other, and nothing outside of the lab`() async throws {
            let before = try machineState()
            try await withLab(LabOptions(hosts: 3)) { (lab: Lab) async throws -> Void in
                for from in lab.hosts {
                    for to in lab.hosts {
                        #expect(try await lab.reaches(from.name, to.address), "\(from.name) to \(to.name)")
                        #expect(try await lab.reaches(from.name, to.name), "\(from.name) to \(to.name) by name")
                    }
                    #expect(try await lab.shell(from.name, "ip -4 route").hasPrefix("\(lab.subnet) dev eth0"))
                    #expect(try await lab.shell(from.name, "ip -4 route | wc -l") == "1")
                    let outside = try await lab.run(from.name, ["bash", "-c", "exec 3<>/dev/tcp/192.0.2.1/80"])
                    #expect(outside.status != 0 && outside.standardError.contains("Network is unreachable"))
                }
                #expect(try machineState() == before)
            }
            #expect(try machineState() == before)
        }

        @Test func `a rule on one host stops what that host gets and nothing else`() async throws {
            try await withLab(LabOptions(hosts: 3)) { (lab: Lab) async throws -> Void in
                let rules = """
                    nft add table inet t; nft 'add chain inet t i { type filter hook input priority 0; }'
                    nft add rule inet t i ip saddr \(lab.hosts[1].address) counter drop
                    """
                _ = try await lab.shell("n1", rules)
                let n1 = lab.hosts[0].address
                #expect(try await !lab.reaches("n2", n1))
                #expect(try await lab.reaches("n3", n1))
                #expect(try await lab.reaches("n2", lab.hosts[2].address))
                #expect(try await lab.shell("n1", "nft list ruleset").contains("counter packets"))
                #expect(try await lab.shell("n2", "nft list ruleset") == "")
                #expect(!LabTraces.lines(of: ["nft", "list", "ruleset"]).contains("table inet t {"))
                _ = try await lab.shell("n1", "nft delete table inet t")
                #expect(try await lab.reaches("n2", n1))
            }
        }

        @Test func `orphans live on at pid 1 of their host and are collected when they end`() async throws {
            try await withLab(LabOptions(hosts: 1)) { (lab: Lab) async throws -> Void in
                _ = try await ssh(
                    lab.hosts[0], "setsid sleep 300 </dev/null >/dev/null 2>&1 & echo $! >/run/daemon")
                #expect(try await lab.shell("n1", "cut -d ' ' -f 4 /proc/$(cat /run/daemon)/stat") == "1")
                _ = try await lab.shell(
                    "n1", "for i in $(seq 20); do (setsid true &); done; kill -9 $(cat /run/daemon)")
                let line = "cat /proc/[0-9]*/stat 2>/dev/null | grep -c ') Z ' || :"
                #expect(try await becomesTrue { try await lab.shell("n1", line) == "0" })
                #expect(
                    try await lab.shell("n1", "test -e /proc/$(cat /run/daemon) && echo there || echo gone")
                        == "gone")
            }
        }

        @Test func `a host outlives a kill of all its processes, and its sshd comes back`() async throws {
            try await withLab(LabOptions(hosts: 1)) { (lab: Lab) async throws -> Void in
                _ = try await lab.run("n1", ["bash", "-c", "kill -9 1; kill -9 -1"])
                let host = lab.hosts[0]
                #expect(try await becomesTrue { try await ssh(host, "true").status == 0 })
            }
        }
    }
}
