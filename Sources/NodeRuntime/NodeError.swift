/// Why a node cannot start or go on. The code decides the exit status.
public struct NodeError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Code: Int32, Hashable, Sendable, CaseIterable {
        /// The command line is wrong.
        case badArguments = 2
        /// A promise could no longer be kept; nothing may be answered any more.
        case invariant = 70
        /// A failpoint, or a member that found itself broken: the process ends as if it had been killed.
        case crashed = 137
        /// The data directory belongs to another node, is damaged or is in use.
        case refusedData = 71
        /// An address cannot be bound, a socket or file cannot be made.
        case cannotStart = 72
    }

    public var code: Code
    public var message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { message }
}
