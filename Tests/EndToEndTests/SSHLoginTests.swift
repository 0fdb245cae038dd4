import Foundation
import HostProcesses
import Testing

@Suite("Logging in to the hosts of a hosts file", .serialized, .needsProgramsAndLab)
struct SSHLoginTests {
    @Test("A run logs in with a key, with a key behind a passphrase, and through an agent")
    func everyIdentity() async throws {
        try await withSSHLab { lab in
            let locked = try makeKey(lab, "locked", "ed25519", passphrase: "a passphrase")
            let held = try makeKey(lab, "held", "ecdsa")
            // Each host takes its own key only, so that no other identity can be what got in.
            try authorize(locked, on: "n2", lab)
            try authorize(held, on: "n3", lab)
            let agent = try KeyAgent(socket: "\(lab.scratch)/agent.sock")
            defer { agent.stop() }
            try agent.add(held)
            try FileManager.default.removeItem(atPath: held)
            var blocks = try hostBlocks(lab)
            blocks[1] = replaceIdentity(
                blocks[1], "identity: \"\(locked)\"\n    passphrase_env: \"SSH_TEST_PASSPHRASE\"")
            blocks[2] = replaceIdentity(blocks[2], "agent: true")
            let run = try lab.run(
                "hosts:\n" + blocks.joined(),
                environment: ["SSH_TEST_PASSPHRASE": "a passphrase", "SSH_AUTH_SOCK": agent.socket])
            #expect(run.output.status == 0, "\(run.text)")
            #expect(run.text.contains("proven"))
            for host in ["n1", "n2", "n3"] { try #expect(lab.leftovers(on: host) == "") }
        }
    }

    @Test("Hosts are found by their names, and a run keeps to the state directory of the hosts file")
    func namesAndDirectory() async throws {
        try await withSSHLab { lab in
            let blocks = try hostBlocks(lab)
            let addresses = try blocks.map(address)
            let names = zip(addresses, 1...).map { "\($0) n\($1)\n" }.joined()
            let elsewhere = try zip(blocks, 1...).map { block, number in
                block.replacing(try Regex("address: .*"), with: "address: \"n\(number)\"")
                    .replacing(try Regex("state_directory: .*"), with: "state_directory: \"/tmp/the state\"")
            }
            let run = try lab.run("hosts:\n" + elsewhere.joined(), names: names)
            #expect(run.output.status == 0, "\(run.text)")
            for (host, address) in zip(["n1", "n2", "n3"], addresses) {
                #expect(run.file("run.json").contains(address))
                try #expect(lab.leftovers(on: host) == "")
                let left = try lab.shell(
                    host, "cd '/tmp/the state'; find . -mindepth 1 ! -path './bin/*' ! -path './agent/*'")
                #expect(Set(left.split(separator: "\n")) == ["./bin", "./agent", "./runs"])
                #expect(try lab.shell(host, "ls /var/lib/inquest") == "")
            }
        }
    }

    @Test("A name without an address, and two names of one machine, end with exit code 3 and say so")
    func badNames() async throws {
        try await withSSHLab { lab in
            let blocks = try hostBlocks(lab)
            let names = "\(try address(blocks[0])) n1\n"
            func run(_ name: String) throws -> SSHRun {
                var blocks = blocks
                blocks[1].replace(try Regex("address: .*"), with: "address: \"\(name)\"")
                return try lab.run("hosts:\n" + blocks.joined(), names: names, seconds: 60)
            }
            let unknown = try run("nowhere.invalid")
            #expect(unknown.output.status == 3, "\(unknown.text)")
            for words in ["n2", "nowhere.invalid", "cannotConnect"] {
                #expect(unknown.text.contains(words), "\(unknown.text)")
            }
            let twice = try run("n1")
            #expect(twice.output.status == 3, "\(twice.text)")
            #expect(twice.text.contains("hosts n1 and n2 have one address"), "\(twice.text)")
            for host in ["n1", "n2", "n3"] { try #expect(lab.leftovers(on: host) == "") }
        }
    }

    @Test("A login that cannot be ends with exit code 3, the host's name and the reason")
    func refusals() async throws {
        try await withSSHLab(hosts: 3) { lab in
            for refusal in try makeRefusals(lab) {
                let run = try lab.run(
                    refusal.hosts, environment: refusal.environment, seconds: 40)
                #expect(run.output.status == refusal.code, "\(refusal.name): \(run.text)")
                for words in refusal.words {
                    #expect(run.text.contains(words), "\(refusal.name): no '\(words)' in: \(run.text)")
                }
            }
            for host in ["n1", "n2", "n3"] { try #expect(lab.leftovers(on: host) == "") }
        }
    }

    @Test("A host that has an RSA key only is refused with the reason")
    func rsaHost() async throws {
        try await withSSHLab(hosts: 3, hostKeys: "rsa") { lab in
            let run = try lab.run(try lab.hostsText, seconds: 40)
            #expect(run.output.status == 3, "\(run.text)")
            for words in ["n1", "unsupportedHostKey", "RSA"] { #expect(run.text.contains(words), "\(run.text)") }
        }
    }
}

/// A hosts file with which no run can begin, and what is said about it.
private struct Refusal {
    var name: String
    var hosts: String
    var environment: [String: String] = [:]
    var code: Int32 = 3
    var words: [String]
}

private func makeRefusals(_ lab: SSHLab) throws -> [Refusal] {
    let text = try lab.hostsText
    let known = try String(contentsOfFile: knownHosts(lab), encoding: .utf8)
    let empty = "\(lab.scratch)/empty"
    try "".write(toFile: empty, atomically: true, encoding: .utf8)
    let changed = "\(lab.scratch)/changed"
    try changedHosts(known).write(toFile: changed, atomically: true, encoding: .utf8)
    let rsa = try makeKey(lab, "rsa", "rsa")
    let locked = try makeKey(lab, "locked-too", "ed25519", passphrase: "the right one")
    let stranger = try makeKey(lab, "stranger", "ed25519")
    let blocks = try hostBlocks(lab)
    func second(_ identity: String) -> String {
        var blocks = blocks
        blocks[1] = replaceIdentity(blocks[1], identity)
        return "hosts:\n" + blocks.joined()
    }
    let withPassphrase = "identity: \"\(locked)\"\n    passphrase_env: \"SSH_TEST_PASSPHRASE\""
    let fingerprint = try serverFingerprint(lab)
    return [
        Refusal(
            name: "unknown host key", hosts: text.replacing(knownHosts(lab), with: empty),
            words: [
                "n1", "unknownHostKey", "SHA256:", fingerprint, "ssh-keyscan -t ed25519 -p 22", ">> '\(empty)'",
            ]),
        Refusal(
            name: "changed host key", hosts: text.replacing(knownHosts(lab), with: changed),
            words: ["n1", "changedHostKey", "SHA256:", fingerprint]),
        Refusal(
            name: "RSA identity", hosts: second("identity: \"\(rsa)\""), words: ["n2", "unusableIdentity", "RSA"]),
        Refusal(
            name: "wrong passphrase", hosts: second(withPassphrase),
            environment: ["SSH_TEST_PASSPHRASE": "a wrong one"], words: ["n2", "wrongPassphrase", locked]),
        Refusal(
            name: "passphrase not set", hosts: second(withPassphrase), code: 64,
            words: ["n2", "SSH_TEST_PASSPHRASE", "not set"]),
        Refusal(
            name: "a key that the host does not take", hosts: second("identity: \"\(stranger)\""),
            words: ["n2", "authenticationRefused"]),
        Refusal(
            name: "no agent", hosts: second("agent: true"),
            environment: ["SSH_AUTH_SOCK": "\(lab.scratch)/nobody.sock"], words: ["n2", "agent"]),
    ]
}

/// The known_hosts text with the keys of the hosts swapped: every host seems to have another key.
private func changedHosts(_ known: String) -> String {
    let lines = known.split(separator: "\n").map { $0.split(separator: " ", maxSplits: 1).map(String.init) }
    let names = lines.map { $0[0] }
    let shift = lines.firstIndex { $0[0] != names[0] } ?? 0
    return lines.indices.map { "\(names[$0]) \(lines[($0 + shift) % lines.count][1])\n" }.joined()
}

private func knownHosts(_ lab: SSHLab) -> String {
    URL(fileURLWithPath: lab.hostsFile).deletingLastPathComponent().path + "/known_hosts"
}

/// The fingerprint of n1's first key, as ssh-keygen has it.
private func serverFingerprint(_ lab: SSHLab) throws -> String {
    let words = try lab.shell("n1", "ssh-keygen -l -f /run/lab/ssh/ssh_host_ed25519_key.pub")
    return String(try #require(words.split(separator: " ").dropFirst().first))
}

/// The items of the lab's hosts file, in order.
private func hostBlocks(_ lab: SSHLab) throws -> [String] {
    try lab.hostsText.split(separator: "  - ").dropFirst().map { "  - \($0)" }
}

private func address(_ block: String) throws -> String {
    let line = try #require(block.split(separator: "\n").first { $0.contains("address: ") })
    return line.split(separator: "\"").dropFirst().first.map(String.init) ?? ""
}

private func replaceIdentity(_ block: String, _ identity: String) -> String {
    block.split(separator: "\n").map { line in
        line.contains("identity:") ? "    \(identity)\n" : "\(line)\n"
    }.joined()
}

/// Makes a key pair and gives the path of the private key.
private func makeKey(_ lab: SSHLab, _ name: String, _ type: String, passphrase: String = "") throws -> String {
    let path = "\(lab.scratch)/\(name)"
    let command = ["ssh-keygen", "-q", "-t", type, "-N", passphrase, "-C", name, "-f", path]
    _ = try runCommand(command).checked(command)
    return path
}

/// Makes this key the only one that a host takes.
private func authorize(_ key: String, on host: String, _ lab: SSHLab) throws {
    let text = try String(contentsOfFile: "\(key).pub", encoding: .utf8)
    try lab.shell(host, "cat >/run/lab/ssh/authorized_keys", input: text)
}

/// An ssh-agent of the test's own.
private struct KeyAgent {
    var socket: String
    private var pid: pid_t

    init(socket: String) throws {
        self.socket = socket
        let command = ["ssh-agent", "-s", "-a", socket]
        let words = try runCommand(command).checked(command).standardOutput
        let number = words.split(separator: ";").compactMap { $0.split(separator: "SSH_AGENT_PID=").last }
            .compactMap { Int32($0) }.first
        pid = try #require(number, "\(words)")
    }

    func add(_ key: String) throws {
        let command = ["ssh-add", "-q", key]
        var environment = ProcessInfo.processInfo.environment
        environment["SSH_AUTH_SOCK"] = socket
        _ = try runCommand(command, environment: environment).checked(command)
    }

    func stop() { kill(pid, SIGTERM) }
}
