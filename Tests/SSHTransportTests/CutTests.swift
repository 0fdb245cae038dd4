import Foundation
import HostProcesses
import SSHTransport
import Testing

extension SSHTransportTests {
    @Suite struct CutTests {
        @Test("a cut in the middle of a command fails it with host and operation; it ran once; the session goes on")
        func command() async throws {
            try await withServer { server async throws in
                try await SSHSession.withSession(server.host()) { session async throws in
                    let file = server.path("count")
                    let call = Task {
                        try await session.run(["sh", "-c", "echo ran >>\"$1\"; sleep 20", "sh", file])
                    }
                    try await until { FileManager.default.fileExists(atPath: file) }
                    server.cut()
                    let error = try await failure { _ = try await call.value }
                    #expect(error.code == .connectionLost && error.mayHaveRun)
                    #expect(error.host.contains("n1") && error.operation.hasPrefix("run sh -c"))
                    #expect(error.detail.contains("may have run"))
                    let after = try await session.run(["cat", file]).checked()
                    #expect(after.text == "ran\n")
                }
            }
        }

        @Test("a cut fails every call under way: commands, channels, those that wait for a channel")
        func everyCall() async throws {
            try await withServer { server async throws in
                try await SSHSession.withSession(server.host()) { session async throws in
                    let channel = try await session.openChannel(["cat"])
                    let read = Task { try await channel.read() }
                    let file = server.path("ran")
                    let commands = (0..<10).map { number in
                        Task {
                            try await session.run([
                                "sh", "-c", "echo \(number) >>\"$1\"; sleep 20", "sh", file,
                            ])
                        }
                    }
                    try await until { try server.lines("ran").count == 7 }
                    server.cut()
                    let lost = try await failure { _ = try await read.value }
                    #expect(lost.code == .connectionLost)
                    var begun = 0
                    for command in commands {
                        // Those that had no channel yet may have begun on the new connection; nobody waits for them here.
                        command.cancel()
                        let error = try await failure { _ = try await command.value }
                        begun += error.code == .connectionLost && error.mayHaveRun ? 1 : 0
                    }
                    #expect(begun == 7)
                    let numbers = try server.lines("ran")
                    #expect(Set(numbers).count == numbers.count, "no command ran twice")
                }
            }
        }

        @Test("a cut in the middle of an upload leaves the old file and nothing beside it; the next one succeeds")
        func upload() async throws {
            try await withServer { server async throws in
                let folder = server.path("target")
                try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
                try server.write("before", to: "target/file")
                let relay = try Relay(to: server.port, cutAfter: 3_000_000)
                defer { relay.end() }
                let bytes = (0..<12_000_000).map { UInt8(truncatingIfNeeded: $0 &>> 8) }
                let host = try server.host(port: relay.port)
                try await SSHSession.withSession(host) { session async throws in
                    let error = try await failure { try await session.upload(bytes, to: "\(folder)/file") }
                    #expect(error.code == .connectionLost)
                    #expect(error.operation == "upload 12000000 bytes to \(folder)/file")
                    try await until { try FileManager.default.contentsOfDirectory(atPath: folder) == ["file"] }
                    #expect(try String(contentsOfFile: "\(folder)/file", encoding: .utf8) == "before")
                    let outcome = try await session.upload(bytes, to: "\(folder)/file")
                    #expect(outcome == .stored)
                    #expect(try Data(contentsOf: URL(filePath: "\(folder)/file")) == Data(bytes))
                }
            }
        }

        @Test("a connection that died while nobody used it is replaced without an error")
        func idle() async throws {
            try await withServer { server async throws in
                try await SSHSession.withSession(server.host()) { session async throws in
                    for number in 0..<5 {
                        let output = try await session.run([
                            "sh", "-c", "echo \(number) >>\"$1\"; echo ok", "sh", server.path("ran"),
                        ])
                        #expect(output.text == "ok\n")
                        server.cut()
                    }
                    #expect(try server.lines("ran") == ["0", "1", "2", "3", "4"])
                }
            }
        }

