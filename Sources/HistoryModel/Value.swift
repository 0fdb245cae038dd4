/// What an operation carries, and any metadata: JSON's values, with whole numbers kept exact.
public enum Value: Hashable, Sendable {
    case null
    case bool(Bool)
    case int(Int64)
    /// A whole number beyond 64 bits: its decimal digits, the first of them no zero, behind a `-` if it is below zero.
    case digits(String)
    case double(Double)
    case string(String)
    case list([Value])
    /// Pairs in the order in which they were written.
    case object([Member])

    /// One name and its value.
    public struct Member: Hashable, Sendable {
        public var name: String
        public var value: Value

        public init(_ name: String, _ value: Value) {
            self.name = name
            self.value = value
        }
    }
}

extension Value: ExpressibleByIntegerLiteral, ExpressibleByStringLiteral, ExpressibleByNilLiteral,
    ExpressibleByArrayLiteral, ExpressibleByBooleanLiteral, ExpressibleByDictionaryLiteral
{
    public init(integerLiteral value: Int64) { self = .int(value) }
    public init(stringLiteral value: String) { self = .string(value) }
    public init(nilLiteral: ()) { self = .null }
    public init(arrayLiteral elements: Value...) { self = .list(elements) }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(dictionaryLiteral elements: (String, Value)...) {
        self = .object(elements.map { Member($0.0, $0.1) })
    }
}

extension Value {
    /// The whole number of a text of decimal digits, which may have a sign; `nil` for any other text.
    static func whole(_ text: Substring) -> Value? {
        if let int = Int64(text) { return .int(int) }
        let isNegative = text.hasPrefix("-")
        let digits = (isNegative || text.hasPrefix("+") ? text.dropFirst() : text).utf8
        guard !digits.isEmpty, digits.allSatisfy({ $0 &- 0x30 < 10 }) else { return nil }
        return .digits((isNegative ? "-" : "") + String(Substring(digits.drop { $0 == 0x30 })))
    }

    /// How a key is named that is a text or a whole number; `nil` for what names no key.
    public var keyName: String? {
        switch self {
        case .string(let text), .digits(let text): text
        case .int(let int): String(int)
        default: nil
        }
    }

    /// The whole number, if this is one that fits 64 bits.
    public var int: Int64? { if case .int(let value) = self { value } else { nil } }

    /// The text, if this is one.
    public var string: String? { if case .string(let value) = self { value } else { nil } }

    /// The elements, if this is a list.
    public var list: [Value]? { if case .list(let value) = self { value } else { nil } }

    /// The truth value, if this is one.
    public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }

    /// True for `null`: an absent value.
    public var isNull: Bool { self == .null }

    /// The value of a name, if this is an object that has it.
    public subscript(name: String) -> Value? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == name }?.value
    }
}
