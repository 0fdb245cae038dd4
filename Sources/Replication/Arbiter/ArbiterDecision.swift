/// What the arbiters of a cluster have decided: who leads it, and whose word its acknowledgements wait for.
///
/// One decision follows the other through the arbiters' log, each only in its place: an epoch is closed before somebody
/// leads the next one, and a set replaces the one that its author knew.
public struct ArbiterDecision: Hashable, Sendable {
    /// The timeline of whoever leads; grows with each change of leader. 0 before the first.
    public private(set) var epoch: UInt32 = 0
    /// `nil` between two leaders.
    public private(set) var leader: NodeName?
    /// Who led before: what it acknowledged, it has.
    public private(set) var former: NodeName?
    /// Counts changes of the set.
    public private(set) var setVersion: UInt64 = 0
    /// The followers that have all that was acknowledged, in order.
    public private(set) var syncSet: [NodeName] = []

    public init() {}

    /// One step, as it stands in the log.
    enum Step: Hashable, Sendable {
        /// The epoch before is over: nobody leads until the next step.
        case close(epoch: UInt32)
        case lead(epoch: UInt32, NodeName)
        /// `version` is that of the set to be replaced.
        case replaceSet(epoch: UInt32, version: UInt64, [NodeName])
        /// Of a chain: its members from the head to the tail. The head leads, the others are its set.
        case chain(epoch: UInt32, [NodeName])
    }

    /// A chain from its head to its tail.
    public var chain: [NodeName] { leader.map { [$0] + syncSet } ?? [] }

    /// Takes a step if it fits; whether it did.
    @discardableResult
    mutating func take(_ step: Step) -> Bool {
        switch step {
        case .close(let next):
            guard next == epoch + 1, epoch < .max - 1 else { return false }
            epoch = next
            former = leader ?? former
            leader = nil
        case .lead(let current, let name):
            guard current == epoch, leader == nil else { return false }
            leader = name
        case .replaceSet(let current, let version, let names):
            guard current == epoch, version == setVersion, leader != nil else { return false }
            setVersion += 1
            syncSet = names
        case .chain(let next, let names):
            guard next == epoch + 1, epoch < .max - 1, let head = names.first else { return false }
            epoch = next
            former = leader ?? former
            leader = head
            setVersion += 1
            syncSet = Array(names.dropFirst())
        }
        return true
    }
}

extension ArbiterDecision {
    func write(to writer: inout ByteWriter) {
        writer.number(UInt64(epoch))
        writer.text(leader ?? "")
        writer.text(former ?? "")
        writer.number(setVersion)
        writer.names(syncSet)
    }

    init(reading reader: inout ByteReader) throws(DecodingFailure) {
        epoch = try reader.timeline()
        leader = try reader.name()
        former = try reader.name()
        setVersion = try reader.number()
        syncSet = try reader.names()
    }
}

extension ArbiterDecision.Step {
    var encoded: [UInt8] {
        var writer = ByteWriter()
        switch self {
        case .close(let epoch):
            writer.byte(1)
            writer.number(UInt64(epoch))
        case .lead(let epoch, let name):
            writer.byte(2)
            writer.number(UInt64(epoch))
            writer.text(name)
        case .replaceSet(let epoch, let version, let names):
            writer.byte(3)
            writer.number(UInt64(epoch))
            writer.number(version)
            writer.names(names)
        case .chain(let epoch, let names):
            writer.byte(4)
            writer.number(UInt64(epoch))
            writer.names(names)
        }
        return writer.bytes
    }

    init(decoding bytes: [UInt8]) throws(DecodingFailure) {
        var reader = ByteReader(bytes)
        let kind = try reader.byte()
        let epoch = try reader.timeline()
        switch kind {
        case 1: self = .close(epoch: epoch)
        case 2: self = .lead(epoch: epoch, try reader.text())
        case 3: self = .replaceSet(epoch: epoch, version: try reader.number(), try reader.names())
        case 4: self = .chain(epoch: epoch, try reader.names())
        default: throw DecodingFailure("decision of unknown kind \(kind)")
        }
        try reader.finish()
    }
}

extension ByteWriter {
    mutating func names(_ names: [NodeName]) {
        number(UInt64(names.count))
        names.forEach { text($0) }
    }
}

extension ByteReader {
    /// `nil` for the empty name, which stands for none.
    mutating func name() throws(DecodingFailure) -> NodeName? {
        let name = try text()
        return name.isEmpty ? nil : name
    }

    mutating func names() throws(DecodingFailure) -> [NodeName] {
        var names: [NodeName] = []
        for _ in 0..<(try count()) { names.append(try text()) }
        return names
    }
}
