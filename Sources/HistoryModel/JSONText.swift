/// JSON as bytes: the form in which values stand in files and on the wire.
public enum JSONText {
    /// The value as compact JSON in UTF-8, without line breaks; a number that JSON cannot say (infinite, not a number)
    /// becomes `null`.
    public static func bytes(_ value: Value) -> [UInt8] {
        var writer = JSONWriter()
        writer.append(value)
        return writer.bytes
    }

    /// The value that a whole JSON text stands for.
    ///
    /// Whole numbers that fit 64 bits are `int`, larger ones `digits`, all other numbers `double`. Throws `HistoryError` with code `bad-syntax`.
    public static func value(_ bytes: [UInt8]) throws(HistoryError) -> Value {
        try JSONParser.value(bytes, 0..<bytes.count)
    }
}

/// Writes JSON without spaces.
struct JSONWriter {
    private(set) var bytes: [UInt8] = []

    mutating func append(_ value: Value) {
        switch value {
        case .null: raw("null")
        case .bool(let bool): raw(bool ? "true" : "false")
        case .int(let int): raw(String(int))
        case .digits(let digits): raw(digits)
        case .double(let double): raw(double.isFinite ? String(double) : "null")
        case .string(let string): append(string)
        case .list(let elements):
            bytes.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                append(element)
            }
            bytes.append(UInt8(ascii: "]"))
        case .object(let members):
            bytes.append(UInt8(ascii: "{"))
            for (index, member) in members.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                append(name: member.name, member.value)
            }
            bytes.append(UInt8(ascii: "}"))
        }
    }

    mutating func append(name: String, _ value: Value) {
        append(name)
        bytes.append(UInt8(ascii: ":"))
        append(value)
    }

    mutating func raw(_ text: String) {
        bytes.append(contentsOf: text.utf8)
    }

    private mutating func append(_ string: String) {
        bytes.append(UInt8(ascii: "\""))
        for byte in string.utf8 {
            switch byte {
            case UInt8(ascii: "\""): raw("\\\"")
            case UInt8(ascii: "\\"): raw("\\\\")
            case 0x0A: raw("\\n")
            case 0x0D: raw("\\r")
            case 0x09: raw("\\t")
            case 0..<0x20, 0x7F: escape(byte)
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func escape(_ byte: UInt8) {
        let digits = Array("0123456789abcdef".utf8)
        raw("\\u00")
        bytes.append(digits[Int(byte >> 4)])
        bytes.append(digits[Int(byte & 15)])
    }
}
