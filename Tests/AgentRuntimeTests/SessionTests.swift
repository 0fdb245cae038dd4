import AgentProtocol
import Foundation
import HostProcesses
import Synchronization
import Testing

/// Real agents, each in namespaces of its own.
@Suite("A resident agent", .serialized, .timeLimit(.minutes(2)))
struct SessionTests {
    @Test("start is idempotent, detached, and stop leaves neither process nor socket")
    func start() async throws {
        try await withHost { host in
            let first = try host.agent("start").checked(["start"]).standardOutput
            #expect(first.hasPrefix("READY version=\(agentVersion) pid="))
            #expect(try host.agent("start").checked(["start"]).standardOutput == first)
            let status = try host.status()
            #expect(try host.count("inquest-agent serve") == 1)
            let session = try host.shell("ps -o sid= -p \(status.pid)")
            #expect(session == "\(status.guardian)")
            #expect(
                try host.shell("readlink /proc/\(status.pid)/fd/0 /proc/\(status.guardian)/fd/1")
                    == "/dev/null\n/dev/null")
            #expect(try host.shell("stat -c %a \(LabHost.socket)") == "600")
            #expect(try host.agent("stop").status == 0)
            #expect(try host.count("inquest-agent") == 0)
            #expect(try host.run(["test", "-e", LabHost.socket]).status == 1)
            #expect(try host.agent("stop").status == 0)
            #expect(try host.agent("status").status == 3)
            #expect(try host.agent("attach").status == 69)
        }
    }

    @Test("an agent that is started again waits anew for its controller")
    func linger() async throws {
        try await withHost { host in
            try host.startAgent(["--linger", "4"])
            try await Task.sleep(for: .seconds(3))
            try host.startAgent(["--linger", "4"])
            let pid = try host.status().pid
            try await Task.sleep(for: .seconds(2.5))
            #expect(try host.status().pid == pid)
            #expect(try host.eventually { try host.count("inquest-agent") == 0 })
        }
    }

    @Test("a start while the agent is ending waits for its end and makes a new one")
    func startWhileEnding() async throws {
        try await withHost { host in
            try host.startAgent()
            let status = try host.status()
            // Its end takes a while: the guardian cannot go on, and holds the lock.
            try host.shell("kill -STOP \(status.guardian); kill -9 \(status.pid); rm \(LabHost.socket)")
            let options = "--state \(LabHost.state) --socket \(LabHost.socket)"
            try host.shell("(sleep 3; kill -CONT \(status.guardian)) & \(LabHost.program) start \(options)")
            #expect(try host.eventually { try host.count("inquest-agent serve") == 1 })
            #expect(try host.status().instance != status.instance)
        }
    }

    @Test("two starts at once make one agent")
    func startTwice() async throws {
        try await withHost { host in
            let options = "--state \(LabHost.state) --socket \(LabHost.socket)"
            try host.shell("for i in 1 2 3; do \(LabHost.program) start \(options) & done; wait")
            #expect(try host.count("inquest-agent serve") == 1)
        }
    }

    @Test("another program or other settings replace the agent, but not while it is held")
    func replace() async throws {
        try await withHost { host in
            try host.startAgent()
            let first = try host.status()
            try host.startAgent(["--sabotage", "stop"])
            let second = try host.status()
            #expect(first.instance != second.instance && second.sabotage == ["stop"])
            try await host.withClient { client in
                _ = try await client.hello(leaseSeconds: 30)
                let refused = try host.agent("start")
                #expect(refused.status == 1)
                #expect(refused.standardError.contains("controller test holds it"))
            }
        }
    }

    @Test(
        "usage: help, version, and what is not understood",
        arguments: [
            (["--help"], 0), (["--version"], 0), ([], 64), (["dance"], 64), (["start", "--what", "1"], 64),
            (["serve"], 64),
        ])
    func usage(arguments: [String], code: Int) async throws {
        try await withHost { host in
            let output = try host.run([LabHost.program] + arguments)
            #expect(output.status == Int32(code))
        }
    }

    @Test("hello says what the host can do and what the agent pretends")
    func hello() async throws {
        try await withHost { host in
            try host.startAgent(["--sabotage", "kill,net-drop"])
            try await host.withClient { client in
                let hello = try await client.hello(leaseSeconds: 30, protectedPorts: [2222])
                #expect(hello.version == agentVersion && hello.sabotage == ["kill", "net-drop"])
                #expect(hello.protectedPorts == [22, 2222])
                #expect(hello.capabilities.nft && hello.capabilities.uts)
                #expect(hello.capabilities.netem != hello.capabilities.missing.contains { $0.hasPrefix("netem: ") })
                #expect(hello.clocks.monotonic > 0 && hello.clocks.wall > 1_600_000_000_000_000_000)
                #expect(!hello.kernel.isEmpty)
            }
        }
    }

    @Test("a command runs once however often its request is sent, also while it still runs")
    func once() async throws {
        try await withHost { host in
            try host.startAgent()
            let hello = #"{"id":"c-1","op":"hello","leaseSeconds":30,"protectedPorts":[]}"#
            let exec =
                #"{"id":"c-2","op":"exec","argv":["sh","-c","echo x >> /run/ran; sleep 0.5; wc -l < /run/ran"],"#
                + #""input":"","environment":{},"deadlineSeconds":9}"#
            try host.shell("printf '%s\\n' '\(exec)' > /run/in; cat /run/in /run/in > /run/twice")
            // The first bridge is cut while the command runs; the others send it again, one of them twice.
            let attach = "\(LabHost.program) attach --state \(LabHost.state) --socket \(LabHost.socket)"
            try host.shell("(printf '%s\\n' '\(hello)'; sleep 1) | \(attach)")
            try host.shell("(cat /run/in; sleep 0.2) | \(attach) > /run/out1")
            try host.shell("(cat /run/twice; sleep 1.2) | \(attach) > /run/out2")
            try host.shell("(cat /run/in; sleep 0.2) | \(attach) > /run/out3")
            #expect(try host.shell("cat /run/ran") == "x")
            let replies = try host.shell("grep -h c-2 /run/out2 /run/out3").split(separator: "\n")
            #expect(replies.count >= 2)
            #expect(Set(replies).count == 1)
            #expect(try host.run(["grep", "c-2", "/run/out1"]).status == 1)
        }
    }

    @Test("a client whose bridge is cut again and again gets each result, and nothing runs twice")
    func cuts() async throws {
        try await withHost { host in
            try host.startAgent()
            let channels = Mutex<[PipeChannel]>([])
            try await withAgentClient(host: "h", controller: "c") {
                let channel = try host.attach()
                channels.withLock { $0.append(channel) }
                return channel
            } body: { client in
                _ = try await client.hello(leaseSeconds: 30)
                let texts = try await withThrowingTaskGroup(of: String.self) { group in
                    for number in 0..<12 {
                        group.addTask {
                            let command = "echo \(number) >> /run/ran; sleep 0.3; echo done \(number)"
                            return try await client.exec(Exec(argv: ["sh", "-c", command])).output.text
                        }
                    }
                    for _ in 0..<5 {
                        try await Task.sleep(for: .milliseconds(60))
                        channels.withLock { $0.last }?.cut()
                    }
                    return try await group.reduce(into: Set<String>()) { $0.insert($1) }
                }
                #expect(texts == Set((0..<12).map { "done \($0)\n" }))
            }
            #expect(try host.shell("sort /run/ran | uniq -d; wc -l < /run/ran") == "12")
            #expect(channels.withLock { $0.count } >= 3)
        }
    }

    @Test("after another agent has taken over, an unanswered request is not run again")
    func restarted() async throws {
        try await withHost { host in
            try host.startAgent()
            try await host.withClient { client in
                _ = try await client.hello(leaseSeconds: 30)
                let pid = try host.status().pid
                await withTaskGroup(of: AgentError?.self) { group in
                    group.addTask {
                        let exec = Exec(argv: ["sh", "-c", "echo x >> /run/ran; sleep 20"])
                        return await #expect(throws: AgentError.self) { try await client.exec(exec) }
                    }
                    #expect(throws: Never.self) {
                        #expect(try host.eventually { try host.run(["test", "-e", "/run/ran"]).status == 0 })
                        try host.shell("kill -9 \(pid)")
                        #expect(try host.eventually { try host.count("inquest-agent") == 0 })
                        try host.startAgent()
                    }
                    #expect(await group.next()??.code == .restarted)
                }
                #expect(try host.shell("cat /run/ran") == "x")
                _ = try await client.hello(leaseSeconds: 30)
            }
        }
    }

    @Test("nonsense gets an error, and the connection lives on")
    func nonsense() async throws {
        try await withHost { host in
            try host.startAgent()
            let long = "head -c 1100000 /dev/zero | tr '\\0' x; echo"
            let lines = [
                "{", "[]", #"{"id":"x","op":"status"}"#, #"{"id":"c-1","op":"fly"}"#,
                #"{"id":"c-2","op":"exec"}"#, #"{"id":"c-3","op":"hello","leaseSeconds":-5,"protectedPorts":[]}"#,
                #"{"id":"c-4","op":"status"}"#,
            ]
            let attach = "\(LabHost.program) attach --state \(LabHost.state) --socket \(LabHost.socket)"
            let text = lines.map { "'\($0)'" }.joined(separator: " ")
            let output = try host.shell("(\(long); printf '%s\\n' \(text); sleep 0.5) | \(attach)")
            let replies = output.split(separator: "\n").map(String.init)
            func one(_ words: String...) -> Bool { replies.contains { reply in words.allSatisfy(reply.contains) } }
            #expect(one("too-long"))
            #expect(replies.filter { $0.contains("malformed") }.count == 2)
            #expect(one("bad-request", #""id":"x""#))
            #expect(one("unknown-operation", "c-1"))
            #expect(one("no-lease", "c-2"))
            #expect(one("bad-request", "c-3"))
            #expect(one(#""ok""#, "c-4", "instance"))
        }
    }

    @Test("only the agent's user and root are let in, even when the socket's mode is changed")
    func otherUsers() async throws {
        try await withHost { host in
            try host.startAgent()
            let request = #"{"id":"c-1","op":"status"}"#
            let attach = "\(LabHost.program) attach --socket \(LabHost.socket)"
            let asNobody = "setpriv --reuid 65534 --regid 65534 --clear-groups \(attach)"
            let closed = try host.run(["sh", "-c", "(echo '\(request)'; sleep 0.3) | \(asNobody)"])
            #expect(closed.status == 69 && closed.standardError.contains("Permission denied"))
            try host.shell("chmod 666 \(LabHost.socket)")
            #expect(try host.shell("(echo '\(request)'; sleep 0.3) | \(asNobody)") == "")
            #expect(
                try host.shell("grep -c 'refused a connection of user 65534' \(LabHost.state)/agent/log") == "1")
            #expect(try host.shell("(echo '\(request)'; sleep 0.3) | \(attach)").contains(#""ok""#))
        }
    }

    @Test("one controller holds the host; another is told who, and takes it after bye")
    func exclusive() async throws {
        try await withHost { host in
            try host.startAgent()
            try await host.withClient("one") { one in
                _ = try await one.hello(leaseSeconds: 30)
                try await host.withClient("two") { two in
                    let error = await #expect(throws: AgentError.self) { try await two.hello(leaseSeconds: 30) }
                    #expect(error?.code == .leased && error?.message.contains("controller one") == true)
                    let exec = await #expect(throws: AgentError.self) {
                        try await two.exec(Exec(argv: ["true"]))
                    }
                    #expect(exec?.code == .leased)
                    _ = try await one.bye()
                    _ = try await two.hello(leaseSeconds: 30)
                }
            }
        }
    }

    @Test("a controller without the lease neither heals nor stops what another one runs; a person on the host does")
    func othersRun() async throws {
        try await withHost { host in
            try host.startAgent()
            try await host.withClient("late") { late in
                _ = try await late.hello(leaseSeconds: 1)
                #expect(try host.eventually { try host.status().controller == nil })
                try await host.withClient("holder") { holder in
                    _ = try await holder.hello(leaseSeconds: 30)
                    _ = try await holder.spawn(
                        Spawn(
                            name: "n", argv: ["sh", "-c", "echo READY; exec sleep 66"], output: "/run/o",
                            error: "/run/e"))
                    // It was held up past its lease, and now takes leave of the host.
                    let healing = await #expect(throws: AgentError.self) { try await late.healAll() }
                    let comparing = await #expect(throws: AgentError.self) { try await late.finalCompare() }
                    let stopping = await #expect(throws: AgentError.self) { try await late.call(Stop()) }
                    #expect([healing, comparing, stopping].map { $0?.code } == [.leased, .leased, .leased])
                    #expect(stopping?.message.contains("controller holder holds this host") == true)
                    #expect(try await holder.processState("n").state == "S")
                    #expect(try host.agent("heal").status == 0)
                    #expect(try await holder.processState("n").state == "gone")
                }
            }
            #expect(try host.status().controller == "holder")
            #expect(try host.agent("stop").status == 0)
            #expect(try host.count("inquest-agent") == 0)
        }
    }

    @Test("without a lease an agent is healed and stopped by whoever asks")
    func nobodysRun() async throws {
        try await withHost { host in
            try host.startAgent()
            try await host.withClient("one") { one in
                _ = try await one.hello(leaseSeconds: 30)
                _ = try await one.bye()
                try await host.withClient("two") { two in
                    _ = try await two.healAll()
                    _ = try await two.call(Stop())
                }
            }
            #expect(try host.eventually { try host.count("inquest-agent") == 0 })
        }
    }

    @Test("an agent of another directory is replaced, and cleans up beneath its own alone")
    func otherDirectory() async throws {
        try await withHost { host in
            try host.startAgent()
            let other = "/run/other state"
            let start = [LabHost.program, "start", "--state", other, "--socket", LabHost.socket]
            _ = try host.run(start).checked(start)
            #expect(try host.status().state == other)
            #expect(try host.count("inquest-agent serve") == 1)
            try await host.withClient { client in
                _ = try await client.hello(leaseSeconds: 30)
                try await client.putFile("\(other)/runs/r/file", [1])
                #expect(try await client.removeTree("\(other)/runs/r").removed == 2)
                let outside = await #expect(throws: AgentError.self) {
                    try await client.removeTree("\(LabHost.state)/runs")
                }
                #expect(outside?.code == .refused)
                #expect(try await client.bye().failures == [])
                #expect(try await client.finalCompare().differences == [])
            }
        }
    }

    @Test("a slow command delays neither probes nor other commands")
    func concurrency() async throws {
        try await withHost { host in
            try host.startAgent()
            try await host.withClient { client in
                _ = try await client.hello(leaseSeconds: 30)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<23 {
                        group.addTask { _ = try await client.exec(Exec(argv: ["sleep", "20"])) }
                    }
                    let began = ContinuousClock.now
                    _ = try await client.probeReport()
                    _ = try await client.renew()
                    #expect(try await client.exec(Exec(argv: ["echo", "hi"])).output.text == "hi\n")
                    #expect(ContinuousClock.now - began < .seconds(10))
                    group.cancelAll()
                }
            }
        }
    }

    @Test("commands: status, signal, both outputs, input, deadline, limits, and no shell")
    func exec() async throws {
        try await withHost { host in
            try host.startAgent()
            try await host.withClient { client in
                _ = try await client.hello(leaseSeconds: 60)
                func exec(_ argv: [String], _ input: String = "", seconds: Double = 10) async throws -> ExecReply {
                    try await client.exec(
                        Exec(argv: argv, input: Bytes(Array(input.utf8)), deadlineSeconds: seconds))
                }
                #expect(try await exec(["sh", "-c", "echo e >&2; exit 3"]).exit == ExitStatus(code: 3))
                #expect(try await exec(["sh", "-c", "kill -9 $$"]).exit == ExitStatus(signal: 9))
                let big = String(repeating: "0123456789", count: 20_000)
                #expect(try await exec(["cat"], big).output.text == big)
                let hostile = ["$(touch /run/x)", "; touch /run/x", "`touch /run/x`", "'\"\\", "-n"]
                #expect(
                    try await exec(["printf", "%s|"] + hostile).output.text == hostile.joined(separator: "|") + "|")
                #expect(try host.run(["test", "-e", "/run/x"]).status == 1)
                let flood = try await exec(["head", "-c", "1000000", "/dev/zero"])
                #expect(flood.isTruncated && flood.output.bytes.count == AgentLimits.outputBytes)
                let slow = try await exec(["sh", "-c", "sleep 77 & sleep 77"], seconds: 0.3)
                #expect(slow.timedOut && slow.exit == ExitStatus(signal: 9))
                #expect(try host.count("sleep 77") == 0)
                let absent = await #expect(throws: AgentError.self) { try await exec(["/no/such"]) }
                #expect(absent?.code == .cannotStart && absent?.message.contains("No such file") == true)
                let nul = await #expect(throws: AgentError.self) { try await exec(["a\0b"]) }
                #expect(nul?.code == .badRequest)
            }
        }
    }

    @Test("measured: a round trip over a bridge, and the agent's memory")
    func measured() async throws {
        try await withHost { host in
            try host.startAgent()
            try await host.withClient { client in
                _ = try await client.hello(leaseSeconds: 30)
                var times: [Duration] = []
                for _ in 0..<300 {
                    let began = ContinuousClock.now
                    _ = try await client.renew()
                    times.append(ContinuousClock.now - began)
                }
                times.sort()
                let status = try await client.status()
                print(
                    "round trip: median \(times[150]), p99 \(times[297]); resident \(status.residentBytes / 1024) KiB"
                )
                #expect(times[150] < .milliseconds(20))
                #expect(status.residentBytes < 100 << 20)
                #expect(status.journalEntries < 10)
            }
        }
    }
}
