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

    static func string(_ bytes: some Sequence<UInt8>) -> String {
        quoted(String(decoding: Array(bytes), as: UTF8.self))
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
