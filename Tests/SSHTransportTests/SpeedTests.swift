import Foundation
import SSHTransport
import Testing

extension SSHTransportTests {
    /// The bounds are far above what was measured: they catch a sleeping loop, not a busy machine.
    @Suite struct SpeedTests {
        @Test("a round trip on an open channel takes about a millisecond, a command a few more, an upload runs")
        func speeds() async throws {
            try await withServer { server async throws in
                try await SSHSession.withSession(server.host()) { session async throws in
                    let channel = try await session.openChannel(["cat"])
                    let trip = try await Self.median(of: 300) {
                        try await channel.write([1])
                        _ = try await channel.read(deadline: .seconds(10))
                    }
                    let command = try await Self.median(of: 20) { _ = try await session.run(["true"]) }
                    let bytes = [UInt8](repeating: 5, count: 32 << 20)
                    let clock = ContinuousClock()
                    let upload = try await clock.measure {
                        try await session.upload(bytes, to: server.path("file"))
                    }
                    let skipped = try await clock.measure {
                        try await session.upload(bytes, to: server.path("file"))
                    }
                    let download = try await clock.measure { _ = try await session.download(server.path("file")) }
                    let digest = clock.measure { _ = SHA256Digest.hex(of: bytes) }
                    print(
                        "round trip \(trip), command \(command), 32 MiB: upload \(upload), unchanged \(skipped),",
                        "download \(download), digest alone \(digest)")
                    #expect(trip < .milliseconds(20))
                    #expect(command < .seconds(1))
                    #expect(upload < .seconds(30))
                }
            }
        }

        static func median(of count: Int, _ body: () async throws -> Void) async throws -> Duration {
            var times: [Duration] = []
            for _ in 0..<count {
                let start = ContinuousClock.now
                try await body()
                times.append(ContinuousClock.now - start)
            }
            return times.sorted()[count / 2]
        }
    }
}
