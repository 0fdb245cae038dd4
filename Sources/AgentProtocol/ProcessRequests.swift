/// Starts a named process of the system under test and waits until it says that it is ready.
public struct Spawn: AgentRequest {
    public static let op = "spawn"
    public typealias Reply = SpawnReply

    public var name: String
    /// The program, looked up in the `PATH` of `environment`, and its arguments. No shell takes part.
    public var argv: [String]
    /// Added to a minimal environment (`PATH`, `HOME`, `LANG`).
    public var environment: [String: String]
    public var directory: String?
    /// Files that the outputs are appended to; made when absent. Absolute paths.
    public var output: String
    public var error: String
    /// What a line of the output starts with once the process is ready; nil: as soon as it runs.
    public var ready: String?
    public var readySeconds: Double
    /// Whether it runs under libfaketime, so that `ClockSet` can move the wall clock that it reads.
    public var fakesClock: Bool

    public init(
        name: String, argv: [String], environment: [String: String] = [:], directory: String? = nil,
        output: String, error: String, ready: String? = "READY", readySeconds: Double = 10, fakesClock: Bool = false
    ) {
        self.fakesClock = fakesClock
        self.name = name
        self.argv = argv
        self.environment = environment
        self.directory = directory
        self.output = output
        self.error = error
        self.ready = ready
        self.readySeconds = readySeconds
    }
}

public struct SpawnReply: Codable, Hashable, Sendable {
    public var process: ProcessIdentity
    /// The line that said so, when one was awaited.
    public var readyLine: String?
    public var seconds: Double

    public init(process: ProcessIdentity, readyLine: String?, seconds: Double) {
        self.process = process
        self.readyLine = readyLine
        self.seconds = seconds
    }
}

/// A process beyond doubt: numbers are used again, but never with the same start.
public struct ProcessIdentity: Codable, Hashable, Sendable {
    public var pid: Int
    /// Clock ticks from boot to start, as `/proc/<pid>/stat` has it.
    public var start: UInt64

    public init(pid: Int, start: UInt64) {
        self.pid = pid
        self.start = start
    }
}

/// Signals a named process and all its descendants.
public struct Signal: AgentRequest {
    public static let op = "signal"
    public typealias Reply = SignalReply

    public enum Kind: String, Codable, Hashable, Sendable, CaseIterable { case kill, stop, cont, term }

    public var name: String
    public var signal: Kind
    /// How long the observer waits for the effect; `term` needs time to end in order.
    public var waitSeconds: Double

    public init(name: String, signal: Kind, waitSeconds: Double = 2) {
        self.name = name
        self.signal = signal
        self.waitSeconds = waitSeconds
    }
}

public struct SignalReply: Codable, Hashable, Sendable {
    public var evidence: SignalEvidence
    public var exit: ExitStatus?

    public init(evidence: SignalEvidence, exit: ExitStatus?) {
        self.evidence = evidence
        self.exit = exit
    }
}

/// What a process other than the one that sent the signal read from `/proc`.
public struct SignalEvidence: Codable, Hashable, Sendable {
    public var process: ProcessIdentity
    /// Process number of the observer, and of the agent that it observed for.
    public var observer: Int
    public var sender: Int
    /// The letter of `/proc/<pid>/stat` (`S`, `R`, `D`, `T`, `Z`...), or `gone`.
    public var before: String
    public var after: String
    /// Whether `after` is what the signal must bring about.
    public var isConfirmed: Bool
    /// When the observer saw it.
    public var clocks: ClockReading

    public init(
        process: ProcessIdentity, observer: Int, sender: Int, before: String, after: String, isConfirmed: Bool,
        clocks: ClockReading
    ) {
        self.process = process
        self.observer = observer
        self.sender = sender
        self.before = before
        self.after = after
        self.isConfirmed = isConfirmed
        self.clocks = clocks
    }
}

/// How a process ended: by itself with a code, or by a signal.
public struct ExitStatus: Codable, Hashable, Sendable {
    public var code: Int?
    public var signal: Int?

    public init(code: Int? = nil, signal: Int? = nil) {
        self.code = code
        self.signal = signal
    }
}

/// Asks the kernel about a named process.
public struct ProcessState: AgentRequest {
    public static let op = "process-state"
    public typealias Reply = ProcessReport

    public var name: String

    public init(name: String) {
        self.name = name
    }
}

public struct ProcessReport: Codable, Hashable, Sendable {
    public var name: String
    public var process: ProcessIdentity
    /// As in `SignalEvidence`.
    public var state: String
    public var cpuSeconds: Double
    public var residentBytes: Int
    public var exit: ExitStatus?
    public var clocks: ClockReading

    public init(
        name: String, process: ProcessIdentity, state: String, cpuSeconds: Double, residentBytes: Int,
        exit: ExitStatus?, clocks: ClockReading
    ) {
        self.name = name
        self.process = process
        self.state = state
        self.cpuSeconds = cpuSeconds
        self.residentBytes = residentBytes
        self.exit = exit
        self.clocks = clocks
    }
}

/// Runs a command to its end. A status other than 0 is a result, not an error.
public struct Exec: AgentRequest {
    public static let op = "exec"
    public typealias Reply = ExecReply

    public var argv: [String]
    public var input: Bytes
    public var environment: [String: String]
    public var directory: String?
    /// At the deadline the command and its descendants are killed.
    public var deadlineSeconds: Double

    public init(
        argv: [String], input: Bytes = Bytes([]), environment: [String: String] = [:], directory: String? = nil,
        deadlineSeconds: Double = 30
    ) {
        self.argv = argv
        self.input = input
        self.environment = environment
        self.directory = directory
        self.deadlineSeconds = deadlineSeconds
    }
}

public struct ExecReply: Codable, Hashable, Sendable {
    public var exit: ExitStatus
    public var output: Bytes
    public var error: Bytes
    /// More was printed than is kept (`AgentLimits.outputBytes` of each).
    public var isTruncated: Bool
    public var timedOut: Bool
    public var seconds: Double

    public init(
        exit: ExitStatus, output: Bytes, error: Bytes, isTruncated: Bool, timedOut: Bool, seconds: Double
    ) {
        self.exit = exit
        self.output = output
        self.error = error
        self.isTruncated = isTruncated
        self.timedOut = timedOut
        self.seconds = seconds
    }
}
