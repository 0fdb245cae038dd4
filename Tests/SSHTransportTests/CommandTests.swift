import Foundation
import HostProcesses
import SSHTransport
import Testing

extension SSHTransportTests {
    @Suite struct CommandTests {
        @Test("every hostile argument reaches the program unchanged and makes nothing happen")
        func injection() async throws {
            try await withServer { server async throws in
                let canary = server.path("canary")
                let hostile = [
                    "", "'", "\"", "$(touch \(canary))", "`touch \(canary)`", "; touch \(canary)",
                    "\n touch \(canary)\n",
                    "| touch \(canary)", "&& touch \(canary)", "' ; touch \(canary) #", "-rf", "--", "*", "~",
                    "é日本👩‍👩‍👧", "\\",
                    "${IFS}", "!!", "\u{1B}[2J", "a\tb", "x\r",
                ]
                try await SSHSession.withSession(server.host()) { session async throws in
                    let output = try await session.run(["printf", "%s\\0"] + hostile).checked()
                    #expect(output.text == hostile.map { $0 + "\0" }.joined())
                    let error = try await failure { _ = try await session.run(["echo", "a\0b"]) }
                    #expect(error.code == .badArgument && !error.mayHaveRun)
                }
                #expect(!FileManager.default.fileExists(atPath: canary))
            }
        }

        @Test("exit status and signal are told apart, and checked() names host, command and standard error")
        func endings() async throws {
            try await withServer { server async throws in
                try await SSHSession.withSession(server.host()) { session async throws in
                    for status in [0, 1, 42, 255] {
                        #expect(try await session.run(["sh", "-c", "exit \(status)"]).status == Int32(status))
                    }
                    let killed = try await session.run(["sh", "-c", "kill -9 $$"])
                    #expect(killed.status == nil && killed.signal == "KILL")
                    #expect(try await session.run(["/does/not/exist"]).status == 127)
                    let error = try await failure {
                        _ = try await session.run(["sh", "-c", "echo bad >&2; exit 3"]).checked()
                    }
                    #expect(error.code == .commandFailed && error.host.contains("n1"))
                    #expect(error.operation.contains("run sh -c") && error.detail == "status 3: bad\n ")
                }
            }
        }

        @Test("megabytes in, out and to standard error at once do not block each other")
        func allStreams() async throws {
            try await withServer { server async throws in
                try await SSHSession.withSession(server.host()) { session async throws in
                    let input = (0..<(6 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 &>> 9) }
                    let output = try await session.run(["sh", "-c", "tee /dev/stderr"], input: input).checked()
                    #expect(output.standardOutput == input)
                    #expect(output.standardError == input)
                }
            }
        }

        @Test("a program that reads none of megabytes of input ends normally")
        func unreadInput() async throws {
            try await withServer { server async throws in
                try await SSHSession.withSession(server.host()) { session async throws in
                    let output = try await session.run(
                        ["echo", "done"], input: [UInt8](repeating: 1, count: 8 << 20))
                    #expect(output.status == 0 && output.text == "done\n")
                }
            }
        }

        @Test("output beyond the limit ends the call with an error, and the session goes on")
        func outputLimit() async throws {
            try await withServer { server async throws in
                try await SSHSession.withSession(server.host()) { session async throws in
                    for script in ["yes", "yes >&2"] {
                        let error = try await failure {
                            _ = try await session.run(["sh", "-c", script], outputLimit: 100_000)
                        }
                        #expect(error.code == .outputLimit && error.mayHaveRun)
                    }
                    #expect(try await session.run(["echo", "still"]).checked().text == "still\n")
                }
            }
        }

        @Test("a command past its deadline fails in time, with word that it may still run, and the session goes on")
        func deadline() async throws {
            try await withServer { server async throws in
                try await SSHSession.withSession(server.host()) { session async throws in
                    let clock = ContinuousClock.now
                    let error = try await failure {
                        _ = try await session.run(["sleep", "30"], deadline: .milliseconds(300))
                    }
                    #expect(ContinuousClock.now - clock < .seconds(3))
                    #expect(error.code == .deadline && error.mayHaveRun)
                    #expect(error.operation == "run sleep 30")
                    #expect(try await session.run(["echo", "still"]).checked().text == "still\n")
                }
            }
        }

