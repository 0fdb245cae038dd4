import AgentProtocol
import Foundation
import HostProcesses
import Testing

@Suite("Whatever dies, the host is healed", .serialized, .timeLimit(.minutes(2)))
struct GuardianTests {
    /// One fault of each kind: a running process with a daemon, a stopped one, a partition, a rate, a temporary file.
    private func withFaults(
        lease: Double = 60, _ body: (LabHost, AgentClient<PipeChannel>) async throws -> Void
    ) async throws {
        try await withHost { host in
            try host.startAgent()
            let options = AgentClientOptions(reconnectFor: .milliseconds(300))
            try await host.withClient(options: options) { client in
                _ = try await client.hello(leaseSeconds: 60)
                for (name, script) in [
                    ("n1", "(setsid sleep 602 &); echo READY; exec sleep 600"),
                    ("n2", "echo READY; exec sleep 601"),
                ] {
                    _ = try await client.spawn(
                        Spawn(name: name, argv: ["sh", "-c", script], output: "/run/o\(name)", error: "/run/e"))
                }
                #expect(try await client.signal("n2", .stop).evidence.isConfirmed)
                _ = try await client.netDrop(
                    fault: "p1", [Drop(address: "10.0.0.1", ports: [7001], direction: .input)], ttlSeconds: 30)
                _ = try await client.netDrop(
                    fault: "p2", [Drop(address: "127.0.0.1", ports: [7001], direction: .output)], ttlSeconds: 30,
                    degradation: Degradation(bitsPerSecond: 1_000_000))
                try await client.putFile("\(LabHost.state)/tmp/x", [1], isTemporary: true)
                try await client.putFile("\(LabHost.state)/kept", [2])
                #expect(try faults(host) == "3 table queue file")
                // Setting up takes its time; a short lease starts now.
                _ = try await client.hello(leaseSeconds: lease)
                try await body(host, client)
            }
        }
    }

    /// What is left, in words.
    private func faults(_ host: LabHost) throws -> String {
        let processes = try host.count("sleep 60[012]")
        let table = try host.hasTable ? " table" : ""
        let file = try host.run(["test", "-e", "\(LabHost.state)/tmp/x"]).status == 0 ? " file" : ""
        let queue = try host.shell("tc qdisc show dev lo").contains("htb") ? " queue" : ""
        return "\(processes)\(table)\(queue)\(file)"
    }

    private func isHealed(_ host: LabHost, seconds: Double) throws -> Bool {
        let isHealed = try host.eventually(seconds: seconds) { try faults(host) == "0" }
        // What was meant to stay has stayed: files that are not temporary, and logs.
        #expect(try host.shell("cat /run/on1; stat -c %s \(LabHost.state)/kept") == "READY\n1")
        return isHealed
    }

    @Test("kill -9 of the agent: the guardian undoes everything and ends")
    func agentKilled() async throws {
        try await withFaults { host, _ in
            try host.shell("kill -9 \(host.status().pid)")
            #expect(try isHealed(host, seconds: 5))
            #expect(try host.eventually { try host.count("inquest-agent") == 0 })
            #expect(try host.run(["test", "-e", LabHost.socket]).status == 1)
        }
    }

    @Test("kill -9 of the guardian: the agent undoes everything and ends")
    func guardianKilled() async throws {
        try await withFaults { host, _ in
            try host.shell("kill -9 \(host.status().guardian)")
            #expect(try isHealed(host, seconds: 5))
            #expect(try host.eventually { try host.count("inquest-agent") == 0 })
        }
    }

    @Test(
        "both killed at once: processes die with the agent, the next start or heal undoes the rest",
        arguments: ["start", "heal", "stop"])
    func bothKilled(next: String) async throws {
        try await withFaults { host, _ in
            let status = try host.status()
            try host.shell(
                "kill -STOP \(status.guardian) \(status.pid); kill -9 \(status.guardian) \(status.pid)")
            #expect(try host.eventually(seconds: 2) { try host.count("sleep 60[01]") == 0 })
            #expect(try host.agent(next).status == 0)
            #expect(try isHealed(host, seconds: 0))
        }
    }

    @Test("a lapsed lease: the agent undoes everything, stays, and says so")
    func lapse() async throws {
        try await withFaults(lease: 2) { host, client in
            #expect(try isHealed(host, seconds: 5))
            let error = await #expect(throws: AgentError.self) { try await client.renew() }
            #expect(error?.code == .leaseLapsed)
            let exec = await #expect(throws: AgentError.self) { try await client.exec(Exec(argv: ["true"])) }
            #expect(exec?.code == .leaseLapsed)
            #expect(try host.status().controller == nil)
            _ = try await client.hello(leaseSeconds: 60)
            #expect(try await client.exec(Exec(argv: ["true"])).exit == ExitStatus(code: 0))
        }
    }

    @Test("a renewed lease does not lapse")
    func renewal() async throws {
        try await withFaults(lease: 5) { host, client in
            for _ in 0..<12 {
                _ = try await client.renew()
                try await Task.sleep(for: .milliseconds(500))
            }
            #expect(try faults(host) == "3 table queue file")
        }
    }

    @Test("an agent that hangs past its lease is killed, and the guardian undoes everything")
    func agentHangs() async throws {
        try await withFaults(lease: 2) { host, _ in
            try host.shell("kill -STOP \(host.status().pid)")
            #expect(try isHealed(host, seconds: 8))
            #expect(try host.eventually { try host.count("inquest-agent") == 0 })
        }
    }

    @Test(
        "heal and stop undo everything, also with an agent that hangs", arguments: ["heal", "stop"], [true, false])
    func byHand(word: String, hangs: Bool) async throws {
        try await withFaults { host, _ in
            if hangs { try host.shell("kill -STOP \(host.status().pid)") }
            #expect(try host.agent(word).status == 0)
            #expect(try isHealed(host, seconds: 0))
            #expect(try host.count("inquest-agent serve") == (word == "heal" && !hangs ? 1 : 0))
            #expect(try host.agent(word).status == 0)
        }
    }

    @Test("an agent that nobody leases ends by itself")
    func linger() async throws {
        try await withHost { host in
            try host.startAgent(["--linger", "0.5"])
            #expect(try host.eventually(seconds: 5) { try host.count("inquest-agent") == 0 })
            #expect(try host.run(["test", "-e", LabHost.socket]).status == 1)
        }
    }
}
