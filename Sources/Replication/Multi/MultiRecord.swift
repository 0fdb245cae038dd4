/// What one write does, as it travels between replicas.
public enum MultiChange: Hashable, Sendable {
    /// The whole value of a key, `nil` for none: what the policy for conflicts decides about.
    case assign(key: [UInt8], StoredValue?)

    // Operations that commute.
    /// Adds elements; the record's dot is their tag.
    case add(key: [UInt8], elements: [[UInt8]])
    /// Removes what had been seen: elements with the tags that they had at the writer.
    case remove(key: [UInt8], [TaggedElement])
    /// What the writer has added and taken away, all in all.
    case count(key: [UInt8], CounterShare)
    /// Puts elements behind another one, `nil` for the beginning; the first has that counter, the others count on.
    case insert(key: [UInt8], after: ElementID?, counter: UInt64, elements: [[UInt8]])
    /// Elements of a list go.
    case drop(key: [UInt8], [ElementID])

    /// From now on that data centre is the key's home; of two moves the one with the higher number counts.
    case home(key: [UInt8], HomeMove)

    var key: [UInt8] {
        switch self {
        case .assign(let key, _), .add(let key, _), .remove(let key, _), .count(let key, _),
            .insert(let key, _, _, _), .drop(let key, _), .home(let key, _):
            key
        }
    }
}

/// An element of a set with the tags of the additions that somebody had seen.
public struct TaggedElement: Hashable, Sendable {
    public var element: [UInt8]
    public var tags: [Dot]
}

/// What one replica has added to a counter and taken from it.
public struct CounterShare: Hashable, Sendable {
    public var plus: UInt64 = 0
    public var minus: UInt64 = 0
}

/// The name of a list's element: greater is newer.
public struct ElementID: Hashable, Comparable, Sendable {
    public var counter: UInt64
    public var replica: NodeName

    public static func < (left: ElementID, right: ElementID) -> Bool {
        (left.counter, left.replica) < (right.counter, right.replica)
    }
}

/// One move of a key to another data centre.
public struct HomeMove: Hashable, Comparable, Sendable {
    public var number: UInt64
    public var centre: String

    public static func < (left: HomeMove, right: HomeMove) -> Bool {
        (left.number, left.centre) < (right.number, right.centre)
    }
}

/// One write of one leader: what happens, and all that the leader knew when it happened.
public struct MultiRecord: Hashable, Sendable {
    /// Who wrote it, and its number there.
    public var dot: Dot
    public var stamp: Stamp
    /// What the writer had: of itself all before this one.
    public var past: VersionVector
    /// The past that its versions replace, where a client named it; else all that the writer had.
    public var context: VersionVector?
    public var changes: [MultiChange]
    /// Whom it has come through, from the writer on.
    public var passed: [NodeName] = []
    /// Of a device's own record: what is to be done once its leader has it. The record itself changes nothing.
    public var intent: Command?
    /// Of a leader's record: the device's write that it is about.
    public var settlement: Settlement?

    public var origin: NodeName { dot.replica }
}

/// What became of a device's write where it was decided.
public struct Settlement: Hashable, Sendable {
    public var dot: Dot
    public var isRejected: Bool
}

// MARK: - Bytes

extension MultiRecord {
    var encoded: [UInt8] {
        var writer = ByteWriter()
        writer.record(self)
        return writer.bytes
    }

    init(decoding bytes: [UInt8]) throws(DecodingFailure) {
        var reader = ByteReader(bytes)
        self = try reader.record()
        try reader.finish()
    }

    /// About how many bytes it takes in a message; for limits.
    var weight: Int { 64 + changes.reduce(0) { $0 + $1.weight } + (intent?.encoded.count ?? 0) }
}

extension MultiChange {
    var weight: Int {
        switch self {
        case .assign(let key, let value):
            key.count + (value.map { StoredRow(key: [], value: $0, version: .start).weight } ?? 8)
        case .add(let key, let elements), .insert(let key, _, _, let elements):
            elements.reduce(32 + key.count) { $0 + $1.count + 2 }
        case .remove(let key, let elements):
            elements.reduce(16 + key.count) { $0 + $1.element.count + 8 * $1.tags.count }
        case .count(let key, _), .home(let key, _): 32 + key.count
        case .drop(let key, let ids): 16 + key.count + 12 * ids.count
        }
    }
}

extension ByteWriter {
    mutating func records(_ records: [MultiRecord]) {
        number(UInt64(records.count))
        records.forEach { record($0) }
    }

