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
    /// As `any` with what came lately; a key with a version that the tail has not had for longer is read as by `craq`.
    case craqBounded = "craq-bounded"
}

/// How a member of a chain is set up. Times are in nanoseconds.
public struct ChainConfiguration: Hashable, Sendable {
    public var name: NodeName
    public var cluster: String
    /// All who may belong to the chain.
    public var members: [NodeName]
    /// Who belongs to it at first, from the head to the tail. Arbiters, where there are some, say it instead.
    public var order: [NodeName]
    /// Who decides about the chain; none: an operator.
    public var arbiters: [NodeName] = []
    /// How long a member may answer strong reads after it last heard from the arbiters that it belongs to the chain.
    public var lease: UInt64 = 2_000_000_000
    /// Whether it then stops: without it a member that was taken out behind its back goes on.
    public var isFenced = true
    public var read = ChainReadMode.tail
    /// For how long `craqBounded` shows a version that is not known to be at the tail.
    public var bound: UInt64 = 100_000_000
    /// A write that the tail does not have by then is answered `unknown`.
    public var ackTimeout: UInt64 = 2_000_000_000
    /// How often a member tells its predecessor how far it is, news or not.
    public var heartbeat: UInt64 = 100_000_000
    /// What a successor has not confirmed for so long is sent again.
    public var resend: UInt64 = 200_000_000
    /// The state is saved after so many entries, and so many before it stay for those who lag a little.
    public var snapshotEvery = 10_000
    public var retain = 1000
    public var mutants: Set<Mutant> = []
    public var seed: UInt64 = 1

    public init(name: NodeName, cluster: String, order: [NodeName], members: [NodeName]? = nil) {
        self.name = name
        self.cluster = cluster
        self.order = order
        self.members = members ?? order
        precondition(self.members.contains(name), "a node is one of those that may belong to its chain")
    }

    public var others: [NodeName] { members.filter { $0 != name } }
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

    /// The next view, with that member behind all others; `nil` when it belongs to the chain already.
    public func adding(_ name: NodeName) -> ChainView? {
        order.contains(name) ? nil : ChainView(epoch: epoch + 1, order: order + [name])
    }

    /// The next view, which begins with that member: whoever stood before it is gone.
    public func beginning(with name: NodeName) -> ChainView? {
        order.firstIndex(of: name).map { ChainView(epoch: epoch + 1, order: Array(order[$0...])) }
    }

    func write(to writer: inout ByteWriter) {
        writer.number(UInt64(epoch))
        writer.names(order)
    }

    init(reading reader: inout ByteReader) throws(DecodingFailure) {
        epoch = try reader.timeline()
        order = try reader.names()
        guard Set(order).count == order.count else { throw DecodingFailure("a member stands twice in the chain") }
    }
}
