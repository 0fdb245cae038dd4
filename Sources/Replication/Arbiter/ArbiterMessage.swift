/// What nodes and arbiters say to each other. Each message stands alone and says all that its receiver needs, so that it
/// may be lost, late, doubled or out of order.
public enum ArbiterMessage: Hashable, Sendable {
    /// Node: how it is; the answer is an `order` with the same ticket.
    case report(ArbiterReport)
    /// Leading node: let this be the set from now on.
    case changeSet(ArbiterSetChange)
    /// Arbiter: what is decided.
    case order(ArbiterOrder)
    /// Arbiter: another one decides, if it knows which.
    case elsewhere(NodeName?)

    /// Kinds of peer messages from here on are the arbiters' own, whatever the design of the other side.
    static let firstKind: UInt8 = 0x40

    public static func isKind(_ kind: UInt8) -> Bool { kind >= firstKind && kind < firstKind + 4 }
}

/// How a node is, as far as arbiters care.
public struct ArbiterReport: Hashable, Sendable {
    /// Grows with every report of a node's life; the lease is counted from the moment at which the report left.
    public var ticket: UInt64
    /// The highest epoch that the node has promised, durably: it takes nothing from leaders of earlier ones.
    public var epoch: UInt32
    /// Where its log ends, durably.
    public var position: Position
    /// Whether it could lead: it holds a whole state and is on the cluster's branch.
    public var isFit: Bool
    /// Whether it leads the epoch that it names and wants to go on.
    public var wantsLease: Bool
    /// Whether an operator has told it to lead.
    public var isOrdered: Bool

    public init(
        ticket: UInt64, epoch: UInt32, position: Position, isFit: Bool, wantsLease: Bool, isOrdered: Bool = false
    ) {
        self.ticket = ticket
        self.epoch = epoch
        self.position = position
        self.isFit = isFit
        self.wantsLease = wantsLease
        self.isOrdered = isOrdered
    }
}

public struct ArbiterSetChange: Hashable, Sendable {
    public var epoch: UInt32
    /// Of the set that is to be replaced.
    public var version: UInt64
    public var set: [NodeName]

    public init(epoch: UInt32, version: UInt64, set: [NodeName]) {
        self.epoch = epoch
        self.version = version
        self.set = set
    }
}

public struct ArbiterOrder: Hashable, Sendable {
    /// That of the report which this answers; 0 when it answers none.
    public var ticket: UInt64
    public var decision: ArbiterDecision
    /// Whether the node may lead for the length of a lease from the moment at which its report left.
    public var grantsLease: Bool

    public init(ticket: UInt64, decision: ArbiterDecision, grantsLease: Bool) {
        self.ticket = ticket
        self.decision = decision
        self.grantsLease = grantsLease
    }
}

extension ArbiterMessage {
    public var encoded: PeerMessage {
        var writer = ByteWriter()
        let kind: UInt8
        switch self {
        case .report(let report):
            kind = 0
            writer.number(report.ticket)
            writer.number(UInt64(report.epoch))
            writer.position(report.position)
            writer.flags(report.isFit, report.wantsLease, report.isOrdered)
        case .changeSet(let change):
            kind = 1
            writer.number(UInt64(change.epoch))
            writer.number(change.version)
            writer.names(change.set)
        case .order(let order):
            kind = 2
            writer.number(order.ticket)
            writer.flags(order.grantsLease)
            order.decision.write(to: &writer)
        case .elsewhere(let name):
            kind = 3
            writer.text(name ?? "")
        }
        return PeerMessage(kind: Self.firstKind + kind, payload: writer.bytes)
    }

    public init(decoding message: PeerMessage) throws(DecodingFailure) {
        guard Self.isKind(message.kind) else {
            throw DecodingFailure("message of unknown kind \(message.kind)")
        }
        var reader = ByteReader(message.payload)
        self = try Self.read(message.kind - Self.firstKind, &reader)
        try reader.finish()
    }

    private static func read(_ kind: UInt8, _ reader: inout ByteReader) throws(DecodingFailure) -> ArbiterMessage {
        switch kind {
        case 0:
            let ticket = try reader.number()
            let epoch = try reader.timeline()
            let position = try reader.position()
            let flags = try reader.flags()
            return .report(
                ArbiterReport(
                    ticket: ticket, epoch: epoch, position: position, isFit: flags.0, wantsLease: flags.1,
                    isOrdered: flags.2))
        case 1:
            return .changeSet(
                ArbiterSetChange(
                    epoch: try reader.timeline(), version: try reader.number(), set: try reader.names()))
        case 2:
            let ticket = try reader.number()
            let grantsLease = try reader.flags().0
            return .order(
                ArbiterOrder(
                    ticket: ticket, decision: try ArbiterDecision(reading: &reader), grantsLease: grantsLease))
        default: return .elsewhere(try reader.name())
        }
    }
}

extension ByteWriter {
    fileprivate mutating func flags(_ first: Bool, _ second: Bool = false, _ third: Bool = false) {
        byte((first ? 1 : 0) | (second ? 2 : 0) | (third ? 4 : 0))
    }
}

extension ByteReader {
    fileprivate mutating func flags() throws(DecodingFailure) -> (Bool, Bool, Bool) {
        let flags = try byte()
        guard flags < 8 else { throw DecodingFailure("unknown flags \(flags)") }
        return (flags & 1 != 0, flags & 2 != 0, flags & 4 != 0)
    }
}
