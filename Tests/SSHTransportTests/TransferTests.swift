import Foundation
import HostProcesses
import SSHTransport
import Testing

extension SSHTransportTests {
    @Suite struct TransferTests {
        /// Names that a shell or a program might take for something else.
        static let names = [
            "plain", "-rf", "a b", "it's", "$(touch canary)", "new\nline\n", "é日本", "*", "\\", "--", "deep/er/file",
        ]

        @Test("a file is uploaded whole with its mode, once, and comes back the same", arguments: names)
        func roundTrip(name: String) async throws {
            try await withServer { server async throws in
                let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
                let source = server.path("source")
                try Data(bytes).write(to: URL(filePath: source))
                let target = server.path("target/\(name)")
                try await SSHSession.withSession(server.host()) { session async throws in
                    let first = try await session.upload(file: source, to: target, mode: 0o750)
                    let second = try await session.upload(file: source, to: target, mode: 0o700)
                    #expect(first == .stored && second == .unchanged)
                    #expect(try Self.mode(target) == 0o700)
                    #expect(try Data(contentsOf: URL(filePath: target)) == Data(bytes))
                    let back = try await session.download(target)
                    #expect(back == bytes)
                    try await session.download(target, toFile: server.path("back"))
                    #expect(try Data(contentsOf: URL(filePath: server.path("back"))) == Data(bytes))
                }
                let folder = URL(filePath: target).deletingLastPathComponent().path
                let left = try FileManager.default.contentsOfDirectory(atPath: folder)
                #expect(left.count == 1, "nothing but the file: \(left)")
            }
        }

        @Test(
            "other content replaces the file in one step; empty content is content",
            arguments: [[], [1, 2, 3]] as [[UInt8]])
        func replacement(bytes: [UInt8]) async throws {
            try await withServer { server async throws in
                try server.write("before", to: "file")
                try await SSHSession.withSession(server.host()) { session async throws in
                    let first = try await session.upload(bytes, to: server.path("file"))
                    let second = try await session.upload(bytes, to: server.path("file"))
                    #expect(first == .stored && second == .unchanged)
                    #expect(try Data(contentsOf: URL(filePath: server.path("file"))) == Data(bytes))
                    #expect(try Self.mode(server.path("file")) == 0o644)
                }
            }
        }

        @Test("a file goes under the digest that its caller knows, and is refused when it has another")
        func knownDigest() async throws {
            try await withServer { server async throws in
                try server.write("content", to: "source")
                let (source, target) = (server.path("source"), server.path("target"))
                try await SSHSession.withSession(server.host()) { session async throws in
                    let wrong = SHA256Digest.hex(of: Array("another".utf8))
                    let error = try await failure {
                        try await session.upload(file: source, digest: wrong, to: target)
                    }
                    #expect(error.code == .transferFailed && error.detail.contains("another digest"))
                    #expect(!FileManager.default.fileExists(atPath: target))
                    let right = SHA256Digest.hex(of: Array("content".utf8))
                    let first = try await session.upload(file: source, digest: right, to: target)
                    let second = try await session.upload(file: source, digest: right, to: target)
                    #expect(first == .stored && second == .unchanged)
                }
            }
        }

        @Test("an unchanged file costs one command and sends no content")
        func skip() async throws {
            try await withServer { server async throws in
                let bytes = [UInt8](repeating: 7, count: 3_000_000)
                try await SSHSession.withSession(server.host()) { session async throws in
                    try await session.upload(bytes, to: server.path("file"))
                    let before = try server.log().components(separatedBy: "Starting session").count
                    let outcome = try await session.upload(bytes, to: server.path("file"))
                    #expect(outcome == .unchanged)
                    #expect(try server.log().components(separatedBy: "Starting session").count == before + 1)
                }
            }
        }

        @Test("a target that cannot be written, and a source that cannot be read, are told with path and reason")
        func failures() async throws {
            try await withServer { server async throws in
                try await SSHSession.withSession(server.host()) { session async throws in
                    let onFolder = try await failure { try await session.upload([1], to: server.directory) }
                    #expect(onFolder.code == .transferFailed && onFolder.operation.contains(server.directory))
                    let noFolder = try await failure {
                        try await session.upload([UInt8](repeating: 0, count: 4_000_000), to: "/proc/none/file")
                    }
                    #expect(noFolder.code == .transferFailed && noFolder.detail.contains("/proc/none"))
                    let noSource = try await failure {
                        try await session.upload(file: "/does/not/exist", to: "/tmp/x")
                    }
                    #expect(noSource.code == .localFile && noSource.detail.contains("/does/not/exist"))
                    let noPath = try await failure { try await session.upload([1], to: "") }
                    #expect(noPath.code == .badArgument)
                    let absent = try await failure { _ = try await session.download("/does/not/exist") }
                    #expect(absent.code == .transferFailed && absent.detail.contains("/does/not/exist"))
                    let large = try await failure {
                        _ = try await session.download("/dev/zero", limit: 1 << 20, deadline: .seconds(2))
                    }
                    #expect(large.code == .outputLimit)
                    let still = try await session.run(["echo", "still"]).checked()
                    #expect(still.text == "still\n")
                }
            }
        }

        @Test("a cancelled upload and one past its deadline end at once and leave nothing behind")
        func givenUp() async throws {
            try await withServer { server async throws in
                try await SSHSession.withSession(server.host()) { session async throws in
                    let folder = server.path("target")
                    let bytes = [UInt8](repeating: 9, count: 64 << 20)
                    let call = Task { try await session.upload(bytes, to: "\(folder)/file") }
                    try await until { FileManager.default.fileExists(atPath: folder) }
                    call.cancel()
                    let cancelled = try await failure { _ = try await call.value }
                    #expect(cancelled.code == .cancelled)
                    let late = try await failure {
                        try await session.upload(bytes, to: "\(folder)/file", deadline: .milliseconds(10))
                    }
                    #expect(late.code == .deadline)
                    try await until { try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty }
                }
            }
        }

        static func mode(_ path: String) throws -> Int? {
            (try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? NSNumber)?.intValue
        }
    }
}
