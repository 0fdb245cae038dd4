/// Why bytes are no RESP2, or more of it than allowed. The connection they came from is of no use any more.
public struct RESPError: Error, Hashable, Sendable {
    /// What is wrong.
    public enum Code: String, Hashable, Sendable, CaseIterable {
        /// A value starts with a byte that is no type.
        case unknownType = "unknown-type"
        /// A length or an integer is no number, or below what is allowed.
        case badNumber = "bad-number"
        /// A line does not end in CR LF, or a bulk string is not followed by them.
        case missingLineEnd = "missing-line-end"
        case lineTooLong = "line-too-long"
        case bulkTooLong = "bulk-too-long"
        case arrayTooLong = "array-too-long"
        case tooDeep = "too-deep"
        case valueTooLarge = "value-too-large"
        /// A request that is no array of bulk strings.
        case badRequest = "bad-request"
    }

    public var code: Code
    /// Where in the stream the piece begins that is wrong, in bytes since the connection was opened.
    public var offset: Int
    public var message: String

    public init(_ code: Code, offset: Int, _ message: String) {
        self.code = code
        self.offset = offset
        self.message = message
    }
}

extension RESPError: CustomStringConvertible {
    public var description: String { "byte \(offset): \(message) (\(code.rawValue))" }
}

/// How much a decoder takes from a peer that it does not trust.
public struct RESPLimits: Hashable, Sendable {
    /// Arrays within arrays; a plain value has depth 0.
    public var depth: Int
    /// Bytes of a line: a simple string, an error, or an inline command.
    public var lineLength: Int
    /// Bytes of a bulk string.
    public var bulkLength: Int
    /// Elements of one array.
    public var arrayLength: Int
    /// Bytes on the wire of one value with all it holds.
    public var valueLength: Int

    public init(
        depth: Int = 8, lineLength: Int = 64 << 10, bulkLength: Int = 16 << 20, arrayLength: Int = 1 << 20,
        valueLength: Int = 64 << 20
    ) {
        self.depth = depth
        self.lineLength = lineLength
        self.bulkLength = bulkLength
        self.arrayLength = arrayLength
        self.valueLength = valueLength
    }

    /// For a server: small requests from many clients.
    public static let requests = RESPLimits(
        depth: 1, bulkLength: 1 << 20, arrayLength: 1 << 16, valueLength: 4 << 20)
}
