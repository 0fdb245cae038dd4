// Bytes of a command, for designs whose log holds commands. The first byte is the kind; kinds are never given anew.
extension Command {
    /// Read back by `init(decoding:)`.
    public var encoded: [UInt8] {
        var writer = ByteWriter()
        write(&writer)
        return writer.bytes
    }

    /// Bytes that end too early, run on, nest or name what there is not are refused.
    public init(decoding bytes: [UInt8]) throws(DecodingFailure) {
        var reader = ByteReader(bytes)
        let kind = try reader.byte()
        switch kind {
        case Kind.transaction: self = .transaction(try Self.steps(&reader))
        case Kind.statement: self = .statement(try reader.counted())
        default: self = try Self.step(kind, &reader)
        }
        try reader.finish()
    }

    private enum Kind {
        static let get: UInt8 = 1
        static let set: UInt8 = 2
        static let delete: UInt8 = 3
        static let compareAndSet: UInt8 = 4
        static let increment: UInt8 = 5
        static let add: UInt8 = 6
        static let remove: UInt8 = 7
        static let members: UInt8 = 8
        static let append: UInt8 = 9
        static let range: UInt8 = 10
        static let getAll: UInt8 = 11
        static let atLeast: UInt8 = 12
        static let transaction: UInt8 = 13
        static let statement: UInt8 = 14
        static let reserve: UInt8 = 15
        static let rejected: UInt8 = 16
    }

    private var kind: UInt8 {
        switch self {
        case .get: Kind.get
        case .set: Kind.set
        case .delete: Kind.delete
        case .compareAndSet: Kind.compareAndSet
        case .increment: Kind.increment
        case .add: Kind.add
        case .remove: Kind.remove
        case .members: Kind.members
        case .append: Kind.append
        case .range: Kind.range
        case .getAll: Kind.getAll
        case .atLeast: Kind.atLeast
        case .transaction: Kind.transaction
        case .statement: Kind.statement
        case .reserve: Kind.reserve
        case .rejected: Kind.rejected
        }
    }

    private func write(_ writer: inout ByteWriter) {
        writer.byte(kind)
        switch self {
        case .get(let key), .delete(let key), .members(let key), .statement(let key): writer.counted(key)
        case .set(let key, let value):
            writer.counted(key)
            writer.counted(value)
        case .rejected(let slot, let holder):
            writer.counted(slot)
            writer.counted(holder)
        case .compareAndSet(let key, let old, let new):
            writer.counted(key)
            writer.elements(old.map { [$0] } ?? [])
            writer.counted(new)
        case .increment(let key, let number), .atLeast(let key, let number):
            writer.counted(key)
            writer.signed(number)
        case .add(let key, let elements), .remove(let key, let elements), .append(let key, let elements):
            writer.counted(key)
            writer.elements(elements)
        case .range(let key, let first, let last):
            writer.counted(key)
            writer.signed(first)
            writer.signed(last)
        case .getAll(let keys): writer.elements(keys)
        case .transaction(let steps):
            writer.number(UInt64(steps.count))
            steps.forEach { $0.write(&writer) }
        case .reserve(let slot, let holder, let operation):
            writer.counted(slot)
            writer.counted(holder)
            writer.counted(operation)
        }
    }

    private static func steps(_ reader: inout ByteReader) throws(DecodingFailure) -> [Command] {
        var steps: [Command] = []
        for _ in 0..<(try reader.count()) { steps.append(try step(try reader.byte(), &reader)) }
        return steps
    }

    /// What may stand in a transaction, so that hostile bytes cannot nest without end.
    private static func step(_ kind: UInt8, _ reader: inout ByteReader) throws(DecodingFailure) -> Command {
        switch kind {
        case Kind.get: .get(key: try reader.counted())
        case Kind.set: .set(key: try reader.counted(), value: try reader.counted())
        case Kind.delete: .delete(key: try reader.counted())
        case Kind.compareAndSet: try comparison(&reader)
        case Kind.increment: .increment(key: try reader.counted(), by: try reader.signed())
        case Kind.add: .add(key: try reader.counted(), elements: try reader.elements())
        case Kind.remove: .remove(key: try reader.counted(), elements: try reader.elements())
        case Kind.members: .members(key: try reader.counted())
        case Kind.append: .append(key: try reader.counted(), elements: try reader.elements())
        case Kind.range:
            .range(key: try reader.counted(), first: try reader.signed(), last: try reader.signed())
        case Kind.getAll: .getAll(keys: try reader.elements())
        case Kind.atLeast: .atLeast(key: try reader.counted(), minimum: try reader.signed())
        case Kind.rejected: .rejected(slot: try reader.counted(), holder: try reader.counted())
        case Kind.reserve:
            .reserve(
                slot: try reader.counted(), holder: try reader.counted(), operation: try reader.counted())
        default: throw DecodingFailure("command of unknown kind \(kind)")
        }
    }

    private static func comparison(_ reader: inout ByteReader) throws(DecodingFailure) -> Command {
        let key = try reader.counted()
        let old = try reader.elements()
        guard old.count < 2 else { throw DecodingFailure("\(old.count) old values of a comparison") }
        return .compareAndSet(key: key, old: old.first, new: try reader.counted())
    }
}
