/// One value of RESP2, the wire format of Redis and of the bundled nodes.
///
/// Texts of `simple` and `error` are lines: they hold neither CR nor LF. Bytes that are no UTF-8 in such a line are
/// replaced when decoded; data travels as `bulk`, which keeps every byte.
public enum RESPValue: Hashable, Sendable {
    /// A short status such as `OK`.
    case simple(String)
    /// An error: a code word in capitals, then text.
    case error(String)
    case integer(Int64)
    /// Any bytes; `nil` is the null bulk string, "no such key".
    case bulk([UInt8]?)
    /// Values in order; `nil` is the null array.
    case array([RESPValue]?)
}

extension RESPValue {
    /// A bulk string with this text in UTF-8.
    public static func text(_ text: String) -> RESPValue { .bulk([UInt8](text.utf8)) }

    /// The text of a simple string or of a bulk string; `nil` for everything else.
    public var text: String? {
        switch self {
        case .simple(let text): text
        case .bulk(let bytes?): String(decoding: bytes, as: UTF8.self)
        default: nil
        }
    }

    /// The elements, if this is an array that is not null.
    public var elements: [RESPValue]? {
        if case .array(let elements) = self { elements } else { nil }
    }

    /// True for the null bulk string and the null array.
    public var isNull: Bool { self == .bulk(nil) || self == .array(nil) }

    /// The whole number of an integer, or of a bulk or simple string that is one in decimal.
    public var number: Int64? {
        switch self {
        case .integer(let value): value
        case .bulk(let bytes?): RESPNumber.parse(bytes[...])
        case .simple(let text): Int64(text)
        default: nil
        }
    }
}
