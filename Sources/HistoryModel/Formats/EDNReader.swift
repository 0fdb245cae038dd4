/// Reads forms of EDN into a builder.
///
/// Keywords and symbols become strings without their colon, lists, vectors and sets become lists, maps become objects,
/// and a tagged form is its value; what `#_` discards is left out. Whole numbers stay exact, fractions become doubles,
/// infinities the strings `Inf` and `-Inf`, and what is no number `NaN`.
struct EDNReader: ~Copyable {
    /// How deep forms may lie in one another: hostile input must not exhaust the stack.
    static let deepest = JSONParser.deepest

    var builder = HistoryBuilder()
    var scanner: EDNScanner

    init(_ scanner: EDNScanner) { self.scanner = scanner }

    /// Moves to the next form, over blanks, comments and what is discarded.
    @inline(__always)
    mutating func skip(depth: Int) throws(HistoryError) {
        scanner.skipBlank()
        while scanner.byte == UInt8(ascii: "#"), scanner.second == UInt8(ascii: "_") {
            try discard(depth: depth)
            scanner.skipBlank()
        }
    }

    private mutating func discard(depth: Int) throws(HistoryError) {
        scanner.advance()
        scanner.advance()
        try expectRoom(depth)
        _ = try value(depth: depth + 1)
    }

    private func expectRoom(_ depth: Int) throws(HistoryError) {
        guard depth < Self.deepest else { throw scanner.error("more than \(Self.deepest) levels") }
    }

    /// The next form, which lies in `depth` others.
    mutating func value(depth: Int) throws(HistoryError) -> ValueRef {
        try skip(depth: depth)
        if let int = scanner.shortInt() { return try builder.int(int) }
        switch scanner.byte {
        case UInt8(ascii: ":"):
            let token = try keyword()
            return unsafe try builder.string(token.text)
        case UInt8(ascii: "["): return try list(until: UInt8(ascii: "]"), depth: depth + 1)
        case UInt8(ascii: "\""):
            scanner.advance()
            return try string()
        case UInt8(ascii: "{"): return try object(depth: depth + 1)
        case UInt8(ascii: "("): return try list(until: UInt8(ascii: ")"), depth: depth + 1)
        case UInt8(ascii: "#"): return try dispatch(depth: depth + 1)
        case UInt8(ascii: "\\"): return try character()
        default: return try atom()
        }
    }

    /// A keyword without its colon, or with one left of a keyword with two.
    @inline(__always)
    mutating func keyword() throws(HistoryError) -> EDNToken {
        scanner.advance()
        let token = scanner.token()
        guard !token.isEmpty else { throw scanner.error("a keyword without name") }
        return token
    }

    /// A string whose opening quote is behind.
    @inline(__always)
    mutating func string() throws(HistoryError) -> ValueRef {
        if let plain = unsafe try scanner.plainString() { return unsafe try builder.string(plain) }
        return try builder.string(try scanner.escapedString())
    }

    /// True once the bracket that closes is behind.
    @inline(__always)
    mutating func close(_ bracket: UInt8, depth: Int) throws(HistoryError) -> Bool {
        try skip(depth: depth)
        if scanner.take(bracket) { return true }
        if scanner.isAtEnd {
            throw scanner.error("'\(Character(Unicode.Scalar(bracket)))' is missing")
        }
        return false
    }

    private mutating func list(until bracket: UInt8, depth: Int) throws(HistoryError) -> ValueRef {
        try expectRoom(depth - 1)
        scanner.advance()
        let mark = builder.begin()
        while try !close(bracket, depth: depth) { builder.push(try value(depth: depth)) }
        return try builder.list(from: mark)
    }

    private mutating func object(depth: Int) throws(HistoryError) -> ValueRef {
        try expectRoom(depth - 1)
        scanner.advance()
        let mark = builder.begin()
        while try !close(UInt8(ascii: "}"), depth: depth) {
            builder.push(try name(depth: depth))
            builder.push(try value(depth: depth))
        }
        return try builder.object(from: mark)
    }

    /// The name of an object's member: keywords and strings as values, everything else as it is written.
    private mutating func name(depth: Int) throws(HistoryError) -> ValueRef {
        let start = scanner.offset
        let name = try value(depth: depth)
        if name.isString { return name }
        return unsafe try builder.string(scanner.text(from: start))
    }

    /// What a number sign starts.
    private mutating func dispatch(depth: Int) throws(HistoryError) -> ValueRef {
        try expectRoom(depth - 1)
        if scanner.second == UInt8(ascii: "{") {
            scanner.advance()
            return try list(until: UInt8(ascii: "}"), depth: depth)
        }
        if scanner.second == UInt8(ascii: "#") {
            scanner.advance()
            scanner.advance()
            return try symbolicNumber()
        }
        try tag()
        return try value(depth: depth)
    }

