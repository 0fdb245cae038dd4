/// Reads one JSON value from a range of bytes, strictly by RFC 8259.
struct JSONParser {
    /// How deep lists and objects may lie in one another: hostile input must not exhaust the stack.
    static let deepest = 200

    private let bytes: [UInt8]
    private let end: Int
    private var position: Int
    private var depth = 0

    private init(_ bytes: [UInt8], _ range: Range<Int>) {
        self.bytes = bytes
        position = range.lowerBound
        end = range.upperBound
    }

    /// The value that fills the whole range.
    static func value(_ bytes: [UInt8], _ range: Range<Int>) throws(HistoryError) -> Value {
        var parser = JSONParser(bytes, range)
        let value = try parser.value()
        parser.skipSpace()
        guard parser.position == parser.end else { throw parser.error("something follows the value") }
        return value
    }

    private func error(_ what: String) -> HistoryError {
        HistoryError(.badSyntax, "\(what) at byte \(position)")
    }

    private mutating func skipSpace() {
        while position < end {
            switch bytes[position] {
            case 0x20, 0x09, 0x0A, 0x0D: position += 1
            default: return
            }
        }
    }

    private mutating func value() throws(HistoryError) -> Value {
        skipSpace()
        guard position < end else { throw error("a value is missing") }
        switch bytes[position] {
        case UInt8(ascii: "{"): return try object()
        case UInt8(ascii: "["): return try list()
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return try number()
        }
    }

    private mutating func word(_ word: String, _ value: Value) throws(HistoryError) -> Value {
        for byte in word.utf8 {
            guard position < end, bytes[position] == byte else { throw error("this is no JSON value") }
            position += 1
        }
        return value
    }

    /// Consumes `byte` after any space, if it is next.
    private mutating func take(_ byte: UInt8) -> Bool {
        skipSpace()
        guard position < end, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    private mutating func enter() throws(HistoryError) {
        position += 1
        depth += 1
        guard depth <= Self.deepest else { throw error("more than \(Self.deepest) levels") }
    }

    private mutating func list() throws(HistoryError) -> Value {
        try enter()
        var elements: [Value] = []
        if !take(UInt8(ascii: "]")) {
            repeat { elements.append(try value()) } while take(UInt8(ascii: ","))
            guard take(UInt8(ascii: "]")) else { throw error("',' or ']' is missing") }
        }
        depth -= 1
        return .list(elements)
    }

    private mutating func object() throws(HistoryError) -> Value {
        try enter()
        var members: [Value.Member] = []
        if !take(UInt8(ascii: "}")) {
            repeat { members.append(try member()) } while take(UInt8(ascii: ","))
            guard take(UInt8(ascii: "}")) else { throw error("',' or '}' is missing") }
        }
        depth -= 1
        return .object(members)
    }

    private mutating func member() throws(HistoryError) -> Value.Member {
        skipSpace()
        guard position < end, bytes[position] == UInt8(ascii: "\"") else { throw error("a name is missing") }
        let name = try string()
        guard take(UInt8(ascii: ":")) else { throw error("':' is missing") }
        return Value.Member(name, try value())
    }

    private mutating func digits() -> Int {
        let start = position
        while position < end, bytes[position] >= 0x30, bytes[position] <= 0x39 { position += 1 }
        return position - start
    }

    private mutating func number() throws(HistoryError) -> Value {
        let start = position
        var isWhole = true
        if bytes[position] == UInt8(ascii: "-") { position += 1 }
        let leading = position
        let count = digits()
        guard count > 0, count == 1 || bytes[leading] != 0x30 else { throw error("this is no JSON value") }
        if position < end, bytes[position] == UInt8(ascii: ".") {
            isWhole = false
            position += 1
            guard digits() > 0 else { throw error("a digit is missing") }
        }
        if position < end, bytes[position] | 0x20 == UInt8(ascii: "e") {
            isWhole = false
            position += 1
            if position < end, bytes[position] == UInt8(ascii: "-") || bytes[position] == UInt8(ascii: "+") {
                position += 1
            }
            guard digits() > 0 else { throw error("a digit is missing") }
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if isWhole, let whole = Value.whole(text[...]) { return whole }
        guard let double = Double(text), double.isFinite else { throw error("this number is too large") }
        return .double(double)
    }

    private mutating func string() throws(HistoryError) -> String {
        position += 1
        let start = position
        while position < end, bytes[position] != UInt8(ascii: "\""), bytes[position] != UInt8(ascii: "\\") {
            guard bytes[position] >= 0x20 else { throw error("a control character in a string") }
            position += 1
        }
        guard position < end else { throw error("a string without end") }
        guard bytes[position] == UInt8(ascii: "\\") else {
            let text = try text(bytes[start..<position])
            position += 1
            return text
        }
        return try stringWithEscapes(Array(bytes[start..<position]))
    }

    private func text(_ utf8: some Sequence<UInt8>) throws(HistoryError) -> String {
        guard let text = String(validating: utf8, as: UTF8.self) else { throw error("a string is not UTF-8") }
        return text
    }

    private mutating func stringWithEscapes(_ beginning: [UInt8]) throws(HistoryError) -> String {
        var utf8 = beginning
        while position < end {
            let byte = bytes[position]
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return try text(utf8)
            case UInt8(ascii: "\\"): utf8 += try escape()
            case 0..<0x20: throw error("a control character in a string")
            default: utf8.append(byte)
            }
        }
        throw error("a string without end")
    }

    private mutating func escape() throws(HistoryError) -> [UInt8] {
        guard position < end else { throw error("a string without end") }
        let byte = bytes[position]
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "f"): return [0x0C]
        case UInt8(ascii: "n"): return [0x0A]
        case UInt8(ascii: "r"): return [0x0D]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "u"): return Array(String(Character(try scalar())).utf8)
        default: throw error("an unknown escape")
        }
    }

    private mutating func scalar() throws(HistoryError) -> Unicode.Scalar {
        let first = try hexadecimal()
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard first < 0xDC00, position + 1 < end, bytes[position] == UInt8(ascii: "\\"),
            bytes[position + 1] == UInt8(ascii: "u")
        else { throw error("half a surrogate pair") }
        position += 2
        let second = try hexadecimal()
        guard (0xDC00..<0xE000).contains(second),
            let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
        else { throw error("half a surrogate pair") }
        return scalar
    }

    private mutating func hexadecimal() throws(HistoryError) -> UInt32 {
        guard position + 4 <= end else { throw error("an escape without end") }
        var number: UInt32 = 0
        for _ in 0..<4 {
            let byte = bytes[position]
            let digit: UInt8
            switch byte {
            case 0x30...0x39: digit = byte - 0x30
            case 0x41...0x46: digit = byte - 0x41 + 10
            case 0x61...0x66: digit = byte - 0x61 + 10
            default: throw error("an escape needs four hexadecimal digits")
            }
            number = number << 4 | UInt32(digit)
            position += 1
        }
        return number
    }
}
