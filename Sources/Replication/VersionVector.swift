/// How many writes of each replica are known: a summary of a causal past.
///
/// (Parker and others: "Detection of mutual inconsistency in distributed systems", IEEE TSE 1983.)
public struct VersionVector: Hashable, Sendable {
    /// Without zeros, so that equal pasts are equal values.
    private var counts: [NodeName: UInt64] = [:]

    /// The empty past.
    public init() {}

    /// From pairs; of two for one replica the greater counts.
    public init(_ counts: [NodeName: UInt64]) { self.counts = counts.filter { $0.value > 0 } }

    /// How one past lies to another.
    public enum Order: Hashable, Sendable {
        case equal
        /// All that this one knows the other knows, too, and more.
        case before
        case after
        /// Each knows something that the other does not.
        case concurrent
    }

    public var isEmpty: Bool { counts.isEmpty }

    /// The number of writes of that replica that are known, 0 for none.
    public subscript(replica: NodeName) -> UInt64 {
        get { counts[replica] ?? 0 }
        set { counts[replica] = newValue == 0 ? nil : newValue }
    }

    /// The replicas with at least one write, ascending.
    public var replicas: [NodeName] { counts.keys.sorted() }

    /// Whether the write with that dot, and so every earlier one of its replica, is in this past.
    public func contains(_ dot: Dot) -> Bool { dot.number <= self[dot.replica] }

    /// Whether this past contains all of the other.
    public func covers(_ other: VersionVector) -> Bool { other.counts.allSatisfy { $0.value <= self[$0.key] } }

    public func order(to other: VersionVector) -> Order {
        switch (covers(other), other.covers(self)) {
        case (true, true): .equal
        case (true, false): .after
        case (false, true): .before
        case (false, false): .concurrent
        }
    }

    /// Adds what the other knows.
    public mutating func merge(_ other: VersionVector) {
        counts.merge(other.counts) { max($0, $1) }
    }

    public func merged(with other: VersionVector) -> VersionVector {
        var result = self
        result.merge(other)
        return result
    }

    /// Adds one write, and every earlier one of its replica.
    public mutating func insert(_ dot: Dot) { self[dot.replica] = max(self[dot.replica], dot.number) }

    /// The next write of that replica, added at once.
    public mutating func next(_ replica: NodeName) -> Dot {
        let dot = Dot(replica: replica, number: self[replica] &+ 1)
        self[replica] = dot.number
        return dot
    }
}

/// One write: the replica that took it, and its number there, from 1.
public struct Dot: Hashable, Comparable, Sendable {
    public var replica: NodeName
    public var number: UInt64

    public init(replica: NodeName, number: UInt64) {
        self.replica = replica
        self.number = number
    }

    public static func < (left: Dot, right: Dot) -> Bool {
        (left.replica, left.number) < (right.replica, right.number)
    }
}

extension Dot: CustomStringConvertible {
    public var description: String { "\(replica)#\(number)" }
}

extension VersionVector: CustomStringConvertible {
    /// `n1#3 n2#1`.
    public var description: String {
        replicas.map { Dot(replica: $0, number: self[$0]).description }.joined(separator: " ")
    }
}

extension ByteWriter {
    public mutating func dot(_ value: Dot) {
        text(value.replica)
        number(value.number)
    }

    public mutating func vector(_ value: VersionVector) {
        let replicas = value.replicas
        number(UInt64(replicas.count))
        replicas.forEach { dot(Dot(replica: $0, number: value[$0])) }
    }
}

extension ByteReader {
    public mutating func dot() throws(DecodingFailure) -> Dot {
        let dot = Dot(replica: try text(), number: try number())
        guard dot.number > 0 else { throw DecodingFailure("writes are numbered from 1") }
        return dot
    }

    /// The one way to write a vector: ascending replicas, none twice.
    public mutating func vector() throws(DecodingFailure) -> VersionVector {
        var vector = VersionVector()
        var last: NodeName?
        for _ in 0..<(try count()) {
            let dot = try dot()
            if let last, last >= dot.replica { throw DecodingFailure("replicas of a vector do not ascend") }
            last = dot.replica
            vector.insert(dot)
        }
        return vector
    }
}
