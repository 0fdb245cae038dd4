import AgentProtocol
import Glibc

/// Where an agent keeps what is its own, and the settings it was started with.
struct Places: Sendable {
    var state = "/var/lib/inquest"
    var socket = "/run/inquest/agent.sock"
    var user = UInt32(geteuid())
    /// Effectors that only pretend: `kill`, `stop`, `cont`, `term`, `net-drop`, `clock-set`.
    var sabotage: Set<String> = []
    var protectedPorts: Set<Int> = [22]
    /// An agent without a lease ends by itself after this time.
    var lingerSeconds = 300.0

    static let sabotageable = Set(Signal.Kind.allCases.map(\.rawValue) + [NetDrop.op, ClockSet.op])

    /// The agent's own directory within the state directory.
    var own: String { state + "/agent" }
    var ledger: String { own + "/ledger" }
    var lease: String { own + "/lease" }
    var log: String { own + "/log" }
    var lock: String { own + "/lock" }
    var pids: String { own + "/pids" }

    func make() {
        makeDirectories(own, mode: 0o755)
        _ = unsafe chmod(own, 0o700)
        makeDirectories(socket.split(separator: "/").dropLast().map { "/" + $0 }.joined(), mode: 0o755)
    }

    /// The words that start another process with the same settings.
    var arguments: [String] {
        ["--state", state, "--socket", socket, "--uid", "\(user)", "--linger", "\(lingerSeconds)"]
            + (sabotage.isEmpty ? [] : ["--sabotage", sabotage.sorted().joined(separator: ",")])
            + ["--protect", protectedPorts.sorted().map(String.init).joined(separator: ",")]
    }

    init(_ arguments: [String], environment: [String: String] = [:]) throws(AgentError) {
        // sshd says: client address, client port, server address, server port.
        let connection = (environment["SSH_CONNECTION"] ?? "").split(separator: " ")
        if connection.count == 4, let port = Int(connection[3]) { protectedPorts.insert(port) }
        var rest = arguments[...]
        while let option = rest.popFirst() {
            guard let value = rest.popFirst() else { throw AgentError(.badRequest, "\(option) needs a value") }
            try take(option, value)
        }
        guard state.hasPrefix("/"), socket.hasPrefix("/"), socket.utf8.count <= UnixSocket.longestPath else {
            throw AgentError(
                .badRequest, "--state and --socket need absolute paths, the socket's of at most 107 bytes")
        }
    }

    private mutating func take(_ option: String, _ value: String) throws(AgentError) {
        let words = value.split(separator: ",").map(String.init)
        switch option {
        case "--state": state = value
        case "--socket": socket = value
        case "--uid":
            guard let number = UInt32(value) else { throw AgentError(.badRequest, "--uid \(value): no number") }
            user = number
        case "--linger":
            guard let number = Double(value), number >= 0 else {
                throw AgentError(.badRequest, "--linger \(value): no number of seconds")
            }
            lingerSeconds = number
        case "--sabotage":
            guard Self.sabotageable.isSuperset(of: words) else {
                throw AgentError(
                    .badRequest, "--sabotage \(value): not of \(Self.sabotageable.sorted().joined(separator: ", "))"
                )
            }
            sabotage = Set(words)
        case "--protect":
            let ports = words.compactMap(Int.init)
            guard ports.count == words.count else { throw AgentError(.badRequest, "--protect \(value): no ports") }
            protectedPorts.formUnion(ports)
        default: throw AgentError(.badRequest, "\(option): no such option; see --help")
        }
    }
}

/// A lock that its holder's death releases; shared with the programs that it is handed to.
struct StateLock {
    let descriptor: Int32

    /// nil while somebody else holds it.
    init?(_ path: String) {
        let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return nil }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            return nil
        }
        self.descriptor = descriptor
    }

    func release() {
        close(descriptor)
    }

    static func wait(_ path: String, seconds: Double) -> StateLock? {
        let limit = monotonicNanoseconds() + seconds.nanoseconds
        while true {
            if let lock = StateLock(path) { return lock }
            guard monotonicNanoseconds() < limit else { return nil }
            pause(milliseconds: 20)
        }
    }
}
