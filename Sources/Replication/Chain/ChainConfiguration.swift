/// Where a member of a chain answers reads, and from which of its versions.
public enum ChainReadMode: String, Hashable, Sendable, CaseIterable {
    /// The tail alone: what it has, all have.
    case tail
    /// The head, from the end of its log: a total order, and what nobody else may have yet.
    case head
    /// Any member, from the newest that it has.
    case any
    /// Any member; where a key has a version that is not known to be at the tail, it asks the tail how far it is.
    case craq
    /// As `any`, by the name that CRAQ has for it.
    case craqEventual = "craq-eventual"
}

/// How a member of a chain is set up. Times are in nanoseconds.
public struct ChainConfiguration: Hashable, Sendable {
    public var name: NodeName
    public var cluster: String
    /// All members from the head to the tail, until an operator or an arbiter says otherwise.
    public var order: [NodeName]
    public var read = ChainReadMode.tail
    /// A write that the tail does not have by then is answered `unknown`.
    public var ackTimeout: UInt64 = 2_000_000_000
    /// How often a member tells its predecessor how far it is, news or not.
    public var heartbeat: UInt64 = 100_000_000
    /// What a successor has not confirmed for so long is sent again.
    public var resend: UInt64 = 200_000_000
    public var mutants: Set<Mutant> = []
    public var seed: UInt64 = 1

    public init(name: NodeName, cluster: String, order: [NodeName]) {
        precondition(order.contains(name), "a node is a member of its own chain")
        self.name = name
        self.cluster = cluster
        self.order = order
    }

    public var others: [NodeName] { order.filter { $0 != name } }
}

/// Who belongs to a chain, from the head to the tail.
public struct ChainView: Hashable, Sendable {
    /// Grows with each change; members refuse what another epoch says.
    public var epoch: UInt32
    public var order: [NodeName]

    public init(epoch: UInt32, order: [NodeName]) {
        self.epoch = epoch
        self.order = order
    }

    public var head: NodeName? { order.first }
    public var tail: NodeName? { order.last }

    public func successor(of name: NodeName) -> NodeName? {
        order.firstIndex(of: name).flatMap { $0 + 1 < order.count ? order[$0 + 1] : nil }
    }

    public func predecessor(of name: NodeName) -> NodeName? {
        order.firstIndex(of: name).flatMap { $0 > 0 ? order[$0 - 1] : nil }
    }

    /// The next view, without that member; `nil` when nobody would be left.
    public func removing(_ name: NodeName) -> ChainView? {
        let rest = order.filter { $0 != name }
        return rest.isEmpty ? nil : ChainView(epoch: epoch + 1, order: rest)
    }

    /// The next view, which begins with that member: whoever stood before it is gone.
    public func beginning(with name: NodeName) -> ChainView? {
        order.firstIndex(of: name).map { ChainView(epoch: epoch + 1, order: Array(order[$0...])) }
    }

    var encoded: [UInt8] {
        var writer = ByteWriter()
        writer.number(UInt64(epoch))
        writer.names(order)
        return writer.bytes
    }

    init(decoding bytes: [UInt8]) throws(DecodingFailure) {
        var reader = ByteReader(bytes)
        epoch = try reader.timeline()
        order = try reader.names()
        try reader.finish()
        guard Set(order).count == order.count else { throw DecodingFailure("a member stands twice in the chain") }
    }
}
