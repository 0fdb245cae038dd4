/// How a command on a host ended, with all it printed.
public struct ExecResult: Hashable, Sendable {
    /// Exit code, or 128 plus the signal.
    public var status: Int32
    public var standardOutput: [UInt8]
    public var standardError: [UInt8]

    public init(status: Int32, standardOutput: [UInt8], standardError: [UInt8]) {
        self.status = status
        self.standardOutput = standardOutput
        self.standardError = standardError
    }

    public var outputText: String { String(decoding: standardOutput, as: UTF8.self) }
    public var errorText: String { String(decoding: standardError, as: UTF8.self) }
}

/// A process that stays: a node.
public struct ProcessSpec: Hashable, Sendable {
    /// By which it is signalled; the node's name.
    public var name: String
    /// Program and arguments; no shell reads them.
    public var argv: [String]
    /// Variables besides those that the host gives every process.
    public var environment: [String: String]
    public var workingDirectory: String
    /// Files on the host that the output is appended to.
    public var standardOutput: String
    public var standardError: String
    /// How the line of standard output begins that says it serves; `nil` when it does not say so.
    public var readyLine: String?
    /// Whether it runs under libfaketime, so that its wall clock can be moved.
    public var fakesClock: Bool

    public init(
        name: String, argv: [String], environment: [String: String] = [:], workingDirectory: String,
        standardOutput: String, standardError: String, readyLine: String? = nil, fakesClock: Bool = false
    ) {
        self.fakesClock = fakesClock
        self.name = name
        self.argv = argv
        self.environment = environment
        self.workingDirectory = workingDirectory
        self.standardOutput = standardOutput
        self.standardError = standardError
        self.readyLine = readyLine
    }
}

/// What a process can be sent.
public enum ProcessSignal: String, Hashable, Sendable, CaseIterable {
    case kill, term, stop, cont
}

/// What systems need of a host, however commands get there. Errors are those of the way there.
public protocol HostAccess: Sendable {
    /// Runs a program to its end. A status other than 0 is a result; not being able to start or the deadline throws.
    func exec(_ argv: [String], input: [UInt8], deadline: Duration) async throws -> ExecResult

    /// Starts a process and returns when it is ready, or at once when it has no ready line.
    func spawn(_ process: ProcessSpec, deadline: Duration) async throws

    /// Signals a process that was spawned.
    func signal(_ name: String, _ signal: ProcessSignal) async throws

    /// Writes a file as a whole, with the directories that lead to it.
    func putFile(_ path: String, _ content: [UInt8], mode: UInt32) async throws

    /// Removes a directory and all in it; that there is none is no error.
    func removeTree(_ path: String) async throws
}
