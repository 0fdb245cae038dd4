/// Writes EDN in one line.
struct EDNWriter {
    private(set) var bytes: [UInt8] = []

    mutating func raw(_ text: String) { bytes.append(contentsOf: text.utf8) }

    mutating func append(_ value: Value) {
        switch value {
        case .null: raw("nil")
        case .bool(let bool): raw(bool ? "true" : "false")
        case .int(let int): raw(String(int))
        case .digits(let digits): raw(digits + "N")
        case .double(let double): raw(double.isFinite ? String(double) : "nil")
        case .string(let string): append(string)
        case .list(let elements): appendList(elements) { $0.append($1) }
        case .object(let members):
            appendMembers(members) { $0.append($1) }
        }
    }

    /// The micro-operations of a transaction, whose functions are keywords: `[[:r 1 nil] [:append 1 2]]`.
    mutating func append(transaction value: Value) {
        guard case .list(let elements) = value else { return append(value) }
        appendList(elements) { writer, element in
            guard case .list(let parts) = element else { return writer.append(element) }
            var isFirst = true
            writer.appendList(parts) { writer, part in
                if isFirst, let function = part.string {
                    writer.append(word: function)
                } else {
                    writer.append(part)
                }
                isFirst = false
            }
        }
    }

    /// Metadata: its names are keywords where they can be.
    mutating func append(meta value: Value) {
        guard case .object(let members) = value else { return append(value) }
        appendMembers(members) { $0.append(word: $1) }
    }

    /// A keyword, or a string where the text is no name of one.
    mutating func append(word: String) {
        if Self.isName(word) { raw(":\(word)") } else { append(word) }
    }

    private mutating func appendList<Element>(_ elements: [Element], _ body: (inout EDNWriter, Element) -> Void) {
        bytes.append(UInt8(ascii: "["))
        for (place, element) in elements.enumerated() {
            if place > 0 { bytes.append(UInt8(ascii: " ")) }
            body(&self, element)
        }
        bytes.append(UInt8(ascii: "]"))
    }

    private mutating func appendMembers(_ members: [Value.Member], name: (inout EDNWriter, String) -> Void) {
        bytes.append(UInt8(ascii: "{"))
        for (place, member) in members.enumerated() {
            if place > 0 { raw(", ") }
            name(&self, member.name)
            bytes.append(UInt8(ascii: " "))
            append(member.value)
        }
        bytes.append(UInt8(ascii: "}"))
    }

    /// Whether a text can be the name of a keyword: letters, digits and a few signs, a letter first.
    private static func isName(_ text: String) -> Bool {
        let isLetter = { (byte: UInt8) in byte | 0x20 &- 0x61 < 26 }
        guard let first = text.utf8.first, isLetter(first) else { return false }
        return text.utf8.allSatisfy { isLetter($0) || $0 &- 0x30 < 10 || "-_.*+!?<>=$%&".utf8.contains($0) }
    }

    mutating func append(_ string: String) {
        bytes.append(UInt8(ascii: "\""))
        for byte in string.utf8 {
            switch byte {
            case UInt8(ascii: "\""): raw("\\\"")
            case UInt8(ascii: "\\"): raw("\\\\")
            case 0x0A: raw("\\n")
            case 0x0D: raw("\\r")
            case 0x09: raw("\\t")
            case 0..<0x10: raw("\\u000\(String(byte, radix: 16))")
            case 0x10..<0x20, 0x7F: raw("\\u00\(String(byte, radix: 16))")
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}
