/// What a client is told.
public indirect enum Reply: Hashable, Sendable {
    case ok
    case value([UInt8]?)
    case integer(Int)
    case elements([[UInt8]])
    case values([[UInt8]?])
    /// One for each step of a transaction.
    case results([Reply])
    /// Certainly not executed, and never will be.
    case failed(FailureCode, String)
    /// May have happened, or may happen later.
    case unknown(UnknownCode, String)
    /// Not executed; this node takes writes.
    case moved(NodeName)

    public enum FailureCode: String, Hashable, Sendable, CaseIterable {
        case casFailed = "CASFAIL"
        case wrongType = "WRONGTYPE"
        /// The values that are there do not allow it: no number, beyond 64 bits, below a minimum.
        case refused = "REFUSED"
        /// Another operation was first, and there is room for one.
        case conflict = "CONFLICT"
        /// A statement that cannot be understood.
        case syntax = "SYNTAX"
        case readOnly = "READONLY"
        case notReady = "NOTREADY"
        case diverged = "DIVERGED"
        case busy = "BUSY"
        case deposed = "NOTLEADER"
        case timeout = "TIMEOUT"
        /// What the session has seen is no longer part of this system's history.
        case sessionLost = "SESSIONLOST"
        /// A value, a write or an answer would be larger than `SizeLimit` allows.
        case tooLarge = "TOOLARGE"
    }

    public enum UnknownCode: String, Hashable, Sendable, CaseIterable {
        case stalled = "STALLED"
        case deposed = "DEPOSED"
    }

    /// Whether it says that certainly nothing was done.
    public var isFailure: Bool { if case .failed = self { true } else { false } }
}
