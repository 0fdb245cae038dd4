import Foundation
import Glibc

/// How a command ended, with all it printed.
public struct CommandOutput: Hashable, Sendable {
    /// Exit code, or 128 plus the signal as shells have it.
    public var status: Int32
    public var standardOutput: String
    public var standardError: String

    public init(status: Int32, standardOutput: String, standardError: String) {
        self.status = status
        self.standardOutput = standardOutput
        self.standardError = standardError
    }
}

/// Why a command could not be run to its end, or failed where it must not.
public struct CommandError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Code: String, Hashable, Sendable { case cannotStart, deadline, failed }

    public var code: Code
    public var command: [String]
    public var detail: String

    public init(_ code: Code, _ command: [String], _ detail: String) {
        self.code = code
        self.command = command
        self.detail = detail
    }

    public var description: String {
        "\(command.joined(separator: " ")): \(code.rawValue): \(detail)"
    }
}

/// Runs a program of this machine to its end, both outputs drained together; blocks the calling thread.
///
/// `arguments[0]` is looked up in `PATH`. No shell takes part. At the deadline the child is killed and an error
/// thrown. A status other than 0 is a result; `checked()` makes it an error.
public func runCommand(
    _ arguments: [String], input: [UInt8] = [], environment: [String: String]? = nil,
    deadlineSeconds: Double = 30
) throws(CommandError) -> CommandOutput {
    var child = try ChildCommand(arguments, environment: environment)
    return try child.finish(input: input, deadlineSeconds: deadlineSeconds)
}

extension CommandOutput {
    /// The output itself, or an error if the command ended with another status than 0.
    public func checked(_ command: [String]) throws(CommandError) -> CommandOutput {
        guard status == 0 else {
            throw CommandError(
                .failed, command, "status \(status): \(standardError)\(standardOutput)")
        }
        return self
    }
}
