extension Change {
    /// The kind byte of a log record on disk.
    public var kind: UInt8 {
        switch self {
        case .noop: 0
        case .put: 1
        case .delete: 2
        case .add: 3
        case .remove: 4
        case .timeline: 5
        case .increment: 6
        case .append: 7
        case .reserve: 8
        case .batch: 9
        case .statement: 10
        case .pages: 11
        }
    }

    /// The payload of a log record on disk.
    public var payload: [UInt8] {
        var writer = ByteWriter()
        writePayload(&writer)
        return writer.bytes
    }

    private func writePayload(_ writer: inout ByteWriter) {
        switch self {
        case .noop: break
        case .put(let key, let value):
            writer.counted(key)
            writer.counted(value)
        case .delete(let key):
            writer.counted(key)
        case .increment(let key, let amount):
            writer.counted(key)
            writer.signed(amount)
        case .add(let key, let elements), .remove(let key, let elements), .append(let key, let elements):
            writer.counted(key)
            writer.elements(elements)
        case .reserve(let slot, let holder, let operation):
            writer.counted(slot)
            writer.counted(holder)
            writer.counted(operation)
        case .timeline(let parent):
            writer.position(parent)
        case .statement(let record): writer.statement(record)
        case .pages(let pages):
            writer.number(UInt64(pages.count))
            pages.forEach { writer.page($0) }
        case .batch(let changes):
            writer.number(UInt64(changes.count))
            for change in changes {
                writer.byte(change.kind)
                change.writePayload(&writer)
            }
        }
    }

    public init(kind: UInt8, payload: [UInt8]) throws(DecodingFailure) {
        var reader = ByteReader(payload)
        switch kind {
        case 0: self = .noop
        case 5: self = .timeline(parent: try reader.position())
        case 9: self = .batch(try Self.batch(&reader))
        case 10: self = .statement(try reader.statement())
        case 11:
            var pages: [PageImage] = []
            for _ in 0..<(try reader.count()) { pages.append(try reader.page()) }
            self = .pages(pages)
        default: self = try Self.single(kind, &reader)
        }
        try reader.finish()
    }

    private static func batch(_ reader: inout ByteReader) throws(DecodingFailure) -> [Change] {
        var changes: [Change] = []
        for _ in 0..<(try reader.count()) { changes.append(try single(try reader.byte(), &reader)) }
        return changes
    }

    /// What may stand in a batch.
    private static func single(_ kind: UInt8, _ reader: inout ByteReader) throws(DecodingFailure) -> Change {
        switch kind {
        case 1: .put(key: try reader.counted(), value: try reader.counted())
        case 2: .delete(key: try reader.counted())
        case 3: .add(key: try reader.counted(), elements: try reader.elements())
        case 4: .remove(key: try reader.counted(), elements: try reader.elements())
        case 6: .increment(key: try reader.counted(), by: try reader.signed())
        case 7: .append(key: try reader.counted(), elements: try reader.elements())
        case 8:
            .reserve(
                slot: try reader.counted(), holder: try reader.counted(), operation: try reader.counted())
        default: throw DecodingFailure("log record of unknown kind \(kind)")
        }
    }

    /// About how many bytes the entry takes in a message; for limits.
    var weight: Int {
        switch self {
        case .noop, .timeline: 16
        case .put(let key, let value): 24 + key.count + value.count
        case .delete(let key): 24 + key.count
        case .increment(let key, _): 34 + key.count
        case .add(let key, let elements), .remove(let key, let elements), .append(let key, let elements):
            elements.reduce(24 + key.count) { $0 + $1.count + 2 }
        case .reserve(let slot, let holder, let operation): 30 + slot.count + holder.count + operation.count
        case .batch(let changes): changes.reduce(16) { $0 + $1.weight }
        case .statement(let record): 64 + record.text.count
        case .pages(let pages): pages.reduce(16) { $0 + $1.bytes.count + 24 }
        }
    }
}

extension ByteWriter {
    fileprivate mutating func statement(_ record: StatementRecord) {
        counted(record.text)
        byte(UInt8(StatementFix.allCases.firstIndex(of: record.fix) ?? 0))
        number(record.origin)
        number(record.surroundings.seed)
        signed(record.surroundings.time)
        number(record.surroundings.unique)
        signed(record.surroundings.executed)
    }

    fileprivate mutating func page(_ page: PageImage) {
        number(page.number)
        byte(page.layout.rawValue)
        counted(page.bytes)
    }
}

extension ByteReader {
    fileprivate mutating func statement() throws(DecodingFailure) -> StatementRecord {
        let text = try counted()
        let fix = Int(try byte())
        guard fix < StatementFix.allCases.count else { throw DecodingFailure("fix of unknown kind \(fix)") }
        let origin = try number()
        let surroundings = Surroundings(
            seed: try number(), time: try signed(), unique: try number(), executed: try signed())
        return StatementRecord(
            text: text, fix: StatementFix.allCases[fix], origin: origin, surroundings: surroundings)
    }

    fileprivate mutating func page() throws(DecodingFailure) -> PageImage {
        let number = try number()
        let kind = try byte()
        guard let layout = PageLayout(rawValue: kind) else {
            throw DecodingFailure("page of unknown layout \(kind)")
        }
        return PageImage(number: number, layout: layout, bytes: try counted())
    }
}
