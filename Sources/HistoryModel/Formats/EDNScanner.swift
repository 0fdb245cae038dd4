/// Moves over EDN in memory, or over other text made of tokens and blanks.
///
/// Every look compares with the end, behind which all bytes are zero; no form but a string may have a zero byte, so
/// loops end there. Keeping to that, and the memory outliving the scanner, is what makes the pointers safe, hence
/// `@safe`.
@safe
struct EDNScanner {
    private var at: UnsafePointer<UInt8>
    private let start: UnsafePointer<UInt8>
    private let end: UnsafePointer<UInt8>
    /// The number of the line that the memory starts with.
    private let firstLine: Int

    init(_ bytes: UnsafeBufferPointer<UInt8>, firstLine: Int = 1) {
        guard let start = unsafe bytes.baseAddress ?? UnsafePointer(bitPattern: 1) else {
            preconditionFailure("1 is an address")
        }
        unsafe at = start
        unsafe self.start = start
        unsafe end = start + bytes.count
        self.firstLine = firstLine
    }

    @inline(__always)
    var isAtEnd: Bool { unsafe at >= end }

    /// The next byte; 0 at the end.
    @inline(__always)
    var byte: UInt8 { unsafe at < end ? at.pointee : 0 }

    /// The byte after the next; 0 behind the end.
    var second: UInt8 { unsafe end - at > 1 ? at[1] : 0 }

    /// How many bytes are behind.
    var offset: Int { unsafe at - start }

    /// How many bytes are left.
    var remaining: Int { unsafe end - at }

    /// Moves over one byte, if there is one.
    @inline(__always)
    mutating func advance() { if unsafe at < end { unsafe at += 1 } }

    /// Moves over so many bytes, or to the end.
    mutating func advance(by count: Int) { unsafe at += min(max(count, 0), remaining) }

    /// Moves over `expected`, if it is next.
    @inline(__always)
    mutating func take(_ expected: UInt8) -> Bool {
        guard byte == expected, !isAtEnd else { return false }
        unsafe at += 1
        return true
    }

    /// What stands between an earlier place and this one.
    func text(from offset: Int) -> UnsafeRawBufferPointer {
        precondition(offset >= 0 && offset <= self.offset, "the text starts behind")
        return unsafe UnsafeRawBufferPointer(start: start + offset, count: self.offset - offset)
    }

    /// All that is left.
    var rest: UnsafeRawBufferPointer { unsafe UnsafeRawBufferPointer(start: at, count: end - at) }

    /// The number of the line in which an earlier place is.
    func line(at offset: Int) -> Int {
        let before = unsafe UnsafeBufferPointer(start: start, count: min(max(offset, 0), end - start))
        return unsafe firstLine + before.count { $0 == 0x0A }
    }

    /// True if nothing but the memory's end ends the line of an earlier place.
    func isLastLine(_ offset: Int) -> Bool {
        let after = unsafe UnsafeBufferPointer(start: start + offset, count: end - start - offset)
        return unsafe !after.contains(0x0A)
    }

    /// An error at this place.
    func error(_ what: String) -> HistoryError {
        var lineStart = unsafe at
        while unsafe lineStart > start, unsafe lineStart[-1] != 0x0A { unsafe lineStart -= 1 }
        return unsafe HistoryError(.badSyntax, line: line(at: offset), "\(what) at byte \(at - lineStart)")
    }
}

// MARK: Blanks and tokens

extension EDNScanner {
    /// True for what ends a token: blanks, brackets, quotes, and control characters, the end among them.
    @inline(__always)
    static func isDelimiter(_ byte: UInt8) -> Bool {
        guard byte > 0x20 else { return true }
        // The bits of " ( ) , ; from 0, and of [ \ ] { } from 64.
        let mask: UInt64 = byte < 64 ? 1 << 34 | 1 << 40 | 1 << 41 | 1 << 44 | 1 << 59 : 0x2800_0000_3800_0000
        return byte < 128 && mask >> UInt64(byte & 63) & 1 == 1
    }

    /// Moves over spaces, line breaks, commas, and comments to the end of their line.
    @inline(__always)
    mutating func skipBlank() {
        while true {
            let byte = byte
            if byte == 0x20 || byte == 0x2C || byte == 0x0A || byte &- 0x09 < 5 {
                unsafe at += 1
            } else if byte == UInt8(ascii: ";") {
                skipLine()
            } else {
                return
            }
        }
    }

    /// Moves over spaces and tabs; false if there was none.
    @discardableResult
    mutating func skipSpace() -> Bool {
        let start = offset
        while byte == 0x20 || byte == 0x09 { unsafe at += 1 }
        return offset > start
    }

    private mutating func skipLine() {
        while !isAtEnd, byte != 0x0A { unsafe at += 1 }
    }

    /// Moves over all up to the next delimiter, which may be nothing.
    @inline(__always)
    mutating func token() -> EDNToken {
        let first = unsafe at
        var word: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            let byte = byte
            if Self.isDelimiter(byte) { break }
            // Shifts of 64 and more give nothing.
            word |= UInt64(byte) << shift
            shift += 8
            unsafe at += 1
        }
        return unsafe EDNToken(text: UnsafeRawBufferPointer(start: first, count: at - first), word: word)
    }
}

