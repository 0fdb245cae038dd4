/// Moves over JSON in memory, by RFC 8259 and one value a line.
///
/// The memory ends with a line break, and nothing but `nextLine` moves over one: a line break is no part of any JSON
/// value written on one line, so every loop stops there, and no step needs to compare its place with an end. Keeping to
/// that is what makes the pointer safe, hence `@safe`.
@safe
struct JSONScanner {
    /// How deep lists and objects may lie in one another: hostile input must not exhaust the stack.
    static let deepest = JSONParser.deepest

    private var at: UnsafePointer<UInt8>
    private var lineStart: UnsafePointer<UInt8>
    private let end: UnsafePointer<UInt8>

    /// `bytes` is empty or ends with a line break, and outlives the scanner.
    init(_ bytes: UnsafeBufferPointer<UInt8>) {
        precondition(unsafe bytes.last.map { $0 == 0x0A } ?? true, "a scanner's memory ends with a line break")
        let start = unsafe bytes.baseAddress ?? UnsafePointer(bitPattern: 1)
        guard let start = unsafe start else { preconditionFailure("1 is an address") }
        unsafe at = start
        unsafe lineStart = start
        unsafe end = start + bytes.count
    }

    var isAtEnd: Bool { unsafe at >= end }

    /// The next byte; a line break where the line is over.
    @inline(__always)
    var byte: UInt8 { unsafe at.pointee }

    /// Moves over one byte that is no line break.
    @inline(__always)
    mutating func advance() { unsafe at += 1 }

    /// Moves to the next line from the end of this one.
    @inline(__always)
    mutating func nextLine() {
        unsafe at += 1
        unsafe lineStart = at
    }

    /// An error at this place.
    func error(_ what: String) -> HistoryError {
        unsafe HistoryError(.badSyntax, "\(what) at byte \(at - lineStart)")
    }

    @inline(__always)
    mutating func skipSpace() {
        while byte == 0x20 || byte == 0x09 || byte == 0x0D { advance() }
    }

    /// Moves over `expected` after any space, if it is next.
    @inline(__always)
    mutating func take(_ expected: UInt8) -> Bool {
        if byte != expected {
            skipSpace()
            guard byte == expected else { return false }
        }
        advance()
        return true
    }

    /// Moves over `text`, which has no line break, if it is next.
    @inline(__always)
    mutating func skip(_ text: StaticString) -> Bool {
        let count = text.utf8CodeUnitCount
        var offset = 0
        while offset < count {
            guard unsafe at[offset] == text.utf8Start[offset] else { return false }
            offset += 1
        }
        unsafe at += count
        return true
    }
}

// MARK: Numbers

extension JSONScanner {
    /// True where a number may start.
    @inline(__always)
    var isAtNumber: Bool { byte &- 0x30 < 10 || byte == UInt8(ascii: "-") }

    /// A whole number of up to eighteen digits; `nil` for anything else, then nothing has moved.
    @inline(__always)
    mutating func shortInt() -> Int64? {
        var next = unsafe at
        let isNegative = unsafe next.pointee == UInt8(ascii: "-")
        if isNegative { unsafe next += 1 }
        let first = unsafe next
        var number: Int64 = 0
        while true {
            let digit = unsafe next.pointee &- 0x30
            guard digit < 10 else { break }
            number = number &* 10 &+ Int64(digit)
            unsafe next += 1
        }
        let count = unsafe next - first
        let follower = unsafe next.pointee
        guard count > 0, count <= 18, unsafe count == 1 || first.pointee != 0x30,
            follower != UInt8(ascii: "."), follower | 0x20 != UInt8(ascii: "e")
        else { return nil }
        unsafe at = next
        return isNegative ? -number : number
    }

    /// Any number.
    mutating func anyNumber() throws(HistoryError) -> Value {
        let start = unsafe at
        while isAtNumber || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "+")
            || byte | 0x20 == UInt8(ascii: "e")
        {
            advance()
        }
        let text = unsafe Array(UnsafeBufferPointer(start: start, count: at - start))
        guard !text.isEmpty else { throw error("this is no JSON value") }
        do {
            return try JSONParser.value(text, text.indices)
        } catch {
            unsafe at = start
            throw self.error("this is no number that fits a value")
        }
    }
}

// MARK: Strings

extension JSONScanner {
    /// What stands between quotes, the first of which is behind; `nil` for a string with escapes, then nothing has moved.
    @inline(__always)
    mutating func plainString() throws(HistoryError) -> UnsafeRawBufferPointer? {
        var next = unsafe at
        while true {
            let byte = unsafe next.pointee
            if byte == UInt8(ascii: "\"") { break }
            if byte == UInt8(ascii: "\\") { return nil }
            guard byte >= 0x20 else { throw unclosed(byte) }
            unsafe next += 1
        }
        let text = unsafe UnsafeRawBufferPointer(start: at, count: next - at)
        unsafe at = next + 1
        return unsafe text
    }

    private func unclosed(_ byte: UInt8) -> HistoryError {
        error(byte == 0x0A ? "a string without end" : "a control character in a string")
    }

    /// A string with escapes, whose first quote is behind.
    mutating func escapedString() throws(HistoryError) -> String {
        let start = unsafe at - 1
        while byte != UInt8(ascii: "\"") {
            // An escaped line break is no escape: the line is over.
            if byte == UInt8(ascii: "\\") { advance() }
            guard byte >= 0x20 else { throw unclosed(byte) }
            advance()
        }
        advance()
        let text = unsafe Array(UnsafeBufferPointer(start: start, count: at - start))
        do {
            return try JSONParser.value(text, text.indices).string ?? ""
        } catch {
            unsafe at = start
            throw self.error("a string that JSON does not allow")
        }
    }
}
