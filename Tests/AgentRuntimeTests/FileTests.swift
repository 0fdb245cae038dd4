import AgentProtocol
import Foundation
import HostProcesses
import Testing

@Suite("Files and the final comparison", .serialized, .timeLimit(.minutes(2)))
struct FileTests {
    private func withAgent(_ body: (LabHost, AgentClient<PipeChannel>) async throws -> Void) async throws {
        try await withHost { host in
            try host.startAgent()
            try await host.withClient { client in
                _ = try await client.hello(leaseSeconds: 60)
                try await body(host, client)
            }
        }
    }

    @Test("files are written whole, read back, and read as they grow")
    func files() async throws {
        try await withAgent { host, client in
            let path = "\(LabHost.state)/run 1/a$b"
            let content: [UInt8] = Array(0...255)
            try await client.putFile(path, content, mode: 0o640)
            #expect(try await client.getFile(path) == content)
            #expect(try host.shell("stat -c %a '\(path)'") == "640")
            try host.shell("printf 0123456789 > /run/log")
            let first = try await client.readLog("/run/log", offset: 0, limit: 4)
            #expect(first == LogPiece(content: Bytes(Array("0123".utf8)), next: 4, size: 10))
            let rest = try await client.readLog("/run/log", offset: first.next)
            #expect(rest == LogPiece(content: Bytes(Array("456789".utf8)), next: 10, size: 10))
            #expect(try await client.readLog("/run/log", offset: -3).content.text == "789")
            #expect(try await client.readLog("/run/log", offset: 99).content.text == "")
            let absent = await #expect(throws: AgentError.self) { try await client.getFile("/run/none") }
            #expect(absent?.code == .notFound)
            try host.shell("mkfifo /run/fifo")
            let fifo = await #expect(throws: AgentError.self) { try await client.getFile("/run/fifo") }
            #expect(fifo?.code == .refused)
        }
    }

    @Test(
        "nothing is removed or written outside the agent's directories, by whatever path",
        arguments: [
            "/", "/run", "/run/victim", "/run/state", "/run/state/../victim/x", "/run/state/./x", "run/state/x", "",
            "/run/state/link/x", "/run/state/agent", "/run/state/agent/ledger", "/run/inquest/agent.sock",
            "/run/state/\0", "/run/statex/y", "//run/victim/x",
        ])
    func outside(path: String) async throws {
        try await withAgent { host, client in
            try host.shell(
                "mkdir -p /run/victim /run/statex; touch /run/victim/x; ln -s /run/victim /run/state/link")
            let removal = await #expect(throws: AgentError.self) { try await client.removeTree(path) }
            #expect(removal?.code == .refused)
            let writing = await #expect(throws: AgentError.self) { try await client.putFile(path, [1]) }
            #expect(writing?.code == .refused)
            #expect(try host.shell("stat -c %s /run/victim/x") == "0")
            #expect(try host.status().controller == "test")
        }
    }

    @Test("a tree is removed with odd names, and links in it are not followed")
    func removal() async throws {
        try await withAgent { host, client in
            try host.shell(
                "mkdir -p '/run/state/r/a b/c' /run/victim; touch '/run/state/r/-rf' '/run/state/r/a b/$(id)' "
                    + "/run/victim/x; ln -s /run/victim /run/state/r/link")
            #expect(try await client.removeTree("/run/state/r").removed == 6)
            #expect(try host.shell("ls -A /run/state /run/victim") == "/run/state:\nagent\n\n/run/victim:\nx")
            #expect(try await client.removeTree("/run/state/r").removed == 0)
            #expect(try await client.removeTree("/run/state/none/r").removed == 0)
            try host.shell("mkdir -p /run/state/m/tmpfs; mount -t tmpfs none /run/state/m/tmpfs")
            let mounted = await #expect(throws: AgentError.self) { try await client.removeTree("/run/state/m") }
            #expect(mounted?.code == .refused)
        }
    }

