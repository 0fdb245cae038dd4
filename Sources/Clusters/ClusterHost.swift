/// One host of a run: where its sshd answers, as whom to log in, and with what.
///
/// Not named `Host`, which is ambiguous in every file that also imports Foundation.
public struct ClusterHost: Codable, Hashable, Sendable {
    /// How the controller proves who it is.
    public enum Identity: Codable, Hashable, Sendable {
        /// A private key file; `passphraseVariable` names the environment variable with its passphrase.
        case keyFile(path: String, passphraseVariable: String?)
        /// The keys of the running ssh-agent (`SSH_AUTH_SOCK`).
        case agent
    }

    /// Lower-case letters, digits and `-`; nodes bear the names of their hosts.
    public var name: String
    /// An IP address, or a name that the controller can resolve; known_hosts lists the host under it.
    public var address: String
    public var port: Int
    public var user: String
    public var identity: Identity
    /// The file that holds the host's public keys.
    public var knownHosts: String
    /// Where everything of a run lies on the host.
    public var stateDirectory: String
    /// Whether the host is dedicated to runs and has a clock of its own, which faults may move.
    public var hasOwnClock: Bool

    public static let defaultStateDirectory = "/var/lib/inquest"

    public init(
        name: String, address: String, port: Int = 22, user: String = "root", identity: Identity,
        knownHosts: String, stateDirectory: String = defaultStateDirectory, hasOwnClock: Bool = false
    ) {
        self.hasOwnClock = hasOwnClock
        self.name = name
        self.address = address
        self.port = port
        self.user = user
        self.identity = identity
        self.knownHosts = knownHosts
        self.stateDirectory = stateDirectory
    }
}

extension ClusterHost {
    /// What is wrong with one of the fields, by the name it has in `hosts.yaml`; nil when nothing is.
    var problem: (field: String, reason: String)? {
        if let reason = Self.problem(name: name) { return ("name", reason) }
        if let reason = Self.problem(address: address) { return ("address", reason) }
        if !(1...65535).contains(port) { return ("port", "\(port) is not a port (1 to 65535)") }
        if let reason = Self.problem(user: user) { return ("user", reason) }
        if let reason = Self.problem(path: knownHosts) { return ("known_hosts", reason) }
        if let reason = Self.problem(path: stateDirectory) { return ("state_directory", reason) }
        guard case .keyFile(let path, let variable) = identity else { return nil }
        if let reason = Self.problem(path: path) { return ("identity", reason) }
        if let variable, !Self.isVariable(variable) {
            return ("passphrase_env", "\(quoted(variable)) is not the name of an environment variable")
        }
        return nil
    }

    private static func problem(name: String) -> String? {
        let isFine =
            (1...63).contains(name.utf8.count) && name.utf8.allSatisfy { isLowercase($0) || $0 == dash }
            && name.utf8.first != dash && name.utf8.last != dash
        return isFine
            ? nil
            : "\(quoted(name)) is not a host name: lower-case letters, digits and inner '-', at most 63"
    }

    private static func problem(address: String) -> String? {
        let inner = Set(".:-%_".utf8)
        let isFine =
            (1...253).contains(address.utf8.count) && address.utf8.first != dash
            && address.utf8.allSatisfy { isAlphanumeric($0) || inner.contains($0) }
        return isFine ? nil : "\(quoted(address)) is neither an IP address nor a DNS name"
    }

    private static func problem(user: String) -> String? {
        let inner = Set("_-.".utf8)
        let isFine =
            (1...32).contains(user.utf8.count) && user.utf8.first != dash
            && user.utf8.allSatisfy { isAlphanumeric($0) || inner.contains($0) }
        return isFine ? nil : "\(quoted(user)) is not a user name"
    }

    private static func problem(path: String) -> String? {
        if !path.utf8.starts(with: "/".utf8) { return "\(quoted(path)) is not an absolute path" }
        if path.split(separator: "/").isEmpty { return "\(quoted(path)) cannot be the whole file system" }
        if path.split(separator: "/").contains("..") { return "\(quoted(path)) contains '..'" }
        if path.utf8.contains(where: { $0 < 32 || $0 == 127 }) || path.utf8.count > 1024 {
            return "\(quoted(path)) is not a usable path"
        }
        return nil
    }

    private static func isVariable(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "_") }
            && !isDigit(name.utf8.first ?? UInt8(ascii: "0"))
    }
}

private let dash = UInt8(ascii: "-")

private func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

private func isLowercase(_ byte: UInt8) -> Bool {
    isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
}

private func isAlphanumeric(_ byte: UInt8) -> Bool {
    isLowercase(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
}

/// A value from outside as messages show it: in quotes, control characters escaped, long ones cut.
func quoted(_ text: String) -> String {
    let shown = text.prefix(80).debugDescription
    return text.count > 80 ? shown + "..." : shown
}
