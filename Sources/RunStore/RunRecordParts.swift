/// The system under test and the options it was started with.
public struct SystemRecord: Hashable, Sendable, Codable {
    public var name: String
    public var options: [String: String]

    public init(_ name: String, options: [String: String] = [:]) {
        self.name = name
        self.options = options
    }
}

/// Where the run took place.
public struct PlaceRecord: Hashable, Sendable, Codable {
    public enum Kind: String, Hashable, Sendable, Codable, CaseIterable { case lab, hosts, simulation }

    public var kind: Kind
    /// The lab's name or the path of the hosts file.
    public var detail: String

    public init(_ kind: Kind, detail: String = "") {
        self.kind = kind
        self.detail = detail
    }
}

/// A member of the system under test.
public struct NodeRecord: Hashable, Sendable, Codable {
    public var name: String
    public var host: String
    public var address: String

    public init(name: String, host: String, address: String) {
        self.name = name
        self.host = host
        self.address = address
    }
}

/// A program that was deployed.
public struct BinaryRecord: Hashable, Sendable, Codable {
    public var name: String
    /// Lower-case hexadecimal.
    public var sha256: String

    public init(name: String, sha256: String) {
        self.name = name
        self.sha256 = sha256
    }
}

/// A part of the run, such as `deploy`, `work`, `heal`, `final-reads`; nanoseconds from the run's start.
public struct PhaseRecord: Hashable, Sendable, Codable {
    public var name: String
    public var start: Int64
    public var end: Int64

    public init(_ name: String, start: Int64, end: Int64) {
        self.name = name
        self.start = start
        self.end = end
    }
}
