/// Why the local lab could not do what was asked: what, where, and what to do about it.
public struct LabError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Code: String, Hashable, Sendable {
        /// This machine cannot make namespaces; nothing was begun.
        case unavailable
        /// A lab was begun, could not be finished, and was removed again.
        case startFailed
        /// No lab, or no host in the lab, of that name; or several where one must be named.
        case notFound, ambiguous
        /// The lab belongs to a controller that is still running.
        case inUse
        /// The number of hosts asked for is out of range, or all subnets are taken.
        case badRequest
        /// Something of a lab could not be removed.
        case notRemoved
        /// The list of labs could not be read or written.
        case registry
    }

    public var code: Code
    public var detail: String

    public init(_ code: Code, _ detail: String) {
        self.code = code
        self.detail = detail
    }

    public var description: String {
        switch code {
        case .unavailable: "no local lab on this machine: \(detail)"
        case .startFailed: "the lab did not start: \(detail)"
        case .notRemoved: "the lab was not removed: \(detail)"
        default: detail
        }
    }

    /// True when the user's words are at fault (exit code 64); anything else is exit code 3.
    public var isUsage: Bool {
        [.notFound, .ambiguous, .inUse, .badRequest].contains(code)
    }
}
