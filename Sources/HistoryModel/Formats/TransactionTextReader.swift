/// Reads transactions of registers from text: `r KEY VALUE` and `w KEY VALUE`, a line of dashes between transactions,
/// a line of equals signs between sessions.
///
/// Every register is 0 at first: a 0 that was read is the initial `null`, unless somebody writes 0 to that key. Each
/// session is a process. There are no times, so that transactions of different sessions are concurrent: all events have
/// the same time.
struct TransactionTextReader: ~Copyable {
    private struct Micro {
        var isWrite: Bool
        var key: Int64
        var value: Int64
    }

    static let note = "this form has no times: transactions of different sessions count as concurrent"

    private var builder = HistoryBuilder()
    private var micros: [Micro] = []
    /// By transaction: where its micro-operations end, and the number of its session.
    private var transactions: [(end: Int, session: Int)] = []
    private var session = 0
    private var sessionHasTransactions = false
    private var keysWrittenZero: Set<Int64> = []

    static func read(_ bytes: UnsafeRawBufferPointer) throws(HistoryError) -> LoadedHistory {
        var reader = TransactionTextReader()
        unsafe try reader.readLines(bytes.assumingMemoryBound(to: UInt8.self))
        try reader.build()
        return LoadedHistory(history: reader.builder.finish(), notes: [note])
    }

    private init() {}

    private mutating func readLines(_ bytes: UnsafeBufferPointer<UInt8>) throws(HistoryError) {
        var lines = unsafe TextLines(bytes)
        while lines.next() {
            var line = unsafe FieldLine(EDNScanner(lines.line, firstLine: lines.number))
            do {
                try readLine(&line)
            } catch {
                throw HistoryError(error.code, line: lines.number, error.message)
            }
        }
        endTransaction()
    }

    private mutating func readLine(_ line: inout FieldLine) throws(HistoryError) {
        if line.isAtEnd() { return }
        if line.isRule(UInt8(ascii: "-")) { return endTransaction() }
        if line.isRule(UInt8(ascii: "=")) { return endSession() }
        let word = line.word()
        guard word == "r" || word == "w" else {
            throw HistoryError(.badSyntax, "'\(word)' is none of r, w, and a line of dashes or equals signs")
        }
        let micro = Micro(isWrite: word == "w", key: try line.int("a key"), value: try line.int("a value"))
        try line.expectEnd()
        micros.append(micro)
        if micro.isWrite, micro.value == 0 { keysWrittenZero.insert(micro.key) }
    }

    private mutating func endTransaction() {
        guard micros.count > transactions.last?.end ?? 0 else { return }
        transactions.append((micros.count, session))
        sessionHasTransactions = true
    }

    private mutating func endSession() {
        endTransaction()
        if sessionHasTransactions { session += 1 }
        sessionHasTransactions = false
    }

    private mutating func build() throws(HistoryError) {
        let names = (function: try builder.function("txn"), r: try builder.string("r"), w: try builder.string("w"))
        builder.reserve(events: 2 * transactions.count)
        var first = 0
        for (end, session) in transactions {
            for type in [EventType.invoke, .ok] {
                let mark = builder.begin()
                for micro in micros[first..<end] {
                    let inner = builder.begin()
                    builder.push(micro.isWrite ? names.w : names.r)
                    builder.push(try builder.int(micro.key))
                    builder.push(type == .invoke && !micro.isWrite ? .null : try value(micro))
                    builder.push(try builder.list(from: inner))
                }
                let row = EventRow(
                    process: .client(session), type: type, function: names.function,
                    value: try builder.list(from: mark), time: 0)
                try builder.append(row)
            }
            first = end
        }
    }

    private mutating func value(_ micro: Micro) throws(HistoryError) -> ValueRef {
        if !micro.isWrite, micro.value == 0, !keysWrittenZero.contains(micro.key) { return .null }
        return try builder.int(micro.value)
    }
}
