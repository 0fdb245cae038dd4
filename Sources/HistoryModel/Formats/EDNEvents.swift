/// Turns maps of EDN into the rows of a history.
///
/// The maps stand one after the other, or in one vector or list. Keys of a map are those of a line of JSON, as keywords.
struct EDNEventReader: ~Copyable {
    private var edn: EDNReader
    /// The bracket that closes the vector, once it is open.
    private var bracket: UInt8?
    private var isTorn = false
    private var notes: [String] = []
    /// How many times were earlier than the one before.
    private var lateCount = 0

    static func read(_ bytes: UnsafeRawBufferPointer) throws(HistoryError) -> LoadedHistory {
        let all = unsafe bytes.assumingMemoryBound(to: UInt8.self)
        var reader = unsafe EDNEventReader(edn: EDNReader(EDNScanner(all)))
        unsafe reader.edn.builder.reserve(events: expectedEvents(all))
        try reader.readLocated()
        if try reader.edn.builder.takePairsApart() { reader.notes.append(HistoryBuilder.pairsNote) }
        if try reader.edn.builder.nameTransactions() { reader.notes.append(HistoryBuilder.transactionsNote) }
        if reader.lateCount > 0 { reader.notes.append(lateNote(reader.lateCount)) }
        return LoadedHistory(
            history: reader.edn.builder.finish(), isTorn: reader.isTorn, notes: reader.notes)
    }

    private init(edn: consuming EDNReader) { self.edn = edn }

    /// How many events there may be, judged by the first; never more than would fit.
    private static func expectedEvents(_ bytes: UnsafeBufferPointer<UInt8>) -> Int {
        let sample = unsafe bytes.prefix(1 << 16)
        let maps = unsafe sample.count { $0 == UInt8(ascii: "{") }
        guard maps > 0 else { return 0 }
        let shortest = "{:process 0 :type :ok :f :r}".utf8.count
        return unsafe min(bytes.count / shortest, bytes.count / sample.count * maps * 17 / 16 + maps)
    }

    private mutating func readAll() throws(HistoryError) {
        try edn.skip(depth: 0)
        if edn.scanner.take(UInt8(ascii: "[")) {
            bracket = UInt8(ascii: "]")
        } else if edn.scanner.take(UInt8(ascii: "(")) {
            bracket = UInt8(ascii: ")")
        }
        while try hasEvent() { try readEvent() }
    }

    /// Reads all, and says of every error on which line it is.
    private mutating func readLocated() throws(HistoryError) {
        do {
            try readAll()
        } catch {
            throw HistoryError(
                error.code, line: error.line ?? edn.scanner.line(at: edn.scanner.offset), error.message)
        }
    }

    /// Moves to the next event; false behind the last.
    private mutating func hasEvent() throws(HistoryError) -> Bool {
        try edn.skip(depth: 0)
        if let bracket, edn.scanner.take(bracket) {
            try edn.skip(depth: 0)
            guard edn.scanner.isAtEnd else { throw edn.scanner.error("something follows the history") }
            return false
        }
        guard edn.scanner.isAtEnd else { return true }
        if bracket != nil, !isTorn { notes.append("the vector of the history has no end: the file was cut off") }
        return false
    }

    private mutating func readEvent() throws(HistoryError) {
        let start = edn.scanner.offset
        do {
            let event = try readMap()
            try append(try edn.row(of: event))
        } catch {
            guard !isTorn else { return }
            throw HistoryError(error.code, line: error.line ?? edn.scanner.line(at: start), error.message)
        }
    }

    /// Jepsen's workers note the time before they get hold of the history, so that times may run backwards a little.
    ///
    /// The order of the lines is the order that holds: whatever completes there before something else is invoked did
    /// so. A time that is too early becomes the next nanosecond.
    private mutating func append(_ row: EventRow) throws(HistoryError) {
        var row = row
        if let time = row.time, edn.builder.count > 0, time < edn.builder.lastTime {
            row.time = edn.builder.lastTime &+ 1
            lateCount += 1
        }
        try edn.builder.append(row)
    }

    private static func lateNote(_ count: Int) -> String {
        "\(count) times ran backwards and were moved behind the line before: the order of the lines is real-time order"
    }

    private mutating func readMap() throws(HistoryError) -> EDNEvent {
        let start = edn.scanner
        do {
            return try edn.event()
        } catch {
            // The end of the file in the middle of a map on its last line, which has no line break: its writer was
            // killed.
            let isMap = start.byte == UInt8(ascii: "{") || start.byte == UInt8(ascii: "#")
            isTorn = isMap && edn.scanner.isAtEnd && edn.scanner.isLastLine(start.offset)
            throw error
        }
    }
}