    @Test("a host that is as it was found has no differences")
    func same() async throws {
        try await withAgent { host, client in
            try host.shell("nft 'add table ip other; add chain ip other c'")
            _ = try await client.bye()
            _ = try await client.hello(leaseSeconds: 60)
            _ = try await client.spawn(
                Spawn(name: "n", argv: ["sh", "-c", "echo READY; exec sleep 9"], output: "/run/o", error: "/run/e"))
            _ = try await client.netDrop(
                fault: "p1", [Drop(address: "10.0.0.1", ports: [7001], direction: .input)])
            try await client.probeListen(port: 7001)
            let found = try await client.finalCompare().differences
            #expect(found.contains { $0.contains("(sleep, S) of this run still lives") })
            #expect(found.contains("our nftables table inet inquest is still there"))
            #expect(found.contains("udp port 7001 is listened on by a process of this run"))
            #expect(found.count == 4)
            _ = try await client.bye()
            #expect(try await client.finalCompare().differences == [])
        }
    }

    @Test(
        "each kind of leftover is found and named",
        arguments: [
            ("nft 'add table inet inquest'", "our nftables table inet inquest is still there"),
            ("nft 'add table ip fresh'", "nftables table ip fresh is new"),
            ("nft 'delete table ip other'", "nftables table ip other is gone"),
            ("nft 'add rule ip other c drop'", "nftables table ip other changed: line is new: drop"),
            ("ip addr add 10.9.9.9/32 dev lo", "address is new: 1: lo inet 10.9.9.9/32"),
            ("ip link set lo mtu 1400", "network link is new: 1: lo: <LOOPBACK,UP,LOWER_UP> mtu 1400"),
            ("tc qdisc add dev lo root pfifo", "queueing discipline is new: qdisc pfifo"),
            ("mkdir /run/m; mount -t tmpfs mine /run/m", "mount is new: /run/m (tmpfs mine)"),
            ("hostname other", "the hostname is other, it was "),
            ("touch /tmp/inquest-x", "file /tmp/inquest-x was left"),
            ("touch /run/inquest/left", "file /run/inquest/left was left"),
        ])
    func leftovers(command: String, words: String) async throws {
        try await withHost { host in
            try host.shell("nft 'add table ip other; add chain ip other c'")
            try host.startAgent()
            try await host.withClient { client in
                _ = try await client.hello(leaseSeconds: 60)
                try host.shell(command)
                let found = try await client.finalCompare().differences
                #expect(found.contains { $0.hasPrefix(words) }, "\(found)")
                #expect(
                    found.allSatisfy {
                        $0.hasPrefix(words) || $0.contains(" is gone: ") || $0.contains(" qdisc pfifo ")
                    }, "\(found)")
            }
        }
    }

    @Test("a process of ours and its socket are found; what others left is only mentioned")
    func processes() async throws {
        try await withAgent { host, client in
            let listen =
                "import socket,time\ns=socket.create_server(('',7001))\nprint('READY',flush=True)\ntime.sleep(99)"
            _ = try await client.spawn(
                Spawn(name: "n", argv: ["python3", "-c", listen], output: "/run/o", error: "/run/e"))
            try host.shell("touch /tmp/foreign")
            let foreign = listen.replacing("7001", with: "7002")
            try host.run(["sh", "-c", "setsid python3 -c \"$0\" > /tmp/out 2>&1 &", foreign])
            #expect(try host.eventually { try host.shell("grep -c READY /tmp/out || true") == "1" })
            let found = try await client.finalCompare()
            #expect(found.differences.contains { $0.hasPrefix("process ") && $0.contains("(python3, S)") })
            #expect(found.differences.contains("tcp port 7001 is listened on by a process of this run"))
            #expect(found.notices.contains("/tmp/foreign is new"))
            #expect(found.notices.contains("tcp port 7002 is listened on, not by a process of this run"))
        }
    }

    @Test("the clock's jump is found by the difference of two clocks, whatever the time between")
    func clock() async throws {
        try await withAgent { _, client in
            // The machine's clock is not moved: a tolerance below nothing shows that the offset is compared.
            let found = try await client.finalCompare(clockToleranceMilliseconds: -1).differences
            #expect(found.count == 1 && found[0].contains("wall clock moved by"))
        }
    }
}