    /// Moves over the tag of a tagged form; `#:name{...}` too gives the keys of a map a name that is of no interest.
    @discardableResult
    mutating func tag() throws(HistoryError) -> EDNToken {
        scanner.advance()
        let isNamespace = scanner.take(UInt8(ascii: ":"))
        let first = scanner.byte
        let tag = scanner.token()
        guard !tag.isEmpty, isNamespace || first | 0x20 &- 0x61 < 26 || first >= 128 else {
            throw scanner.error("a tag is missing")
        }
        return tag
    }

    private mutating func symbolicNumber() throws(HistoryError) -> ValueRef {
        let token = scanner.token()
        guard token.isWord("Inf") || token.isWord("-Inf") || token.isWord("NaN") else {
            throw scanner.error("this is no EDN value")
        }
        return unsafe try builder.string(token.text)
    }
}

// MARK: Atoms

extension EDNReader {
    private mutating func character() throws(HistoryError) -> ValueRef {
        let start = scanner.offset
        scanner.advance()
        // A bracket or a blank is a character too.
        if EDNScanner.isDelimiter(scanner.byte) { scanner.advance() } else { _ = scanner.token() }
        let text = unsafe String(decoding: scanner.text(from: start + 1), as: UTF8.self)
        guard !text.isEmpty else { throw scanner.error("a character is missing") }
        switch text {
        case "newline": return try builder.string("\n")
        case "return": return try builder.string("\r")
        case "space": return try builder.string(" ")
        case "tab": return try builder.string("\t")
        case "formfeed": return try builder.string("\u{0C}")
        case "backspace": return try builder.string("\u{08}")
        default: break
        }
        if text.first == "u", text.utf8.count == 5,
            let scalar = UInt32(text.dropFirst(), radix: 16).flatMap(Unicode.Scalar.init)
        {
            return try builder.string(String(Character(scalar)))
        }
        guard text.unicodeScalars.count == 1 else { throw scanner.error("this is no EDN character") }
        return try builder.string(text)
    }

    /// A number in full, a symbol, or one of the words that are values.
    private mutating func atom() throws(HistoryError) -> ValueRef {
        let start = scanner
        let token = scanner.token()
        if token.isWord("nil") { return .null }
        if token.isWord("true") { return .true }
        if token.isWord("false") { return .false }
        guard !token.isEmpty else {
            throw scanner.error(scanner.isAtEnd ? "a value is missing" : "this is no EDN value")
        }
        guard EDNNumber.isNumber(token) else { return unsafe try builder.string(token.text) }
        guard let number = EDNNumber.value(token.string) else {
            throw start.error("this is no number that fits a value")
        }
        return try builder.value(number)
    }
}

/// Numbers as Clojure prints them.
enum EDNNumber {
    /// True for what starts with a digit, or with a sign and a digit.
    static func isNumber(_ token: EDNToken) -> Bool {
        let first = UInt8(truncatingIfNeeded: token.word)
        let isSigned = first == UInt8(ascii: "-") || first == UInt8(ascii: "+")
        return UInt8(truncatingIfNeeded: isSigned ? token.word >> 8 : token.word) &- 0x30 < 10
    }

    /// Decimal or hexadecimal whole numbers, also with `N`, decimals, also with `M`, and ratios.
    static func value(_ text: String) -> Value? {
        let digits = text.hasSuffix("N") || text.hasSuffix("M") ? text.dropLast() : text[...]
        if !hasLeadingZero(digits), let whole = Value.whole(digits) {
            return text.hasSuffix("M") ? decimal(whole) : whole
        }
        if let hexadecimal = hexadecimal(digits) { return .int(hexadecimal) }
        let parts = digits.split(separator: "/", omittingEmptySubsequences: false)
        if parts.count == 2, let above = Int64(parts[0]), let below = Int64(parts[1]), below != 0 {
            return .double(Double(above) / Double(below))
        }
        // Swift reads more than EDN has: hexadecimal fractions and words.
        guard digits.utf8.allSatisfy({ $0 &- 0x30 < 10 || ".eE+-".utf8.contains($0) }), !hasLeadingZero(digits),
            let double = Double(digits), double.isFinite
        else { return nil }
        return .double(double)
    }

    /// A decimal without fraction is a double, if there is one that is the same number.
    private static func decimal(_ whole: Value) -> Value {
        whole.int.flatMap { Double(exactly: $0) }.map { .double($0) } ?? whole
    }

    private static func hexadecimal(_ text: Substring) -> Int64? {
        let isNegative = text.hasPrefix("-")
        let digits = isNegative || text.hasPrefix("+") ? text.dropFirst() : text
        guard digits.hasPrefix("0x") || digits.hasPrefix("0X"), digits.dropFirst(2).first?.isHexDigit ?? false
        else {
            return nil
        }
        return Int64((isNegative ? "-" : "") + digits.dropFirst(2), radix: 16)
    }

    /// An octal number to Clojure, so better nothing than the wrong number.
    private static func hasLeadingZero(_ text: Substring) -> Bool {
        let digits = text.drop { $0 == "-" || $0 == "+" }
        return digits.first == "0" && digits.dropFirst().first?.isNumber ?? false
    }
}
