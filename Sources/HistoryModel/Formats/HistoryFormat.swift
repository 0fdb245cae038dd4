/// The forms in which histories stand in files.
public enum HistoryFormat: String, Hashable, Sendable, CaseIterable {
    /// One JSON object a line: the form of `JSONLines`.
    case jsonl
    /// Maps of EDN, as Jepsen, Knossos and Elle write them: one after the other, or in one vector.
    case edn
    /// The log of a Jepsen run, or its `history.txt`: process, type, function and value between tabs.
    case jepsenLog = "jepsen-log"
    /// Transactions of registers by session: `r KEY VALUE`, `w KEY VALUE`.
    case transactions
    /// What was done to one queue, stack, priority queue or set: `METHOD VALUE START END`.
    case objectLog = "object-log"

    /// Which form a file has, judged by its beginning and never by its name.
    ///
    /// An empty file has the form `jsonl`. Throws `unknownFormat` for what looks like none of them.
    public static func detect(_ bytes: UnsafeRawBufferPointer) throws(HistoryError) -> HistoryFormat {
        let format = unsafe FormatDetection.format(withoutMark(bytes).assumingMemoryBound(to: UInt8.self))
        guard let format else {
            let known = allCases.map(\.rawValue).joined(separator: ", ")
            throw HistoryError(.unknownFormat, line: 1, "this looks like none of the formats \(known)")
        }
        return format
    }

    /// The history in a file's bytes, which are read in place: hand over a mapped file.
    ///
    /// Where no format is given, it is the one that `detect` finds. Throws `HistoryError` with the line.
    public static func read(
        _ bytes: UnsafeRawBufferPointer, as format: HistoryFormat? = nil
    ) throws(HistoryError) -> LoadedHistory {
        let text = unsafe withoutMark(bytes)
        let found = if let format { format } else { unsafe try detect(text) }
        switch found {
        case .jsonl: return unsafe try JSONLines.read(text)
        case .edn: return unsafe try EDNEventReader.read(text)
        case .jepsenLog: return unsafe try JepsenLogReader.read(text)
        case .transactions: return unsafe try TransactionTextReader.read(text)
        case .objectLog: return unsafe try ObjectLogReader.read(text)
        }
    }

    /// The history in a file's bytes; see the other `read`.
    public static func read(_ bytes: [UInt8], as format: HistoryFormat? = nil) throws(HistoryError) -> LoadedHistory
    {
        let result = unsafe bytes.withUnsafeBytes { bytes in
            Result { () throws(HistoryError) in unsafe try read(bytes, as: format) }
        }
        return try result.get()
    }

    /// What follows the mark by which some editors say that a text is UTF-8.
    private static func withoutMark(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        unsafe bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? UnsafeRawBufferPointer(rebasing: bytes[3...]) : bytes
    }
}

/// Tells formats apart by what stands first.
enum FormatDetection {
    /// How much of a file is searched for the first operation of a log.
    private static let searched = 1 << 22

    /// `nil` for none of the formats.
    static func format(_ bytes: UnsafeBufferPointer<UInt8>) -> HistoryFormat? {
        var scanner = unsafe EDNScanner(bytes)
        scanner.skipBlank()
        guard !scanner.isAtEnd else { return unsafe bytes.contains(UInt8(ascii: ";")) ? .edn : .jsonl }
        switch scanner.byte {
        case UInt8(ascii: "{"): return map(scanner)
        case UInt8(ascii: "["), UInt8(ascii: "("):
            if let format = vector(scanner) { return format }
        case UInt8(ascii: "#"):
            if unsafe isObjectLog(bytes) { return .objectLog }
            if !EDNScanner.isDelimiter(scanner.second) || scanner.second == UInt8(ascii: "{") { return .edn }
        default: break
        }
        if unsafe isTransactions(bytes) { return .transactions }
        return unsafe isLog(UnsafeBufferPointer(rebasing: bytes.prefix(searched))) ? .jepsenLog : nil
    }

    /// JSON's objects start with a string and a colon, and so may what was torn off.
    private static func map(_ scanner: EDNScanner) -> HistoryFormat {
        var scanner = scanner
        scanner.advance()
        scanner.skipBlank()
        guard !scanner.isAtEnd, scanner.byte != UInt8(ascii: "}") else { return .jsonl }
        guard scanner.take(UInt8(ascii: "\"")) else { return .edn }
        while !scanner.isAtEnd, !scanner.take(UInt8(ascii: "\"")) {
            if scanner.take(UInt8(ascii: "\\")) {}
            scanner.advance()
        }
        scanner.skipBlank()
        return scanner.isAtEnd || scanner.byte == UInt8(ascii: ":") ? .jsonl : .edn
    }

    /// A vector of maps; the lines of a log may start with a bracket too.
    private static func vector(_ scanner: EDNScanner) -> HistoryFormat? {
        var scanner = scanner
        scanner.advance()
        scanner.skipBlank()
        switch scanner.byte {
        case UInt8(ascii: "{"): return map(scanner)
        case UInt8(ascii: "#"), UInt8(ascii: "]"), UInt8(ascii: ")"): return .edn
        default: return scanner.isAtEnd ? .edn : nil
        }
    }

    private static func isObjectLog(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        var lines = unsafe TextLines(bytes)
        return unsafe lines.next() && ObjectLog.type(EDNScanner(lines.line)) != nil
    }

    private static func isTransactions(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        var lines = unsafe TextLines(bytes)
        while lines.next() {
            var line = unsafe FieldLine(EDNScanner(lines.line))
            if line.isAtEnd() { continue }
            if line.isRule(UInt8(ascii: "-")) || line.isRule(UInt8(ascii: "=")) { return true }
            let word = line.word()
            return (word == "r" || word == "w") && Int64(line.word()) != nil && Int64(line.word()) != nil
        }
        return false
    }

    private static func isLog(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        var lines = unsafe TextLines(bytes)
        while lines.next() {
            var scanner = unsafe EDNScanner(lines.line)
            if JepsenLogLine.find(&scanner) { return true }
        }
        return false
    }
}