    mutating func record(_ record: MultiRecord) {
        dot(record.dot)
        stamp(record.stamp)
        vector(record.past)
        byte(Self.flags(record))
        if let context = record.context { vector(context) }
        if let intent = record.intent { counted(intent.encoded) }
        if let settlement = record.settlement {
            dot(settlement.dot)
            byte(settlement.isRejected ? 1 : 0)
        }
        names(record.passed)
        number(UInt64(record.changes.count))
        record.changes.forEach { change($0) }
    }

    private static func flags(_ record: MultiRecord) -> UInt8 {
        (record.context == nil ? 0 : 1) + (record.intent == nil ? 0 : 2) + (record.settlement == nil ? 0 : 4)
    }

    private mutating func change(_ change: MultiChange) {
        switch change {
        case .assign(let key, let value):
            byte(value == nil ? 2 : 1)
            counted(key)
            if let value { self.value(value) }
        case .add(let key, let elements):
            byte(3)
            counted(key)
            self.elements(elements)
        case .remove(let key, let elements):
            byte(4)
            counted(key)
            number(UInt64(elements.count))
            for element in elements {
                counted(element.element)
                number(UInt64(element.tags.count))
                element.tags.forEach { dot($0) }
            }
        case .count(let key, let share):
            byte(5)
            counted(key)
            number(share.plus)
            number(share.minus)
        case .insert(let key, let after, let counter, let elements):
            byte(6)
            counted(key)
            ids(after.map { [$0] } ?? [])
            number(counter)
            self.elements(elements)
        case .drop(let key, let ids):
            byte(7)
            counted(key)
            self.ids(ids)
        case .home(let key, let move):
            byte(8)
            counted(key)
            number(move.number)
            text(move.centre)
        }
    }

    mutating func ids(_ ids: [ElementID]) {
        number(UInt64(ids.count))
        for id in ids {
            number(id.counter)
            text(id.replica)
        }
    }
}

extension ByteReader {
    mutating func records() throws(DecodingFailure) -> [MultiRecord] {
        var records: [MultiRecord] = []
        for _ in 0..<(try count()) { records.append(try record()) }
        return records
    }

    mutating func record() throws(DecodingFailure) -> MultiRecord {
        let dot = try dot()
        let stamp = try stamp()
        let past = try vector()
        let flags = try byte()
        guard flags < 8 else { throw DecodingFailure("a record with unknown parts") }
        let context = flags & 1 == 0 ? nil : try vector()
        let intent = flags & 2 == 0 ? nil : try Command(decoding: try counted())
        let settlement = flags & 4 == 0 ? nil : Settlement(dot: try self.dot(), isRejected: try byte() == 1)
        let passed = try names()
        var changes: [MultiChange] = []
        for _ in 0..<(try count()) { changes.append(try change()) }
        guard past[dot.replica] == dot.number - 1 else { throw DecodingFailure("a record without its own past") }
        if let settlement, settlement.dot.number > past[settlement.dot.replica] &+ 1 {
            throw DecodingFailure("a decision on \(settlement.dot) before those on earlier writes")
        }
        return MultiRecord(
            dot: dot, stamp: stamp, past: past, context: context, changes: changes, passed: passed,
            intent: intent, settlement: settlement)
    }

    private mutating func change() throws(DecodingFailure) -> MultiChange {
        let kind = try byte()
        let key = try counted()
        switch kind {
        case 1: return .assign(key: key, try value())
        case 2: return .assign(key: key, nil)
        case 3: return .add(key: key, elements: try elements())
        case 4:
            var found: [TaggedElement] = []
            for _ in 0..<(try count()) {
                let element = try counted()
                var tags: [Dot] = []
                for _ in 0..<(try count()) { tags.append(try dot()) }
                found.append(TaggedElement(element: element, tags: tags))
            }
            return .remove(key: key, found)
        case 5: return .count(key: key, CounterShare(plus: try number(), minus: try number()))
        case 6:
            let after = try ids().first
            let counter = try number()
            guard counter < 1 << 56 else { throw DecodingFailure("an element's counter without end") }
            return .insert(key: key, after: after, counter: counter, elements: try elements())
        case 7: return .drop(key: key, try ids())
        case 8: return .home(key: key, HomeMove(number: try number(), centre: try text()))
        default: throw DecodingFailure("change of unknown kind \(kind)")
        }
    }

    mutating func ids() throws(DecodingFailure) -> [ElementID] {
        var ids: [ElementID] = []
        for _ in 0..<(try count()) { ids.append(ElementID(counter: try number(), replica: try text())) }
        return ids
    }
}
