import AgentProtocol
import Foundation
import HostProcesses
import Testing

@Suite("Processes on a host", .serialized, .timeLimit(.minutes(2)))
struct ProcessTests {
    private func node(_ name: String = "n1", _ script: String = "echo READY one; exec sleep 500") -> Spawn {
        Spawn(name: name, argv: ["sh", "-c", script], output: "/run/\(name).out", error: "/run/\(name).err")
    }

    /// An agent, perhaps one that pretends, with a lease.
    private func withAgent<Value: Sendable>(
        _ sabotage: String? = nil, _ body: (LabHost, AgentClient<PipeChannel>) async throws -> Value
    ) async throws -> Value {
        try await withHost { host in
            try host.startAgent(sabotage.map { ["--sabotage", $0] } ?? [])
            return try await host.withClient { client in
                _ = try await client.hello(leaseSeconds: 60)
                return try await body(host, client)
            }
        }
    }

    @Test("stop, continue and kill take hold, as an observer that is not the sender saw")
    func signals() async throws {
        try await withAgent { host, client in
            let started = try await client.spawn(node())
            #expect(started.readyLine == "READY one")
            let stop = try await client.signal("n1", .stop)
            #expect(
                stop.evidence.isConfirmed && stop.evidence.after == "T" && stop.evidence.process == started.process)
            #expect(stop.evidence.observer != stop.evidence.sender)
            #expect(try await client.processState("n1").state == "T")
            #expect(try host.shell("cut -d' ' -f3 /proc/\(started.process.pid)/stat") == "T")
            let cont = try await client.signal("n1", .cont)
            #expect(cont.evidence.isConfirmed && cont.evidence.before == "T" && cont.evidence.after == "S")
            let kill = try await client.signal("n1", .kill)
            #expect(kill.evidence.isConfirmed && kill.exit == ExitStatus(signal: 9))
            #expect(try await client.processState("n1").exit == ExitStatus(signal: 9))
            let again = try await client.spawn(node())
            #expect(again.process != started.process)
            let undone = try await client.bye()
            #expect(undone.failures == [] && undone.undone.contains { $0.contains("process n1") })
            #expect(try host.count("sleep 500") == 0)
        }
    }

    @Test("a killed process that was stopped dies too, and all of its children with it")
    func tree() async throws {
        try await withAgent { host, client in
            let script = "sleep 501 & (setsid sleep 502 &) ; echo READY; wait"
            _ = try await client.spawn(node("n1", script))
            #expect(try await client.signal("n1", .stop).evidence.isConfirmed)
            #expect(try host.shell("ps -o stat= -C sleep | grep -c T || true") != "0")
            #expect(try await client.signal("n1", .kill).evidence.isConfirmed)
            #expect(try host.count("sleep 501") == 0)
            // What left the tree is found when everything is undone.
            _ = try await client.healAll()
            #expect(try host.count("sleep 502") == 0)
        }
    }

    @Test(
        "a signal that was not sent has no evidence",
        arguments: [Signal.Kind.kill, .stop, .cont, .term])
    func sabotaged(signal: Signal.Kind) async throws {
        try await withAgent(signal.rawValue) { host, client in
            _ = try await client.spawn(node())
            if signal == .cont { _ = try await client.signal("n1", .stop) }
            let reply = try await client.signal("n1", signal, waitSeconds: 0.3)
            #expect(!reply.evidence.isConfirmed && reply.exit == nil)
            #expect(reply.evidence.after == (signal == .cont ? "T" : "S"))
            _ = try await client.healAll()
            #expect(try host.count("sleep 500") == 0)
        }
    }

    @Test("term waits for an orderly end, and says when there was none")
    func term() async throws {
        try await withAgent { _, client in
            _ = try await client.spawn(node("good", "trap 'exit 5' TERM; echo READY; while :; do sleep 0.05; done"))
            #expect(try await client.signal("good", .term).exit == ExitStatus(code: 5))
            _ = try await client.spawn(node("deaf", "trap '' TERM; echo READY; while :; do sleep 0.05; done"))
            let deaf = try await client.signal("deaf", .term, waitSeconds: 0.3)
            #expect(!deaf.evidence.isConfirmed && deaf.exit == nil)
        }
    }

    @Test("a process that ends at once, never is ready, or does not exist is told apart")
    func failures() async throws {
        try await withAgent { host, client in
            let ended = await #expect(throws: AgentError.self) {
                try await client.spawn(node("n1", "echo oh no >&2; exit 71"))
            }
            #expect(ended?.code == .exited && ended?.message.contains("code 71") == true)
            var slow = node("n2", "echo starting; exec sleep 503")
            slow.readySeconds = 0.3
            let notReady = await #expect(throws: AgentError.self) { try await client.spawn(slow) }
            #expect(notReady?.code == .notReady && notReady?.message.contains("READY within 0.3 s") == true)
            #expect(try host.count("sleep 503") == 0)
            var absent = node("n3")
            absent.argv = ["/no/such/program"]
            let cannot = await #expect(throws: AgentError.self) { try await client.spawn(absent) }
            #expect(cannot?.code == .cannotStart)
            absent.argv = ["sh"]
            absent.directory = "/no/such/directory"
            let nowhere = await #expect(throws: AgentError.self) { try await client.spawn(absent) }
            #expect(nowhere?.message.contains("/no/such/directory") == true)
            _ = try await client.spawn(node("n4"))
            let twice = await #expect(throws: AgentError.self) { try await client.spawn(node("n4")) }
            #expect(twice?.code == .exists)
            let unknown = await #expect(throws: AgentError.self) { try await client.signal("n5", .kill) }
            #expect(unknown?.code == .notFound)
        }
    }

    @Test(
        "a process gets its arguments, environment and directory as given",
        arguments: ["n 1", "../n", "-n", "n;id"])
    func hostile(name: String) async throws {
        try await withAgent { host, client in
            let error = await #expect(throws: AgentError.self) { try await client.spawn(node(name)) }
            #expect(error?.code == .badRequest)
            let spawn = Spawn(
                name: "n1",
                argv: ["sh", "-c", #"printf 'READY %s %s %s\n' "$1" "$X" "$PWD"; exec sleep 500"#, "sh", "$(id)"],
                environment: ["X": "`id`;"], directory: "/tmp", output: "/run/o", error: "/run/e")
            let started = try await client.spawn(spawn)
            #expect(started.readyLine == "READY $(id) `id`; /tmp")
        }
    }
}