/// A token as it stands in the memory.
@safe
struct EDNToken {
    let text: UnsafeRawBufferPointer
    /// The first eight bytes, the first of them lowest; unique for tokens of up to seven.
    let word: UInt64

    @inline(__always)
    func isWord(_ text: StaticString) -> Bool { word == Self.word(text) }

    /// The word of a text of up to seven bytes.
    @inline(__always)
    static func word(_ text: StaticString) -> UInt64 {
        var word: UInt64 = 0
        for place in 0..<text.utf8CodeUnitCount {
            word |= unsafe UInt64(text.utf8Start[place]) << UInt64(8 * place)
        }
        return word
    }

    var isEmpty: Bool { unsafe text.isEmpty }

    /// The token as text, for messages too: what is no UTF-8 is replaced.
    var string: String { unsafe String(decoding: text, as: UTF8.self) }
}

// MARK: Numbers and strings

extension EDNScanner {
    /// A whole number of up to eighteen digits; `nil` for anything else, then nothing has moved.
    @inline(__always)
    mutating func shortInt() -> Int64? {
        var next = unsafe at
        guard unsafe next < end else { return nil }
        let isNegative = unsafe next.pointee == UInt8(ascii: "-")
        if isNegative { unsafe next += 1 }
        let first = unsafe next
        var number: Int64 = 0
        while unsafe next < end {
            let digit = unsafe next.pointee &- 0x30
            guard digit < 10 else { break }
            number = number &* 10 &+ Int64(digit)
            unsafe next += 1
        }
        let count = unsafe next - first
        guard count > 0, count <= 18, unsafe count == 1 || first.pointee != 0x30,
            unsafe next == end || Self.isDelimiter(next.pointee)
        else { return nil }
        unsafe at = next
        return isNegative ? -number : number
    }

    /// What stands between quotes, the first of which is behind; `nil` for a string with escapes, then nothing has
    /// moved.
    @inline(__always)
    mutating func plainString() throws(HistoryError) -> UnsafeRawBufferPointer? {
        var next = unsafe at
        while unsafe next < end, unsafe next.pointee != UInt8(ascii: "\"") {
            if unsafe next.pointee == UInt8(ascii: "\\") { return nil }
            unsafe next += 1
        }
        guard unsafe next < end else { throw endless() }
        let text = unsafe UnsafeRawBufferPointer(start: at, count: next - at)
        unsafe at = next + 1
        return unsafe text
    }

    /// An error at the end; what asked for more may have been cut off there.
    private mutating func endless() -> HistoryError {
        let error = error("a string without end")
        unsafe at = end
        return error
    }

    /// A string with escapes, whose first quote is behind.
    mutating func escapedString() throws(HistoryError) -> String {
        var utf8: [UInt8] = []
        while byte != UInt8(ascii: "\"") {
            guard !isAtEnd else { throw endless() }
            if take(UInt8(ascii: "\\")) {
                try appendEscape(to: &utf8)
            } else {
                utf8.append(byte)
                advance()
            }
        }
        advance()
        guard let string = String(validating: utf8, as: UTF8.self) else { throw error("a string is not UTF-8") }
        return string
    }

    private mutating func appendEscape(to utf8: inout [UInt8]) throws(HistoryError) {
        let byte = byte
        switch byte {
        case UInt8(ascii: "n"): utf8.append(0x0A)
        case UInt8(ascii: "t"): utf8.append(0x09)
        case UInt8(ascii: "r"): utf8.append(0x0D)
        case UInt8(ascii: "b"): utf8.append(0x08)
        case UInt8(ascii: "f"): utf8.append(0x0C)
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "'"): utf8.append(byte)
        case UInt8(ascii: "u"):
            advance()
            return try appendScalar(to: &utf8)
        case 0x30...0x37: return try appendOctal(to: &utf8)
        default: throw isAtEnd ? endless() : error("an unknown escape")
        }
        advance()
    }

    /// Up to three octal digits, as Clojure's reader takes them.
    private mutating func appendOctal(to utf8: inout [UInt8]) throws(HistoryError) {
        var number: UInt32 = 0
        for _ in 0..<3 where byte & 0xF8 == 0x30 {
            number = number << 3 | UInt32(byte & 7)
            advance()
        }
        guard number <= 0xFF, let scalar = Unicode.Scalar(number) else { throw error("an unknown escape") }
        utf8.append(contentsOf: Character(scalar).utf8)
    }

    private mutating func appendScalar(to utf8: inout [UInt8]) throws(HistoryError) {
        let first = try hexadecimal()
        if let scalar = Unicode.Scalar(first) { return utf8.append(contentsOf: Character(scalar).utf8) }
        guard first < 0xDC00, take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else {
            throw isAtEnd ? endless() : error("half a surrogate pair")
        }
        let second = try hexadecimal()
        guard (0xDC00..<0xE000).contains(second),
            let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
        else { throw error("half a surrogate pair") }
        utf8.append(contentsOf: Character(scalar).utf8)
    }

    private mutating func hexadecimal() throws(HistoryError) -> UInt32 {
        var number: UInt32 = 0
        for _ in 0..<4 {
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw isAtEnd ? endless() : error("an escape needs four hexadecimal digits")
            }
            number = number << 4 | UInt32(digit)
            advance()
        }
        return number
    }
}
