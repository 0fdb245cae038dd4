import Foundation
import HostProcesses
import SSHTransport
import Testing

extension SSHTransportTests {
    @Suite struct HostKeyTests {
        @Test("an unknown host key is refused with host, fingerprint and what to do")
        func unknown() async throws {
            try await withServer { server async throws in
                let fingerprint = try Self.fingerprint(server.path("host_ed25519.pub"))
                let error = try await failure { _ = try await SSHSession.connect(server.host(knownHosts: "")) }
                #expect(error.code == .unknownHostKey)
                #expect(error.host.contains("n1") && error.host.contains("127.0.0.1:\(server.port)"))
                #expect(error.detail.contains(fingerprint))
                #expect(error.advice.contains("ssh-keyscan -t ed25519 -p \(server.port) 127.0.0.1 >> "))
                #expect(error.advice.contains("ssh-keygen -lF '[127.0.0.1]:\(server.port)' -f "))
                #expect(!error.advice.contains("acceptNew"))
                #expect(!error.mayHaveRun)
            }
        }

        @Test(
            "a changed host key is refused by both policies, with its fingerprint",
            arguments: [HostKeyPolicy.strict, .acceptNew])
        func changed(policy: HostKeyPolicy) async throws {
            try await withServer { server async throws in
                try server.makeKey("other", "ed25519")
                let fingerprint = try Self.fingerprint(server.path("host_ed25519.pub"))
                let host = try server.host(knownHosts: server.knownHostsLine("other"), policy: policy)
                let error = try await failure { _ = try await SSHSession.connect(host) }
                #expect(error.code == .changedHostKey)
                #expect(error.detail.contains(fingerprint) && error.detail.contains(host.knownHosts))
                #expect(error.advice.contains("ssh-keygen -R '[127.0.0.1]:\(server.port)'"))
            }
        }

        @Test("a host that lost the kind of key it is known by counts as changed")
        func changedKind() async throws {
            try await withServer(hostKeys: ["ecdsa"]) { server async throws in
                try server.makeKey("other", "ed25519")
                let host = try server.host(knownHosts: server.knownHostsLine("other"), policy: .acceptNew)
                let error = try await failure { _ = try await SSHSession.connect(host) }
                #expect(error.code == .changedHostKey)
                #expect(error.detail.contains("ssh-ed25519") && error.detail.contains("ecdsa-sha2-nistp256"))
            }
        }

        @Test(
            "a host is found by the kind of key it is known by, whatever the server prefers",
            arguments: ["ed25519", "ecdsa"])
        func preference(kind: String) async throws {
            try await withServer(
                hostKeys: ["ecdsa", "ed25519", "rsa"],
                options: ["HostKeyAlgorithms ecdsa-sha2-nistp256,ssh-ed25519,rsa-sha2-512"]
            ) { server async throws in
                let host = try server.host(knownHosts: server.knownHostsLine("host_\(kind)"))
                try await SSHSession.withSession(host) { _ = try await $0.run(["true"]).checked() }
            }
        }

        @Test("hashed entries, comments, other hosts and odd lines in the file are understood")
        func hashed() async throws {
            try await withServer { server async throws in
                let rubbish =
                    "# comment\n\n|1|x|y ssh-ed25519\nother.example ssh-ed25519 AAAA\n@cert-authority * ssh-ed25519 AAAA\n"
                let host = try server.host(knownHosts: server.knownHostsLine())
                let command = ["ssh-keygen", "-H", "-f", host.knownHosts]
                _ = try runCommand(command).checked(command)
                let hashed = try String(contentsOfFile: host.knownHosts, encoding: .utf8)
                #expect(hashed.hasPrefix("|1|"))
                try Data((rubbish + hashed).utf8).write(to: URL(filePath: host.knownHosts))
                try await SSHSession.withSession(host) { _ = try await $0.run(["true"]).checked() }
            }
        }

        @Test("an entry for another port, or for no port, does not count")
        func otherPort() async throws {
            try await withServer { server async throws in
                let line = try server.knownHostsLine()
                for name in ["[127.0.0.1]:\(server.port &+ 1)", "127.0.0.1"] {
                    let entry = line.replacingOccurrences(of: "[127.0.0.1]:\(server.port)", with: name)
                    let error = try await failure {
                        _ = try await SSHSession.connect(server.host(knownHosts: entry))
                    }
                    #expect(error.code == .unknownHostKey)
                }
            }
        }

        @Test("a key marked as revoked is refused although another line lists it")
        func revoked() async throws {
            try await withServer { server async throws in
                let line = try server.knownHostsLine()
                let error = try await failure {
                    _ = try await SSHSession.connect(server.host(knownHosts: line + "@revoked " + line))
                }
                #expect(error.code == .revokedHostKey)
            }
        }

        @Test(
            "acceptNew writes an unknown key down once, and strict then accepts it",
            arguments: ["", "# no line end"])
        func acceptNew(before: String) async throws {
            try await withServer { server async throws in
                var host = try server.host(knownHosts: before, policy: .acceptNew)
                for _ in 0..<2 { try await SSHSession.connect(host).close() }
                let file = try String(contentsOfFile: host.knownHosts, encoding: .utf8)
                #expect(file == (before.isEmpty ? "" : before + "\n") + (try server.knownHostsLine()))
                host.hostKeyPolicy = .strict
                try await SSHSession.connect(host).close()
            }
        }

        @Test("a host with only an RSA key is refused with the reason, known or not", arguments: [false, true])
        func rsaOnly(isKnown: Bool) async throws {
            try await withServer(hostKeys: ["rsa"]) { server async throws in
                let host = try server.host(knownHosts: isKnown ? server.knownHostsLine("host_rsa") : "")
                let error = try await failure { _ = try await SSHSession.connect(host) }
                #expect(error.code == .unsupportedHostKey)
                #expect(error.detail.contains(isKnown ? "ssh-rsa" : "rsa-sha2-512"))
                #expect(error.detail.contains("libssh2 1.10"))
                #expect(error.advice.lowercased().contains("ed25519"))
            }
        }

        /// What `ssh-keygen -l` prints for a public key.
        static func fingerprint(_ file: String) throws -> String {
            let command = ["ssh-keygen", "-l", "-f", file]
            let words = try runCommand(command).checked(command).standardOutput.split(separator: " ")
            return String(words[1])
        }
    }
}
