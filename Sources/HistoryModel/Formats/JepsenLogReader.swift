/// Reads the operations out of a log of a Jepsen run: `INFO  jepsen.util - 0\t:invoke\t:read\tnil`, with or without
/// what the logger puts before the process, and an error in a fifth field.
///
/// Lines that are no operations are passed over and counted; a line that has an operation's fields and is none is an
/// error. There are no times: the order of the lines is real-time order.
struct JepsenLogReader: ~Copyable {
    private var edn: EDNReader
    private var passedOver = 0
    private var isTorn = false
    private var notes: [String] = []

    static func read(_ bytes: UnsafeRawBufferPointer) throws(HistoryError) -> LoadedHistory {
        let all = unsafe bytes.assumingMemoryBound(to: UInt8.self)
        var reader = unsafe JepsenLogReader(edn: EDNReader(EDNScanner(all)))
        unsafe try reader.readLines(all)
        if try reader.edn.builder.takePairsApart() { reader.notes.append(HistoryBuilder.pairsNote) }
        if try reader.edn.builder.nameTransactions() { reader.notes.append(HistoryBuilder.transactionsNote) }
        if reader.passedOver > 0 {
            reader.notes.append("\(reader.passedOver) lines that are no operations were passed over")
        }
        return LoadedHistory(history: reader.edn.builder.finish(), isTorn: reader.isTorn, notes: reader.notes)
    }

    private init(edn: consuming EDNReader) { self.edn = edn }

    private mutating func readLines(_ bytes: UnsafeBufferPointer<UInt8>) throws(HistoryError) {
        var lines = unsafe TextLines(bytes)
        while lines.next() {
            edn.scanner = unsafe EDNScanner(lines.line, firstLine: lines.number)
            do {
                try readLine(isCut: !lines.hasBreak)
            } catch {
                throw HistoryError(error.code, line: lines.number, error.message)
            }
        }
    }

    private mutating func readLine(isCut: Bool) throws(HistoryError) {
        guard JepsenLogLine.find(&edn.scanner) else {
            if JepsenLogLine.looksLikeOperation(edn.scanner) {
                throw edn.scanner.error("an operation without process")
            }
            if !edn.scanner.isBlankLine { passedOver += 1 }
            return
        }
        var row = EventRow(process: .nemesis, type: .info, function: FunctionID(0))
        do {
            try readFields(&row)
        } catch {
            guard isCut, edn.scanner.isAtEnd else { throw error }
            isTorn = true
            return
        }
        if isCut, !edn.scanner.endsWithQuoteOrBracket {
            notes.append("the last line has no line break: what it ends with may have been cut off")
        }
        try edn.builder.append(row)
    }

    private mutating func readFields(_ row: inout EventRow) throws(HistoryError) {
        guard let process = try edn.process() else { throw HistoryError(.missingField, "'process' is missing") }
        row.process = process
        edn.scanner.skipSpace()
        guard let type = try edn.type() else { throw HistoryError(.missingField, "'type' is missing") }
        row.type = type
        edn.scanner.skipSpace()
        guard let function = try edn.function() else { throw HistoryError(.missingField, "'f' is missing") }
        row.function = function
        edn.scanner.skipSpace()
        try readValue(&row)
    }

    private mutating func readValue(_ row: inout EventRow) throws(HistoryError) {
        let start = edn.scanner
        let isWord = edn.scanner.byte == UInt8(ascii: ":")
        do {
            row.value = try edn.value(depth: 1)
        } catch {
            // The nemesis says what it likes; nobody computes with it.
            guard row.process == .nemesis, error.code == .badSyntax, !start.isAtEnd else { throw error }
            edn.scanner = start
            row.value = try edn.rest()
            return
        }
        edn.scanner.skipSpace()
        if !edn.scanner.isAtEnd, edn.scanner.byte != 0x0D { row.error = try edn.rest() }
        if isWord { row.takeReason() }
    }
}

extension EDNReader {
    /// What is left of the line as a string, a keyword without its colon.
    fileprivate mutating func rest() throws(HistoryError) -> ValueRef {
        var text = unsafe String(decoding: scanner.rest, as: UTF8.self)
        while text.utf8.last.map({ $0 <= 0x20 }) ?? false { text.removeLast() }
        while !scanner.isAtEnd { scanner.advance() }
        let isWord = text.hasPrefix(":") && !text.contains(" ")
        return try builder.string(isWord ? String(text.dropFirst()) : text)
    }
}

extension EDNScanner {
    /// True if what is behind ends with a bracket or a quote, which a value that was cut off does not.
    fileprivate var endsWithQuoteOrBracket: Bool {
        unsafe text(from: 0).last.map { Self.isDelimiter($0) } ?? false
    }

    fileprivate var isBlankLine: Bool { unsafe rest.allSatisfy { $0 <= 0x20 } }
}

/// Where an operation stands in the line of a log.
enum JepsenLogLine {
    private static let marker = Array("jepsen.util".utf8)

    /// Moves to the process of an operation; false if there is none, then nothing has moved.
    static func find(_ scanner: inout EDNScanner) -> Bool {
        let start = scanner
        let hasMarker = moveBehindMarker(&scanner)
        if hasMarker {
            scanner.skipSpace()
            if scanner.byte == UInt8(ascii: "-") || scanner.byte == UInt8(ascii: ":"), scanner.second <= 0x20 {
                scanner.advance()
            }
        }
        scanner.skipSpace()
        let process = scanner
        // Without the marker only a tab tells an operation from any other line that starts with a number.
        guard isProcess(&scanner), hasMarker || scanner.byte == 0x09, scanner.skipSpace(), isType(scanner) else {
            scanner = start
            return false
        }
        scanner = process
        return true
    }

    /// True if the line has a type between tabs, and so may be an operation that is damaged.
    static func looksLikeOperation(_ scanner: EDNScanner) -> Bool {
        var scanner = scanner
        while !scanner.isAtEnd {
            if scanner.take(0x09), scanner.byte == UInt8(ascii: ":") {
                scanner.advance()
                let token = scanner.token()
                if EventType(rawValue: token.string) != nil, scanner.byte == 0x09 { return true }
            } else {
                scanner.advance()
            }
        }
        return false
    }

    private static func moveBehindMarker(_ scanner: inout EDNScanner) -> Bool {
        let text = unsafe scanner.rest
        let last = text.count - marker.count
        guard last >= 0 else { return false }
        for place in 0...last where unsafe text[place] == marker[0] {
            guard unsafe text[place...].starts(with: marker) else { continue }
            scanner.advance(by: place + marker.count)
            return true
        }
        return false
    }

    private static func isProcess(_ scanner: inout EDNScanner) -> Bool {
        if scanner.shortInt() != nil { return true }
        guard scanner.take(UInt8(ascii: ":")) else { return false }
        return scanner.token().string == "nemesis"
    }

    private static func isType(_ scanner: EDNScanner) -> Bool {
        var scanner = scanner
        guard scanner.take(UInt8(ascii: ":")) else { return false }
        return !scanner.token().isEmpty
    }
}
