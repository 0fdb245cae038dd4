internal import Replication

/// Writes one line of JSON; just what answers and event logs need.
struct JSONLine {
    private(set) var text = ""
    private var isFirst = true

    static func object(_ body: (inout JSONLine) -> Void) -> String {
        var line = JSONLine()
        body(&line)
        return "{" + line.text + "}"
    }

    static func list(_ items: [String]) -> String { "[" + items.joined(separator: ",") + "]" }

    /// A value of a report.
    static func text(_ value: ReportValue) -> String {
        var text = ""
        write(value, to: &text)
        return text
    }

    private static func write(_ value: ReportValue, to text: inout String) {
        switch value {
        case .null: text += "null"
        case .bool(let value): text += value ? "true" : "false"
        case .number(let number): text += String(number)
        case .string(let string): text += quoted(string)
        case .bytes(let bytes): text += quoted(String(decoding: bytes, as: UTF8.self))
        case .list(let values):
            text += "["
            for (index, value) in values.enumerated() {
                if index > 0 { text += "," }
                write(value, to: &text)
            }
            text += "]"
        case .object(let members):
            text += "{"
            for (index, member) in members.enumerated() {
                if index > 0 { text += "," }
                text += quoted(member.name) + ":"
                write(member.value, to: &text)
            }
            text += "}"
        }
    }

    static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case _ where scalar.value < 0x20:
                let hex = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    mutating func raw(_ name: String, _ json: String) {
        text += (isFirst ? "" : ",") + Self.quoted(name) + ":" + json
        isFirst = false
    }

    mutating func number(_ name: String, _ value: some BinaryInteger) { raw(name, String(value)) }
    mutating func string(_ name: String, _ value: String) { raw(name, Self.quoted(value)) }
    mutating func bool(_ name: String, _ value: Bool) { raw(name, value ? "true" : "false") }
}
