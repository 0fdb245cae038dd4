import AgentProtocol
import Foundation
import Glibc
import HostProcesses

/// A host of its own for one test: network, pid and mount namespaces with empty `/run` and `/tmp`.
///
/// All of its processes die with the process that holds it, whatever the test did; that one ends when the pipe at its
/// input is closed, so also when the tests themselves end in a way that runs no clean-up.
struct LabHost: Sendable {
    static let program = "/run/inquest-agent"
    static let state = "/run/state"
    static let socket = "/run/inquest/agent.sock"

    let name: String
    private let holder: Int32
    /// The first process within the namespaces, as this machine numbers it.
    let root: Int32

    private static let boot = """
        set -e
        mount -t tmpfs none /run
        cp "$0" /run/inquest-agent
        mount -t tmpfs none /tmp
        mount -t tmpfs none /dev/shm
        ip link set lo up
        echo READY
        exec cat > /dev/null
        """

    private static var built: String {
        let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        let beside = URL(fileURLWithPath: own).deletingLastPathComponent().appendingPathComponent("inquest-agent")
            .path
        if FileManager.default.isExecutableFile(atPath: beside) { return beside }
        let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return package.appendingPathComponent(".build/debug/inquest-agent").path
    }

    fileprivate init(_ name: String) throws {
        self.name = name
        let child = try PipedChild([
            "unshare", "--net", "--pid", "--mount", "--uts", "--fork", "--kill-child", "--mount-proc", "--", "sh",
            "-c",
            Self.boot, Self.built,
        ])
        holder = child.pid
        guard child.firstLine(seconds: 10) == "READY" else {
            child.kill()
            throw AgentError(.failed, "no namespaces for a test")
        }
        let children = try String(contentsOfFile: "/proc/\(holder)/task/\(holder)/children", encoding: .utf8)
        guard let root = children.split(separator: " ").first.flatMap({ Int32($0) }) else {
            child.kill()
            throw AgentError(.failed, "no process within the namespaces")
        }
        self.root = root
    }

    fileprivate func end() {
        kill(holder, SIGKILL)
        var status: Int32 = 0
        _ = unsafe waitpid(holder, &status, 0)
        // Ends with its namespace, but a moment later.
        for _ in 0..<200 where kill(root, 0) == 0 { usleep(5000) }
    }

    func entering(_ argv: [String]) -> [String] {
        ["nsenter", "--target", "\(root)", "--net", "--pid", "--mount", "--uts", "--"] + argv
    }

    @discardableResult
    func run(_ argv: [String], deadlineSeconds: Double = 30) throws -> CommandOutput {
        try runCommand(entering(argv), deadlineSeconds: deadlineSeconds)
    }

    /// What a shell prints, trimmed; it must end with 0.
    @discardableResult
    func shell(_ text: String) throws -> String {
        try run(["sh", "-c", text]).checked([text]).standardOutput.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    func agent(_ word: String, _ more: [String] = []) throws -> CommandOutput {
        try run([Self.program, word, "--state", Self.state, "--socket", Self.socket] + more)
    }

    func startAgent(_ more: [String] = []) throws {
        _ = try agent("start", more).checked(["start"])
    }

    func status() throws -> StatusReply {
        let text = try agent("status").checked(["status"]).standardOutput
        return try JSONDecoder().decode(StatusReply.self, from: Data(text.utf8))
    }

    /// A new bridge to the agent, as an SSH channel would carry one.
    @Sendable func attach() throws -> PipeChannel {
        PipeChannel(
            try PipedChild(
                entering([Self.program, "attach", "--state", Self.state, "--socket", Self.socket]), isQuiet: true))
    }

    func withClient<Value: Sendable>(
        _ controller: String = "test", options: AgentClientOptions = AgentClientOptions(),
        _ body: (AgentClient<PipeChannel>) async throws -> Value
    ) async throws -> Value {
        try await withAgentClient(host: name, controller: controller, options: options, connect: attach, body: body)
    }

    var hasTable: Bool {
        get throws { try run(["nft", "list", "table", "inet", "inquest"]).status == 0 }
    }

    /// Living processes whose command line holds a word.
    func count(_ word: String) throws -> Int {
        let list = try shell("ps -eo stat,args | grep -v grep | grep -v '^Z' | grep -- '\(word)' | wc -l")
        return Int(list) ?? -1
    }

    /// Waits until something is so; false when it is not in time.
    func eventually(seconds: Double = 10, _ isSo: () throws -> Bool) rethrows -> Bool {
        let limit = Date().addingTimeInterval(seconds)
        while Date() < limit {
            if try isSo() { return true }
            usleep(20_000)
        }
        return try isSo()
    }
}

/// Makes hosts for a test and ends them with it.
func withHosts<Value>(_ count: Int = 1, _ body: ([LabHost]) async throws -> Value) async throws -> Value {
    var hosts: [LabHost] = []
    defer { hosts.forEach { $0.end() } }
    for number in 1...count { hosts.append(try LabHost("h\(number)")) }
    if count == 2 { try connect(hosts[0], hosts[1]) }
    return try await body(hosts)
}

func withHost<Value>(_ body: (LabHost) async throws -> Value) async throws -> Value {
    try await withHosts(1) { try await body($0[0]) }
}

/// Addresses 10.77.0.1 and .2, fd77::1 and ::2.
private func connect(_ one: LabHost, _ other: LabHost) throws {
    let link = [
        "ip", "link", "add", "eth0", "netns", "\(one.root)", "type", "veth", "peer", "name", "eth0", "netns",
        "\(other.root)",
    ]
    _ = try runCommand(link).checked(link)
    for (host, number) in [(one, 1), (other, 2)] {
        try host.shell(
            "echo 0 > /proc/sys/net/ipv6/conf/eth0/accept_dad; ip addr add 10.77.0.\(number)/24 dev eth0 && ip addr add fd77::\(number)/64 dev eth0 nodad "
                + "&& ip link set eth0 up")
    }
}
