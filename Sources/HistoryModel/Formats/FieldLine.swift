/// The fields of a line that are words and whole numbers between blanks.
struct FieldLine {
    private var scanner: EDNScanner

    init(_ scanner: EDNScanner) { self.scanner = scanner }

    /// The next field; empty at the end of the line.
    mutating func word() -> String {
        skipBlank()
        let start = scanner.offset
        while scanner.byte > 0x20 { scanner.advance() }
        return unsafe String(decoding: scanner.text(from: start), as: UTF8.self)
    }

    /// The next field as a whole number; `what` says in the error what it should have been.
    mutating func int(_ what: StaticString) throws(HistoryError) -> Int64 {
        skipBlank()
        if let int = scanner.shortInt() { return int }
        let word = word()
        guard let int = Int64(word) else {
            throw HistoryError(.badSyntax, "'\(word)' is no whole number, as \(what) must be")
        }
        return int
    }

    /// Throws if the line goes on.
    mutating func expectEnd() throws(HistoryError) {
        let word = word()
        guard word.isEmpty, scanner.isAtEnd else { throw scanner.error("something follows the last field") }
    }

    /// True if nothing but blanks is left.
    mutating func isAtEnd() -> Bool {
        skipBlank()
        return scanner.isAtEnd
    }

    /// Moves over the rest, if it is `byte` alone and at least `count` of it, with blanks around.
    mutating func isRule(_ byte: UInt8) -> Bool {
        var copy = self
        copy.skipBlank()
        var count = 0
        while copy.scanner.take(byte) { count += 1 }
        guard count > 0, copy.isAtEnd() else { return false }
        self = copy
        return true
    }

    private mutating func skipBlank() {
        while scanner.byte == 0x20 || scanner.byte == 0x09 || scanner.byte == 0x0D { scanner.advance() }
    }
}
