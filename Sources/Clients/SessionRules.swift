import HistoryModel

/// What a client does, beside its read policy, so that its session sees what it has written and seen.
public struct SessionRules: Hashable, Sendable {
    /// Which answers give the token that goes with the next request.
    public enum Tokens: String, Hashable, Sendable, CaseIterable {
        case none
        case ownWrites = "own-writes"
        case writesAndReads = "writes-and-reads"
    }

    public var tokens: Tokens
    /// For this long after a write of its own was acknowledged the client reads at the leader.
    public var leaderAfterWrite: Duration?

    public init(tokens: Tokens = .none, leaderAfterWrite: Duration? = nil) {
        self.tokens = tokens
        self.leaderAfterWrite = leaderAfterWrite
    }
}

/// What a session has seen: a position in each part of the system, as `part=timeline:number,...`.
///
/// Of two positions of one part the later one is kept, and a later timeline is later whatever the number.
public struct SessionToken: Hashable, Sendable, LosslessStringConvertible {
    private struct Place: Hashable, Comparable {
        var timeline: UInt64
        var number: UInt64

        static func < (left: Place, right: Place) -> Bool {
            (left.timeline, left.number) < (right.timeline, right.number)
        }
    }

    private var places: [String: Place] = [:]

    public init() {}

    public init?(_ description: String) {
        for entry in description.split(separator: ",", omittingEmptySubsequences: false) {
            let parts = entry.split(separator: "=", omittingEmptySubsequences: false)
            let numbers = parts.last?.split(separator: ":", omittingEmptySubsequences: false).compactMap {
                UInt64($0)
            }
            guard parts.count == 2, let numbers, numbers.count == 2,
                places.updateValue(Place(timeline: numbers[0], number: numbers[1]), forKey: String(parts[0])) == nil
            else { return nil }
        }
    }

    public var isEmpty: Bool { places.isEmpty }

    public var description: String {
        places.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value.timeline):\($0.value.number)" }
            .joined(separator: ",")
    }

    public mutating func merge(_ other: SessionToken) { places.merge(other.places) { max($0, $1) } }
}

/// The session of one client.
public struct ClientSession: Hashable, Sendable {
    private let rules: SessionRules
    private var token = SessionToken()
    /// Until when reads go to the leader, in nanoseconds of the client's clock.
    private var leaderUntil: Int64?
    /// By key: which writes the session has seen, in a node's words.
    private var contexts: [String: String] = [:]

    public init(_ rules: SessionRules) { self.rules = rules }

    /// What goes with the next request: nothing yet is an empty one, which asks for a token.
    public var sentToken: String? { rules.tokens == .none ? nil : token.description }

    /// What goes with a write of a key that the session has read.
    public func sentContext(for request: OperationRequest) -> String? {
        request.f == "write" ? request.key.flatMap { contexts[$0] } : nil
    }

    /// Whether a read now has to go to the leader, wherever it was to go.
    public func wantsLeader(for request: OperationRequest, at time: Int64) -> Bool {
        guard request.isReadOnly, !request.isFinal, let leaderUntil else { return false }
        return time < leaderUntil
    }

    /// Takes notice of an answer.
    public mutating func answered(_ request: OperationRequest, _ reply: ClientReply, at time: Int64) {
        guard case .ok = reply.outcome else { return }
        if let key = request.key { contexts[key] = reply.meta["ctx"]?.string }
        if let window = rules.leaderAfterWrite, !request.isReadOnly {
            leaderUntil = time + Int64(window / .nanoseconds(1))
        }
        guard rules.tokens == .writesAndReads || (rules.tokens == .ownWrites && !request.isReadOnly),
            let given = reply.meta["token"]?.string.flatMap(SessionToken.init)
        else { return }
        token.merge(given)
    }
}

extension OperationRequest {
    /// Whether a node's word that another one shall be asked is followed.
    ///
    /// Who names a node wants that node's answer, unless the session may have seen more than it has.
    public var isRedirected: Bool { node == nil || (token != nil && !isFinal) }
}
