/// Why an operation has no value: a code of the registry and the words of whoever said so.
public struct ClientError: Error, Hashable, Sendable, CustomStringConvertible {
    public var code: ClientErrorCode
    public var message: String

    public init(_ code: ClientErrorCode, _ message: String) {
        self.code = code
        self.message = message
    }

    /// `cas-failed: expected 3`: how histories write it.
    public var description: String { message.isEmpty ? code.name : "\(code.name): \(message)" }
}

/// The registry of errors: every way in which an operation can miss its value.
///
/// Definite means that the operation certainly did not happen and never will. When in doubt an error is indefinite:
/// that costs the checker some work, where the opposite would make it accuse a system wrongly.
public enum ClientErrorCode: Int, Hashable, Sendable, CaseIterable {
    case notConnected = 10
    case notSent = 11
    case connectionLost = 12
    case timeout = 13
    case malformedReply = 20
    case unexpectedReply = 21
    case invalidCompletion = 22
    case casFailed = 30
    case rejected = 31
    case readOnly = 32
    case moved = 33
    case noLeader = 34
    case notReady = 35
    case notEnoughReplicas = 36
    case conflict = 37
    case sessionLost = 38
    case outcomeUnknown = 40
    case unknownError = 41
    case unsupported = 50
    case unknownNode = 51
}

extension ClientErrorCode {
    /// One line of the registry.
    struct Entry {
        var name: String
        var isDefinite: Bool
        var doc: String

        init(_ name: String, definite isDefinite: Bool, _ doc: String) {
            self.name = name
            self.isDefinite = isDefinite
            self.doc = doc
        }
    }

    /// The word for it in histories and reports.
    public var name: String { entry.name }

    /// True when the operation certainly did not happen and never will.
    public var isDefinite: Bool { entry.isDefinite }

    /// What it means, in one sentence.
    public var doc: String { entry.doc }

    private var entry: Entry {
        switch self {
        case .notConnected:
            Entry("not-connected", definite: true, "The node could not be reached, so nothing was sent.")
        case .notSent:
            Entry("not-sent", definite: true, "The deadline passed before the request was sent.")
        case .connectionLost:
            Entry("connection-lost", definite: false, "The connection broke after the request was sent.")
        case .timeout:
            Entry("timeout", definite: false, "No reply came before the deadline.")
        case .malformedReply:
            Entry("malformed-reply", definite: false, "The reply was not RESP2.")
        case .unexpectedReply:
            Entry("unexpected-reply", definite: false, "The reply had a shape that does not belong to the request.")
        case .invalidCompletion:
            Entry("invalid-completion", definite: false, "The client completed an operation in a way it must not.")
        case .casFailed:
            Entry("cas-failed", definite: true, "The comparison of a cas failed.")
        case .rejected:
            Entry("rejected", definite: true, "The node refused the request before executing it.")
        case .readOnly:
            Entry("read-only", definite: true, "The node takes no writes.")
        case .moved:
            Entry("moved", definite: true, "The node sent the client elsewhere, and no node took the request.")
        case .noLeader:
            Entry("no-leader", definite: true, "No leader is known.")
        case .notReady:
            Entry("not-ready", definite: true, "The node is up but does not serve yet.")
        case .notEnoughReplicas:
            Entry("not-enough-replicas", definite: true, "The node refused for lack of replicas.")
        case .conflict:
            Entry("conflict", definite: true, "Another operation was first, and there was room for one.")
        case .sessionLost:
            Entry(
                "session-lost", definite: true,
                "What the session has seen is no longer part of the system's history.")
        case .outcomeUnknown:
            Entry("outcome-unknown", definite: false, "The node says itself that it does not know.")
        case .unknownError:
            Entry("unknown-error", definite: false, "The node answered with an error that is in no list.")
        case .unsupported:
            Entry("unsupported", definite: true, "The system cannot do this; the configuration asks too much.")
        case .unknownNode:
            Entry("unknown-node", definite: true, "The request is for a node that the cluster does not have.")
        }
    }
}

extension ClientReply.Outcome {
    /// The one place where an error becomes `fail` or `info`.
    ///
    /// An operation that only reads and got no value did nothing whatever became of it, so it failed.
    public init(_ error: ClientError, of request: OperationRequest) {
        self = error.code.isDefinite || request.isReadOnly ? .fail(error) : .info(error)
    }
}
