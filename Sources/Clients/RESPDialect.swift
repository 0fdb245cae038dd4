public import HistoryModel
public import WireProtocol

/// Names an operation to a node, so that it can tell a repetition.
public struct OperationID: Hashable, Sendable {
    public var process: Int
    /// Counts the operations of the process, from 1.
    public var sequence: Int

    public init(process: Int, sequence: Int) {
        self.process = process
        self.sequence = sequence
    }
}

/// What a node's reply means.
public enum RESPAnswer: Hashable, Sendable {
    case ok(Value, meta: Value)
    case error(ClientError)
    /// Not executed: the node that leads is elsewhere.
    case moved(NodeAddress)
}

/// How requests and replies of one kind of system look in RESP2; pure.
public protocol RESPDialect: Sendable {
    /// Appends the request's bytes; throws when the system cannot do this or the values do not fit its wire.
    func encode(_ request: OperationRequest, id: OperationID, into writer: inout RESPWriter) throws(ClientError)

    /// What a reply to that request means.
    func decode(_ reply: RESPValue, to request: OperationRequest) -> RESPAnswer
}

/// How values of histories travel: whole numbers in decimal, other texts as they are, absence as null.
enum WireValue {
    /// A stored value; `nil` bytes are an absent key.
    static func value(_ bytes: [UInt8]?) -> Value {
        guard let bytes else { return .null }
        if let number = RESPNumber.parse(bytes[...]) { return .int(number) }
        return .string(String(decoding: bytes, as: UTF8.self))
    }

    /// Appends a value that is to be stored, as one bulk string.
    ///
    /// A text that looks like a number would come back as one, so it is refused.
    static func write(_ value: Value, into writer: inout RESPWriter) throws(ClientError) {
        switch value {
        case .int(let number): writer.bulk(number)
        case .string(let text) where RESPNumber.parse(Array(text.utf8)[...]) == nil && !text.isEmpty:
            writer.bulk(text)
        default:
            throw ClientError(.unsupported, "a stored value is a whole number or a text that is none, not \(value)")
        }
    }

    /// Elements of a set in the order of histories: numbers by size, then texts.
    static func sorted(_ elements: [Value]) -> Value {
        .list(
            elements.sorted { left, right in
                switch (left, right) {
                case (.int(let left), .int(let right)): left < right
                case (.string(let left), .string(let right)): left < right
                case (.int, _): true
                default: false
                }
            })
    }
}

extension OperationRequest {
    /// The value of an `ok`, from a reply that is not an error; `nil` when the reply has the wrong shape.
    func okValue(_ reply: RESPValue) -> Value? {
        switch (function, reply) {
        case (.read, .array(let members?)) where shape == .set:
            stored(members).map(WireValue.sorted)
        case (.read, .array(let members?)) where shape == .list:
            stored(members).map(Value.list)
        case (.read, .bulk(let bytes)) where !readsList:
            WireValue.value(bytes)
        case (.txn, .array(let values?)):
            filled(values)
        // A statement answers with what it wrote.
        case (.write, .bulk(let bytes)) where computed != nil: WireValue.value(bytes)
        case (.write, .bulk(let bytes)) where WireValue.value(bytes) == value: value
        case (.write, .integer) where isDeletion: value
        case (.statement, .array(let told?)): rows(told)
        case (.write, .simple), (.cas, .simple), (.cas, .integer(1)), (.add, .simple), (.add, .integer),
            (.remove, .integer),
            (.increment, .integer), (.append, .integer), (.reserve, .simple), (.rejected, .simple),
            (.open, .array(.some)),
            (.transfer, .array(.some)):
            value
        default: nil
        }
    }

    private func stored(_ replies: [RESPValue]) -> [Value]? {
        var values: [Value] = []
        values.reserveCapacity(replies.count)
        for reply in replies {
            guard case .bulk(let bytes) = reply else { return nil }
            values.append(WireValue.value(bytes))
        }
        return values
    }

    /// The rows that a statement says it wrote, keys and values in turn.
    private func rows(_ told: [RESPValue]) -> Value? {
        guard told.count.isMultiple(of: 2), let values = stored(told) else { return nil }
        let keys = told.map { $0.text ?? "" }
        return .list(
            stride(from: 0, to: values.count, by: 2).map { .list(["w", .string(keys[$0]), values[$0 + 1]]) })
    }

    /// The micro-operations with what was read.
    private func filled(_ replies: [RESPValue]) -> Value? {
        guard let keys = readKeys, keys.count == replies.count, let values = stored(replies) else { return nil }
        return .list(zip(keys, values).map { .list(["r", .string($0), $1]) })
    }
}
