/// Why something could not be done with a node.
public struct SystemError: Error, Hashable, Sendable {
    public enum Code: String, Hashable, Sendable, CaseIterable {
        /// The host lacks the system, or has one that is too old.
        case notInstalled = "not-installed"
        /// The host could not be reached, or the command there not be run.
        case hostFailed = "host-failed"
        /// The command ran and reported an error.
        case commandFailed = "command-failed"
        /// The command's output is not what it should be.
        case badOutput = "bad-output"
        /// Something did not come about in time.
        case deadline
        /// No node can do what was asked.
        case noCandidate = "no-candidate"
    }

    public var code: Code
    public var system: String
    public var node: String
    /// What was tried: `status`, `promote`, ...
    public var action: String
    public var message: String

    public init(_ code: Code, system: String, node: String, action: String, _ message: String) {
        self.code = code
        self.system = system
        self.node = node
        self.action = action
        self.message = message
    }
}

extension SystemError: CustomStringConvertible {
    public var description: String { "\(system) \(node): \(action): \(message) (\(code.rawValue))" }
}

/// Why an option of a system is refused; the reader of workload files adds file and line.
public struct SystemOptionError: Error, Hashable, Sendable {
    public var option: String
    /// What was given, as text.
    public var value: String
    /// What may be given.
    public var allowed: String

    public init(option: String, value: String, allowed: String) {
        self.option = option
        self.value = value
        self.allowed = allowed
    }
}

extension SystemOptionError: CustomStringConvertible {
    public var description: String { "option '\(option)': '\(value)' is not possible; allowed: \(allowed)" }
}