        @Test("commands that hold their channels past the deadline do not make the session useless")
        func lingering() async throws {
            try await withServer { server async throws in
                try await SSHSession.withSession(server.host()) { session async throws in
                    await withTaskGroup(of: SSHError.Code?.self) { group in
                        for _ in 0..<8 {
                            group.addTask {
                                try? await failure {
                                    _ = try await session.run(["sleep", "30"], deadline: .seconds(2))
                                }.code
                            }
                        }
                        for await code in group { #expect(code == .deadline) }
                    }
                    #expect(
                        try await session.run(["echo", "still"], deadline: .seconds(10)).checked().text == "still\n"
                    )
                }
            }
        }

        @Test("a cancelled call ends at once with an error of its own")
        func cancellation() async throws {
            try await withServer { server async throws in
                try await SSHSession.withSession(server.host()) { session async throws in
                    let call = Task { try await session.run(["sleep", "30"]) }
                    while try await session.run(["pgrep", "-f", "^sleep 30$"]).status != 0 {}
                    call.cancel()
                    let error = try await failure { _ = try await call.value }
                    #expect(error.code == .cancelled)
                }
            }
        }

        @Test("twenty commands at once share eight channels; none is lost and they run side by side")
        func twenty() async throws {
            try await withServer(options: ["MaxSessions 8"]) { server async throws in
                try await SSHSession.withSession(server.host()) { session async throws in
                    let folder = server.path("running")
                    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
                    let script = "touch \"$1/$2\"; ls \"$1\" | wc -l; sleep 0.2; rm \"$1/$2\"; echo \"$2\""
                    let counts = try await withThrowingTaskGroup(of: Int.self) { group in
                        for number in 0..<20 {
                            group.addTask {
                                let output = try await session.run(["sh", "-c", script, "sh", folder, "\(number)"])
                                    .checked()
                                let lines = output.text.split(separator: "\n").map(String.init)
                                #expect(lines.last == "\(number)")
                                return lines.first.flatMap { Int($0) } ?? 0
                            }
                        }
                        return try await group.reduce(into: []) { $0.append($1) }
                    }
                    #expect(counts.count == 20)
                    #expect(counts.allSatisfy { (1...8).contains($0) })
                    #expect((counts.max() ?? 0) > 1)
                }
            }
        }

        @Test("a command that waits for a channel past its deadline was not run")
        func waitingDeadline() async throws {
            try await withServer { server async throws in
                try await SSHSession.withSession(server.host()) { session async throws in
                    let file = server.path("ran")
                    let sleepers = (0..<8).map { _ in Task { try? await session.run(["sleep", "3"]) } }
                    while try runCommand(["pgrep", "-fc", "^sleep 3$"]).standardOutput != "8\n" {}
                    let error = try await failure {
                        _ = try await session.run(["touch", file], deadline: .milliseconds(200))
                    }
                    #expect(error.code == .deadline && !error.mayHaveRun)
                    for sleeper in sleepers { sleeper.cancel() }
                    #expect(!FileManager.default.fileExists(atPath: file))
                }
            }
        }

        @Test("a closed session fails what is under way and what comes later")
        func closed() async throws {
            try await withServer { server async throws in
                let session = try await SSHSession.connect(server.host())
                let call = Task { try await session.run(["sleep", "30"]) }
                while try await session.run(["pgrep", "-f", "^sleep 30$"]).status != 0 {}
                await session.close()
                await session.close()
                let underWay = try await failure { _ = try await call.value }
                #expect(underWay.code == .closed && underWay.mayHaveRun)
                let later = try await failure { _ = try await session.run(["true"]) }
                #expect(later.code == .closed && !later.mayHaveRun)
            }
        }
    }
}
