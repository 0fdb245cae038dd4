/// Text with tags, as HTML, SVG and XML have it, in which everything from outside is escaped.
///
/// It is made from literals, which are trusted because they stand in this source, and from interpolations, which are
/// escaped: `"<p title=\"\(name)\">\(text)</p>"` is safe whatever `name` and `text` are, in the text and in a quoted
/// attribute. There is no way to make one from a `String` without escaping, except the ones named here that escape
/// by other rules.
public struct Markup: Hashable, Sendable {
    /// The markup itself.
    public private(set) var text: String

    /// The empty markup.
    public init() { text = "" }

    /// Text from anywhere, escaped.
    public init(escaping text: some StringProtocol) {
        self.text = ""
        Self.escape(text, into: &self.text)
    }

    private init(verbatim text: String) { self.text = text }

    /// The bytes of a file with this content.
    public var bytes: [UInt8] { Array(text.utf8) }

    public static func += (left: inout Markup, right: Markup) { left.text += right.text }

    public static func + (left: Markup, right: Markup) -> Markup {
        Markup(verbatim: left.text + right.text)
    }

    /// JSON for the inside of a `script` element of a data type, where nothing is unescaped: no `<` is left in it.
    static func json(_ bytes: [UInt8]) -> Markup {
        var text = ""
        for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
            switch scalar {
            case "<": text += "\\u003c"
            case ">": text += "\\u003e"
            case "&": text += "\\u0026"
            case "\u{2028}": text += "\\u2028"
            case "\u{2029}": text += "\\u2029"
            default: text.unicodeScalars.append(scalar)
            }
        }
        return Markup(verbatim: text)
    }

    /// Characters that no text needs and that HTML or XML forbid, or that reverse what stands around them, become
    /// the replacement character.
    private static func escape(_ text: some StringProtocol, into result: inout String) {
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            case "\n", "\t": result.unicodeScalars.append(scalar)
            case "\u{0}"..."\u{1F}", "\u{7F}"..."\u{9F}", "\u{202A}"..."\u{202E}",
                "\u{2066}"..."\u{2069}", "\u{FFFE}"..."\u{FFFF}":
                result += "\u{FFFD}"
            default: result.unicodeScalars.append(scalar)
            }
        }
    }
}

extension Markup: ExpressibleByStringInterpolation {
    public struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var markup = Markup()

        public init(literalCapacity: Int, interpolationCount: Int) {
            markup.text.reserveCapacity(literalCapacity + 16 * interpolationCount)
        }

        public mutating func appendLiteral(_ literal: StaticString) {
            markup.text += literal.description
        }

        /// Markup is taken as it is.
        public mutating func appendInterpolation(_ part: Markup) { markup += part }

        public mutating func appendInterpolation(_ parts: [Markup]) {
            for part in parts { markup += part }
        }

        public mutating func appendInterpolation(_ number: some BinaryInteger) {
            markup.text += String(number)
        }

        /// A coordinate, to a tenth of a pixel.
        public mutating func appendInterpolation(_ number: Double) {
            let tenths = Int((number * 10).rounded())
            let sign = tenths < 0 ? "-" : ""
            let fraction = abs(tenths) % 10
            markup.text += "\(sign)\(abs(tenths) / 10)" + (fraction == 0 ? "" : ".\(fraction)")
        }

        /// Anything else is text, and escaped.
        public mutating func appendInterpolation(_ text: some StringProtocol) {
            Markup.escape(text, into: &markup.text)
        }
    }

    public init(stringLiteral literal: StaticString) { text = literal.description }

    public init(stringInterpolation: StringInterpolation) { self = stringInterpolation.markup }
}