        @Test("a host that is gone for good fails the next call by its deadline, as not run")
        func gone() async throws {
            let server = try SSHServer()
            let session = try await SSHSession.connect(server.host())
            server.end()
            let error = try await failure { _ = try await session.run(["true"], deadline: .seconds(5)) }
            #expect(error.code == .cannotConnect && !error.mayHaveRun)
            #expect(error.operation == "run true, connecting for it")
            await session.close()
        }

        @Test(
            "a connect ends by its deadline when the peer never speaks, and at once when it is cancelled or refused"
        )
        func connectDeadline() async throws {
            let mute = try Listener()
            let host = SSHHost(
                name: "mute", address: "127.0.0.1", port: mute.port, identities: [.keyFile("/dev/null")],
                knownHosts: "/dev/null")
            let start = ContinuousClock.now
            let late = try await failure { _ = try await SSHSession.connect(host, deadline: .milliseconds(300)) }
            #expect(late.code == .deadline && late.host.contains("mute"))
            #expect(ContinuousClock.now - start < .seconds(3))
            let call = Task { try await SSHSession.connect(host) }
            call.cancel()
            let cancelled = try await failure { _ = try await call.value }
            #expect(cancelled.code == .cancelled)
            var nobody = host
            nobody.port = try freePort()
            let refused = try await failure { _ = try await SSHSession.connect(nobody) }
            #expect(refused.code == .cannotConnect && refused.detail.contains("refused"))
            var nameless = host
            nameless.address = "no-such-name.invalid"
            let unknown = try await failure { _ = try await SSHSession.connect(nameless, deadline: .seconds(3)) }
            #expect(unknown.code == .cannotConnect || unknown.code == .deadline)
        }

        @Test(
            "many connections to an sshd with a small MaxStartups all come about, staggered or not",
            arguments: [0, 30])
        func manyAtOnce(stagger: Int) async throws {
            try await withServer(options: ["MaxStartups 2:100:2"]) { server async throws in
                let host = try server.host()
                let sessions = try await connectAll(
                    Array(repeating: host, count: 8), stagger: .milliseconds(stagger), atOnce: 4)
                #expect(sessions.count == 8)
                for session in sessions {
                    _ = try await session.run(["true"]).checked()
                    await session.close()
                }
            }
        }

        @Test("when some of many hosts fail, the others are closed again and all failures are named")
        func someFail() async throws {
            try await withServer { server async throws in
                let good = try server.host()
                var bad = good
                bad.port = try freePort()
                bad.name = "bad1"
                var worse = bad
                worse.name = "bad2"
                let hosts = [good, bad, good, worse]
                let outcomes = await connectEach(hosts)
                let kinds = outcomes.map { if case .success = $0 { true } else { false } }
                #expect(kinds == [true, false, true, false])
                for outcome in outcomes { if case .success(let session) = outcome { await session.close() } }
                let error = try await failure { _ = try await connectAll(hosts) }
                #expect(error.host.contains("bad1") && error.detail.contains("bad2"))
                try await until { server.sessionProcesses().isEmpty }
            }
        }
    }
}

/// Waits for something that another process does; gives up after ten seconds.
func until(_ condition: () throws -> Bool) async throws {
    for _ in 0..<1000 {
        if try condition() { return }
        try await Task.sleep(for: .milliseconds(10))
    }
    throw CommandError(.deadline, [], "what was waited for did not happen")
}

extension SSHServer {
    /// Kills the processes that serve connections, so that those break.
    func cut() { for process in sessionProcesses() { kill(process, SIGKILL) } }

    func lines(_ name: String) throws -> [String] {
        guard FileManager.default.fileExists(atPath: path(name)) else { return [] }
        return try String(contentsOfFile: path(name), encoding: .utf8).split(separator: "\n").map(String.init)
    }
}
