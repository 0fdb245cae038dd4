/// Why something did not work on a host: what, where, and what to do.
public struct SSHError: Error, Hashable, Sendable {
    public enum Code: String, Hashable, Sendable, CaseIterable {
        /// The address has no meaning, or nobody answers there.
        case cannotConnect
        /// The peer does not speak SSH as we do.
        case handshake
        case unknownHostKey, changedHostKey, revokedHostKey
        /// The host has only kinds of keys that libssh2 1.10 cannot verify.
        case unsupportedHostKey
        /// The known_hosts file cannot be read, or not be written.
        case knownHostsFile
        /// A key file or agent that cannot be used, with the reason.
        case unusableIdentity
        case wrongPassphrase
        case authenticationRefused
        /// The time allowed for the call is over.
        case deadline
        case connectionLost
        /// The host opens no channel or starts no command.
        case channelRefused
        /// An argument that no command line can carry.
        case badArgument
        /// The command printed more than the caller's limit.
        case outputLimit
        /// The command ended with another status than 0; only from `checked()`.
        case commandFailed
        /// A file did not arrive whole, or could not be read or put in place.
        case transferFailed
        case localFile
        /// The session or channel was closed by us.
        case closed
        case cancelled
    }

    public var code: Code
    /// The host's label: name, user, address and port.
    public var host: String
    /// What was asked for, such as `run uname -a`.
    public var operation: String
    public var detail: String
    /// What a person can do about it; empty when there is nothing to add.
    public var advice: String
    /// True when the command was handed to the host, so that it ran, runs or may have run.
    public var mayHaveRun: Bool

    public init(
        _ code: Code, host: String, operation: String, detail: String, advice: String = "",
        mayHaveRun: Bool = false
    ) {
        self.code = code
        self.host = host
        self.operation = operation
        self.detail = detail
        self.advice = advice
        self.mayHaveRun = mayHaveRun
    }
}

extension SSHError: CustomStringConvertible {
    public var description: String {
        let text = "\(host): \(operation): \(code.rawValue): \(detail)"
        return advice.isEmpty ? text : "\(text). \(advice)"
    }
}
