/// A machine that accepts SSH, and how to log in to it.
public struct SSHHost: Hashable, Sendable {
    /// The name people use for it (`n1`); error messages carry it.
    public var name: String
    /// Host name or IP address, as it stands in the known_hosts file.
    public var address: String
    public var port: UInt16
    public var user: String
    /// Tried in this order.
    public var identities: [SSHIdentity]
    /// Path of the known_hosts file.
    public var knownHosts: String
    public var hostKeyPolicy: HostKeyPolicy

    public init(
        name: String, address: String, port: UInt16 = 22, user: String = "root",
        identities: [SSHIdentity], knownHosts: String, hostKeyPolicy: HostKeyPolicy = .strict
    ) {
        self.name = name
        self.address = address
        self.port = port
        self.user = user
        self.identities = identities
        self.knownHosts = knownHosts
        self.hostKeyPolicy = hostKeyPolicy
    }

    /// Name and address, as error messages say it.
    public var label: String { "\(name) (\(user)@\(endpoint))" }

    /// The form of the address that known_hosts files use.
    var knownHostsName: String { port == 22 ? address : "[\(address)]:\(port)" }

    var endpoint: String { address.contains(":") ? "[\(address)]:\(port)" : "\(address):\(port)" }
}

/// Something that proves who we are.
public enum SSHIdentity: Hashable, Sendable {
    /// An Ed25519 or ECDSA private key file in OpenSSH's or PEM format.
    case keyFile(_ path: String, passphrase: String? = nil)
    /// The Ed25519 and ECDSA keys of an ssh-agent; without a path that of `SSH_AUTH_SOCK`.
    case agent(socketPath: String? = nil)
}

extension SSHIdentity: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// What it is, never the passphrase.
    public var description: String {
        switch self {
        case .keyFile(let path, _): "key file \(path)"
        case .agent(let path): "ssh-agent \(path ?? "of SSH_AUTH_SOCK")"
        }
    }

    public var debugDescription: String { description }

    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// What to do with a host whose key is not in the known_hosts file. A changed key is refused by both.
public enum HostKeyPolicy: String, Hashable, Sendable {
    /// Refuse it.
    case strict
    /// Trust it and add it to the file.
    case acceptNew
}
