import Foundation
import HostProcesses
import SSHTransport
import Testing

/// Runs `body` with a private sshd and ends that, however `body` ends.
func withServer<Value>(
    hostKeys: [String] = ["ed25519"], options: [String] = [],
    _ body: (SSHServer) async throws -> Value
) async throws -> Value {
    let server = try SSHServer(hostKeys: hostKeys, options: options)
    defer { server.end() }
    return try await body(server)
}

/// The error that `body` must throw.
func failure(_ body: () async throws -> Void) async throws -> SSHError {
    do {
        try await body()
    } catch let error as SSHError {
        return error
    }
    throw CommandError(.failed, [], "no error was thrown")
}

extension SSHTransportTests {
    @Suite struct LoginTests {
        @Test("a host behind a name tells the address at which it was found")
        func name() async throws {
            try await withServer { server async throws in
                var host = try server.host(policy: .acceptNew)
                host.address = "localhost"
                try await SSHSession.withSession(host) { session async throws in
                    #expect(try await session.peerAddress() == "127.0.0.1")
                    await session.close()
                    let error = try await failure { _ = try await session.peerAddress() }
                    #expect(error.code == .closed)
                }
            }
        }

        @Test(
            "an Ed25519 or ECDSA key file logs in, with and without passphrase",
            arguments: [
                ("ed25519", "", []), ("ed25519", "open sesame", []), ("ecdsa", "", []), ("ecdsa", "ü'\"", []),
                ("ecdsa", "", ["-b", "384"]), ("ecdsa", "", ["-b", "521"]), ("ecdsa", "", ["-m", "PEM"]),
            ] as [(String, String, [String])])
        func keyFile(kind: String, passphrase: String, more: [String]) async throws {
            try await withServer { server async throws in
                try server.makeKey("key", kind, passphrase: passphrase, more: more)
                try server.authorize("key")
                let identity = SSHIdentity.keyFile(
                    server.path("key"), passphrase: passphrase.isEmpty ? nil : passphrase)
                try await SSHSession.withSession(server.host(identity)) { session async throws in
                    #expect(try await session.run(["echo", "in"]).checked().text == "in\n")
                }
            }
        }

        @Test(
            "a passphrase that is wrong or missing is said to be so", arguments: ["ed25519", "ecdsa"],
            ["nope", nil])
        func wrongPassphrase(kind: String, passphrase: String?) async throws {
            try await withServer { server async throws in
                try server.makeKey("key", kind, passphrase: "right")
                try server.authorize("key")
                let error = try await failure {
                    _ = try await SSHSession.connect(
                        server.host(.keyFile(server.path("key"), passphrase: passphrase)))
                }
                #expect(error.code == .wrongPassphrase)
                #expect(error.description.contains(server.path("key")))
                #expect(!error.description.contains("nope"))
            }
        }

        @Test(
            "an RSA key file is refused before it is tried, with the reason",
            arguments: [[], ["-m", "PEM"], ["-m", "PKCS8"]])
        func rsaKey(more: [String]) async throws {
            try await withServer { server async throws in
                try server.makeKey("key", "rsa", more: ["-b", "2048"] + more)
                try server.authorize("key")
                let error = try await failure {
                    _ = try await SSHSession.connect(server.host(.keyFile(server.path("key"))))
                }
                #expect(error.code == .unusableIdentity)
                #expect(error.detail.contains("RSA") && error.detail.contains("rsa-sha2"))
                #expect(error.advice.contains("ssh-keygen -t ed25519"))
                #expect(error.host.contains("n1") && error.host.contains("127.0.0.1:\(server.port)"))
                #expect(try !server.log().contains("Failed publickey"))
            }
        }

        @Test(
            "a file that is no usable key is refused, with its path",
            arguments: [
                ("", "no Ed25519"), ("rubbish", "no Ed25519"),
                ("-----BEGIN OPENSSH PRIVATE KEY-----\n@@", "no Ed25519"),
                (nil, "No such file"),
            ])
        func noKey(content: String?, reason: String) async throws {
            try await withServer { server async throws in
                if let content { try server.write(content, to: "key") }
                let error = try await failure {
                    _ = try await SSHSession.connect(server.host(.keyFile(server.path("key"))))
                }
                #expect(error.code == .unusableIdentity)
                #expect(error.detail.contains(reason) && error.detail.contains(server.path("key")))
            }
        }

        @Test("a key that the host does not know is refused, and a later identity may still log in")
        func unknownKey() async throws {
            try await withServer { server async throws in
                try server.makeKey("stranger", "ed25519")
                var host = try server.host(.keyFile(server.path("stranger")))
                let error = try await failure { _ = try await SSHSession.connect(host) }
                #expect(error.code == .authenticationRefused)
                #expect(error.advice.contains("authorized_keys"))
                host.identities.append(.keyFile(server.path("user")))
                try await SSHSession.withSession(host) { _ = try await $0.run(["true"]).checked() }
            }
        }

        @Test("an ssh-agent logs in with an Ed25519 or ECDSA key, passing over the RSA keys it holds")
        func agent() async throws {
            try await withServer { server async throws in
                let agent = try Agent(server.path("agent"))
                defer { agent.end() }
                let host = try server.host(.agent(socketPath: agent.socket))
                let empty = try await failure { _ = try await SSHSession.connect(host) }
                #expect(empty.code == .unusableIdentity && empty.detail.contains("holds no"))
                try server.makeKey("rsa", "rsa", more: ["-b", "2048"])
                try agent.add(server.path("rsa"))
                let onlyRSA = try await failure { _ = try await SSHSession.connect(host) }
                #expect(onlyRSA.code == .unusableIdentity && onlyRSA.detail.contains("rsa-sha2"))
                for kind in ["ed25519", "ecdsa"] {
                    try server.makeKey(kind, kind)
                    try server.authorize(kind)
                    try agent.add(server.path(kind))
                    try await SSHSession.withSession(host) { _ = try await $0.run(["true"]).checked() }
                    try agent.remove(server.path(kind))
                }
            }
        }

        @Test("an ssh-agent that is absent, or hangs, ends in an error by the deadline")
        func badAgent() async throws {
            try await withServer { server async throws in
                let absent = try server.host(.agent(socketPath: server.path("nothing")))
                let none = try await failure { _ = try await SSHSession.connect(absent) }
                #expect(none.code == .unusableIdentity)
                let mute = try MuteAgent(server.path("mute"))
                let hanging = try server.host(.agent(socketPath: mute.path))
                let error = try await failure {
                    _ = try await SSHSession.connect(hanging, deadline: .milliseconds(500))
                }
                #expect(error.code == .deadline)
            }
        }
    }
}
