/// How a remote command ended, with all it printed.
public struct RemoteOutput: Hashable, Sendable {
    /// Exit code; nil when a signal ended the command.
    public var status: Int32?
    /// Name of the signal that ended the command, without `SIG` (`KILL`).
    public var signal: String?
    public var standardOutput: [UInt8]
    public var standardError: [UInt8]
    /// The host's label.
    public var host: String
    /// What was run, for messages.
    public var operation: String

    public init(
        status: Int32?, signal: String? = nil, standardOutput: [UInt8] = [],
        standardError: [UInt8] = [], host: String = "", operation: String = ""
    ) {
        self.status = status
        self.signal = signal
        self.standardOutput = standardOutput
        self.standardError = standardError
        self.host = host
        self.operation = operation
    }

    /// Standard output as UTF-8, malformed bytes repaired.
    public var text: String { String(decoding: standardOutput, as: UTF8.self) }

    /// Standard error as UTF-8, malformed bytes repaired.
    public var errorText: String { String(decoding: standardError, as: UTF8.self) }

    /// The output itself, or an error if the command did not end with status 0.
    public func checked() throws(SSHError) -> RemoteOutput {
        if status == 0 { return self }
        let how =
            if let status { "status \(status)" } else { "signal \(signal ?? "unknown")" }
        // Messages quote at most this many characters of each stream.
        let quoted = [errorText, text].map { $0.suffix(2000) }.joined(separator: " ")
        throw SSHError(
            .commandFailed, host: host, operation: operation, detail: "\(how): \(quoted)",
            mayHaveRun: true)
    }
}
