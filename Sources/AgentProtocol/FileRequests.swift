/// Writes a small file beneath the agent's directories, whole or not at all.
public struct PutFile: AgentRequest {
    public static let op = "put-file"
    public typealias Reply = Done

    public var path: String
    public var content: Bytes
    public var mode: Int
    /// Removed when everything is healed.
    public var isTemporary: Bool

    public init(path: String, content: Bytes, mode: Int = 0o600, isTemporary: Bool = false) {
        self.path = path
        self.content = content
        self.mode = mode
        self.isTemporary = isTemporary
    }
}

/// Reads a small file whole.
public struct GetFile: AgentRequest {
    public static let op = "get-file"
    public typealias Reply = Bytes

    public var path: String

    public init(path: String) {
        self.path = path
    }
}

/// Reads a growing file from an offset on; ask again with the reply's `next`.
public struct ReadLog: AgentRequest {
    public static let op = "read-log"
    public typealias Reply = LogPiece

    public var path: String
    /// In bytes; negative: that many before the end.
    public var offset: Int
    public var limit: Int

    public init(path: String, offset: Int, limit: Int = AgentLimits.fileBytes) {
        self.path = path
        self.offset = offset
        self.limit = limit
    }
}

public struct LogPiece: Codable, Hashable, Sendable {
    public var content: Bytes
    /// Where the next piece starts, and the size of the file now.
    public var next: Int
    public var size: Int

    public init(content: Bytes, next: Int, size: Int) {
        self.content = content
        self.next = next
        self.size = size
    }
}

/// Removes a file or a directory with all in it, beneath the agent's directories only; symbolic links are not followed.
public struct RemoveTree: AgentRequest {
    public static let op = "remove-tree"
    public typealias Reply = RemoveReply

    public var path: String

    public init(path: String) {
        self.path = path
    }
}

public struct RemoveReply: Codable, Hashable, Sendable {
    /// Entries removed; 0 when there was nothing.
    public var removed: Int

    public init(removed: Int) {
        self.removed = removed
    }
}

/// Compares the host with what `hello` found; to be asked after everything is healed.
public struct FinalCompare: AgentRequest {
    public static let op = "final-compare"
    public typealias Reply = HostComparison

    /// How far the wall clock may have moved against the monotonic one.
    public var clockToleranceMilliseconds: Double

    public init(clockToleranceMilliseconds: Double = 100) {
        self.clockToleranceMilliseconds = clockToleranceMilliseconds
    }
}

public struct HostComparison: Codable, Hashable, Sendable {
    /// What is not as it was found, a sentence each; empty: as found.
    public var differences: [String]
    /// Changes that are not of our making as far as can be told.
    public var notices: [String]

    public init(differences: [String], notices: [String]) {
        self.differences = differences
        self.notices = notices
    }
}
