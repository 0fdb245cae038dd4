import Foundation
import HostProcesses
import SSHTransport
import Testing

extension SSHTransportTests {
    @Suite struct ChannelTests {
        @Test("requests and replies flow over an open channel, and the end brings status and standard error")
        func conversation() async throws {
            try await withServer { server async throws in
                try await SSHSession.withSession(server.host()) { session async throws in
                    let channel = try await session.openChannel(["sh", "-c", "cat; echo bye >&2; exit 7"])
                    for number in 0..<50 {
                        try await channel.write(Array("request \(number)\n".utf8))
                        let reply = try await channel.read(deadline: .seconds(10))
                        #expect(reply == Array("request \(number)\n".utf8))
                    }
                    await channel.finishInput()
                    let end = try await channel.read(deadline: .seconds(10))
                    #expect(end == nil)
                    let output = try await channel.exit()
                    #expect(output.status == 7 && output.errorText == "bye\n")
                }
            }
        }

        @Test("the output of a channel is a sequence that ends with the program, and a slow reader loses nothing")
        func sequence() async throws {
            try await withServer { server async throws in
                try await SSHSession.withSession(server.host()) { session async throws in
                    let channel = try await session.openChannel([
                        "sh", "-c", "head -c 8000000 /dev/zero | tr '\\0' x",
                    ])
                    // While nobody reads, the program waits and other commands get through.
                    for _ in 0..<5 { _ = try await session.run(["true"]).checked() }
                    var count = 0
                    for try await chunk in channel.output {
                        #expect(chunk.allSatisfy { $0 == UInt8(ascii: "x") })
                        count += chunk.count
                    }
                    #expect(count == 8_000_000)
                    let output = try await channel.exit()
                    #expect(output.status == 0)
                }
            }
        }

        @Test("several channels of one session make progress while others stand still")
        func independence() async throws {
            try await withServer { server async throws in
                try await SSHSession.withSession(server.host()) { session async throws in
                    let idle = try await session.openChannel(["cat"])
                    let channels = try await [session.openChannel(["cat"]), session.openChannel(["cat"])]
                    for round in 0..<20 {
                        for channel in channels { try await channel.write([UInt8(round)]) }
                        for channel in channels.reversed() {
                            let reply = try await channel.read(deadline: .seconds(10))
                            #expect(reply == [UInt8(round)])
                        }
                    }
                    await idle.close()
                }
            }
        }

        @Test("a read past its deadline leaves the channel usable; a closed channel and one of no program say so")
        func endings() async throws {
            try await withServer { server async throws in
                try await SSHSession.withSession(server.host()) { session async throws in
                    let channel = try await session.openChannel(["cat"])
                    let late = try await failure { _ = try await channel.read(deadline: .milliseconds(100)) }
                    #expect(late.code == .deadline)
                    try await channel.write([1])
                    let reply = try await channel.read(deadline: .seconds(10))
                    #expect(reply == [1])
                    await channel.close()
                    let closed = try await failure { try await channel.write([2]) }
                    #expect(closed.code == .closed)
                    let absent = try await session.openChannel(["/does/not/exist"])
                    let output = try await absent.exit()
                    #expect(output.status == 127 && output.errorText.contains("/does/not/exist"))
                }
            }
        }

        @Test("more channels than a host allows wait for each other", arguments: [1, 2])
        func fewSessions(limit: Int) async throws {
            try await withServer(options: ["MaxSessions \(limit)"]) { server async throws in
                try await SSHSession.withSession(server.host()) { session async throws in
                    let outputs = try await withThrowingTaskGroup(of: String.self) { group in
                        for number in 0..<6 {
                            group.addTask {
                                try await session.run(["sh", "-c", "sleep 0.05; echo \(number)"]).checked().text
                            }
                        }
                        return try await group.reduce(into: Set()) { $0.insert($1) }
                    }
                    #expect(outputs == Set((0..<6).map { "\($0)\n" }))
                }
            }
        }
    }
}
