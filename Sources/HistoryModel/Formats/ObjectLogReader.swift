/// Reads what was done to one queue, stack, priority queue or set: a first line `# queue`, then `METHOD VALUE START END`
/// in any order.
///
/// An operation that ends when another starts comes before it. Operations are given to as few processes as can have done
/// them. The value -1 of a taking operation means that there was nothing to take. Numbers of start and end say nothing
/// but the order, so that the history has no times.
struct ObjectLogReader: ~Copyable {
    private struct Call {
        var line: Int
        var method: Int
        var value: Int64
        var start: Int64
        var end: Int64
    }

    /// The end of a call before, a call that takes no time, or the start of one: in this order at the same number.
    private struct Moment {
        var time: Int64
        var phase: UInt8
        var call: Int32
    }

    private var builder = HistoryBuilder()
    private var calls: [Call] = []
    /// Processes that have no call open.
    private var idle: [Int] = []
    private var processCount = 0
    private var processOfCall: [Int] = []

    static func read(_ bytes: UnsafeRawBufferPointer) throws(HistoryError) -> LoadedHistory {
        var reader = ObjectLogReader()
        unsafe try reader.readLines(bytes.assumingMemoryBound(to: UInt8.self))
        try reader.build()
        return LoadedHistory(history: reader.builder.finish())
    }

    private init() {}

    private mutating func readLines(_ bytes: UnsafeBufferPointer<UInt8>) throws(HistoryError) {
        var lines = unsafe TextLines(bytes)
        while lines.next() {
            let scanner = unsafe EDNScanner(lines.line, firstLine: lines.number)
            do {
                if lines.number == 1 {
                    try expectType(scanner)
                } else if scanner.byte != UInt8(ascii: "#") {
                    try readCall(FieldLine(scanner), lines.number)
                }
            } catch {
                throw HistoryError(error.code, line: lines.number, error.message)
            }
        }
    }

    private func expectType(_ scanner: EDNScanner) throws(HistoryError) {
        guard ObjectLog.type(scanner) != nil else {
            throw HistoryError(
                .unknownFormat, "the first line is none of # \(ObjectLog.types.joined(separator: ", # "))")
        }
    }

    private mutating func readCall(_ fields: FieldLine, _ line: Int) throws(HistoryError) {
        var fields = fields
        if fields.isAtEnd() { return }
        let name = fields.word()
        guard let method = ObjectLog.methods.firstIndex(where: { $0.name == name }) else {
            throw HistoryError(.badField, "there is no method '\(name)'")
        }
        let value = try fields.int("a value")
        let call = Call(
            line: line, method: method, value: value, start: try fields.int("a start"),
            end: try fields.int("an end"))
        try fields.expectEnd()
        guard call.start <= call.end else {
            throw HistoryError(.timeRunsBackwards, "the end \(call.end) is before the start \(call.start)")
        }
        guard calls.count < Int(Int32.max) else { throw HistoryError(.tooLarge, "more than \(Int32.max) calls") }
        calls.append(call)
    }

    private func moments() -> [Moment] {
        var moments: [Moment] = []
        moments.reserveCapacity(2 * calls.count)
        for (number, call) in calls.enumerated() {
            let isShort = call.start == call.end
            let number = Int32(truncatingIfNeeded: number)
            moments.append(Moment(time: call.start, phase: isShort ? 1 : 3, call: number))
            moments.append(Moment(time: call.end, phase: isShort ? 2 : 0, call: number))
        }
        return moments.sorted { ($0.time, $0.phase, $0.call) < ($1.time, $1.phase, $1.call) }
    }

    private mutating func build() throws(HistoryError) {
        builder.reserve(events: 2 * calls.count)
        processOfCall = Array(repeating: 0, count: calls.count)
        for moment in moments() {
            let number = Int(moment.call)
            let isStart = moment.phase & 1 == 1
            let call = calls[number]
            if isStart { processOfCall[number] = takeProcess() }
            let process = processOfCall[number]
            do {
                try builder.append(try row(call, process, isStart: isStart))
            } catch {
                throw HistoryError(error.code, line: call.line, error.message)
            }
            if !isStart { idle.append(process) }
        }
    }

    private mutating func takeProcess() -> Int {
        if let process = idle.popLast() { return process }
        processCount += 1
        return processCount - 1
    }

    private mutating func row(_ call: Call, _ process: Int, isStart: Bool) throws(HistoryError) -> EventRow {
        let method = ObjectLog.methods[call.method]
        let value: ValueRef =
            switch method.kind {
            case .puts: try builder.int(call.value)
            case .takes: isStart || call.value == -1 ? .null : try builder.int(call.value)
            case .asks(let answer): isStart ? try builder.int(call.value) : answer ? .true : .false
            }
        return EventRow(
            process: .client(process), type: isStart ? .invoke : .ok,
            function: try builder.function(method.function),
            value: value)
    }
}

/// The words of object logs.
enum ObjectLog {
    static let types = ["queue", "stack", "priorityqueue", "deque", "set"]

    enum Kind: Hashable {
        /// The value is what it was called with.
        case puts
        /// The value is what it brought back.
        case takes
        /// Whether the value is there.
        case asks(Bool)
    }

    struct Method {
        var name: String
        /// The function of the history.
        var function: String
        var kind: Kind
    }

    static let methods = [
        Method(name: "enq", function: "enqueue", kind: .puts),
        Method(name: "deq", function: "dequeue", kind: .takes),
        Method(name: "push", function: "push", kind: .puts), Method(name: "pop", function: "pop", kind: .takes),
        Method(name: "peek", function: "peek", kind: .takes),
        Method(name: "insert", function: "insert", kind: .puts),
        Method(name: "poll", function: "poll-max", kind: .takes),
        Method(name: "remove", function: "remove", kind: .puts),
        Method(name: "contains_true", function: "contains", kind: .asks(true)),
        Method(name: "contains_false", function: "contains", kind: .asks(false)),
        Method(name: "push_front", function: "push-front", kind: .puts),
        Method(name: "push_back", function: "push-back", kind: .puts),
        Method(name: "pop_front", function: "pop-front", kind: .takes),
        Method(name: "pop_back", function: "pop-back", kind: .takes),
        Method(name: "peek_front", function: "peek-front", kind: .takes),
        Method(name: "peek_back", function: "peek-back", kind: .takes),
    ]

    /// The type that a first line names.
    static func type(_ scanner: EDNScanner) -> String? {
        var scanner = scanner
        guard scanner.take(UInt8(ascii: "#")) else { return nil }
        var fields = FieldLine(scanner)
        let word = fields.word()
        return types.contains(word) && fields.isAtEnd() ? word : nil
    }
}
