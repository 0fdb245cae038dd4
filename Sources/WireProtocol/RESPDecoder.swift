/// Decodes RESP2 from a stream that arrives in pieces of any size.
///
/// Append what arrived, then take values until there is none. Every byte is looked at once or twice however the
/// stream is cut. After an error the stream has no meaning, so every later call throws the same error.
public struct RESPDecoder: Sendable {
    /// An array whose elements have not all arrived.
    private struct OpenArray: Sendable {
        var missing: Int
        var elements: [RESPValue]
    }

    /// The room made at once for an array that a peer announces: it may never send it.
    private static let maximumReservation = 64
    /// From this many consumed bytes on the rest is moved to the front.
    private static let compactionThreshold = 64 << 10

    public let limits: RESPLimits
    private var buffer: [UInt8] = []
    /// Where the first byte that is not consumed stands.
    private var head = 0
    /// Up to where no line end was found, so that it is not searched again.
    private var searched = 0
    /// Bytes of the stream before the buffer.
    private var discarded = 0
    /// Position in the stream where the value begins that is being read.
    private var valueStart = 0
    private var open: [OpenArray] = []
    private var failure: RESPError?

    public init(limits: RESPLimits = RESPLimits()) { self.limits = limits }

    /// Bytes that arrived and belong to no value taken yet.
    public var pendingByteCount: Int { buffer.count - head }

    /// True in the middle of a value: a stream that ends here was cut.
    public var isInsideValue: Bool { pendingByteCount > 0 || !open.isEmpty }

    /// Adds what arrived.
    public mutating func append(_ bytes: UnsafeRawBufferPointer) {
        compact()
        unsafe buffer.append(contentsOf: bytes)
    }

    /// Adds what arrived.
    public mutating func append(_ bytes: some Collection<UInt8>) {
        compact()
        buffer.append(contentsOf: bytes)
    }

    /// Takes the next whole value, `nil` if more bytes are needed.
    public mutating func next() throws(RESPError) -> RESPValue? {
        try guarded { (decoder) throws(RESPError) in try decoder.takeValue() }
    }

    /// Runs one step and remembers its error.
    private mutating func guarded<Taken>(
        _ step: (inout RESPDecoder) throws(RESPError) -> Taken?
    ) throws(RESPError) -> Taken? {
        if let failure { throw failure }
        do throws(RESPError) {
            return try step(&self)
        } catch {
            failure = error
            throw error
        }
    }

    private mutating func compact() {
        if head == buffer.count {
            discarded += head
            buffer.removeAll(keepingCapacity: true)
        } else if head >= Self.compactionThreshold {
            discarded += head
            buffer.removeSubrange(0..<head)
        } else {
            return
        }
        searched = max(0, searched - head)
        head = 0
    }

    /// Reads elements until one completes the outermost array, or bytes run out.
    private mutating func takeValue() throws(RESPError) -> RESPValue? {
        while true {
            if open.isEmpty { valueStart = discarded + head }
            let piece = try takePiece()
            try checkValueLength(discarded + (piece == nil ? buffer.count : head))
            switch piece {
            case nil: return nil
            case .opening(let count)?:
                open.append(OpenArray(missing: count, elements: Self.room(for: count)))
            case .value(let value)?:
                if let whole = close(with: value) { return whole }
            }
        }
    }

    /// Puts a value into the arrays that wait for it; the outermost one, once it is whole.
    private mutating func close(with value: RESPValue) -> RESPValue? {
        var value = value
        while !open.isEmpty {
            let last = open.count - 1
            open[last].elements.append(value)
            open[last].missing -= 1
            guard open[last].missing == 0 else { return nil }
            value = .array(open.removeLast().elements)
        }
        return value
    }

    private static func room(for count: Int) -> [RESPValue] {
        var elements: [RESPValue] = []
        elements.reserveCapacity(min(count, maximumReservation))
        return elements
    }
}

/// One step of decoding: a value, or the head of an array that has elements.
private enum Piece {
    case value(RESPValue)
    case opening(Int)
}

extension RESPDecoder {
    private mutating func takePiece() throws(RESPError) -> Piece? {
        guard head < buffer.count else { return nil }
        let start = head
        let type = buffer[start]
        guard isType(type) else {
            throw failed(.unknownType, at: start, "byte \(type) begins no RESP2 value")
        }
        guard let content = try findLine(from: start + 1) else { return nil }
        switch type {
        case UInt8(ascii: "+"):
            consume(through: content.upperBound + 2)
            return .value(.simple(String(decoding: buffer[content], as: UTF8.self)))
        case UInt8(ascii: "-"):
            consume(through: content.upperBound + 2)
            return .value(.error(String(decoding: buffer[content], as: UTF8.self)))
        case UInt8(ascii: ":"):
            let number = try number(in: content)
            consume(through: content.upperBound + 2)
            return .value(.integer(number))
        case UInt8(ascii: "$"):
            return try takeBulk(header: content)
        default:
            return try takeArrayHead(header: content)
        }
    }

    private func isType(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: ":"), UInt8(ascii: "$"), UInt8(ascii: "*"):
            true
        default: false
        }
    }

    private mutating func takeBulk(header: Range<Int>) throws(RESPError) -> Piece? {
        let count = try number(in: header)
        let start = header.upperBound + 2
        guard count >= 0 else {
            consume(through: start)
            return .value(.bulk(nil))
        }
        guard count <= Int64(limits.bulkLength) else {
            throw failed(
                .bulkTooLong, at: head, "a bulk string of \(count) bytes; at most \(limits.bulkLength) are taken")
        }
        let end = start + Int(count)
        try checkValueLength(discarded + end + 2)
        guard buffer.count >= end + 2 else { return nil }
        guard buffer[end] == UInt8(ascii: "\r"), buffer[end + 1] == UInt8(ascii: "\n") else {
            throw failed(.missingLineEnd, at: end, "a bulk string of \(count) bytes is not followed by CR LF")
        }
        let content = [UInt8](buffer[start..<end])
        consume(through: end + 2)
        return .value(.bulk(content))
    }

    private mutating func takeArrayHead(header: Range<Int>) throws(RESPError) -> Piece? {
        let count = try number(in: header)
        guard count <= Int64(limits.arrayLength) else {
            throw failed(
                .arrayTooLong, at: head, "an array of \(count) elements; at most \(limits.arrayLength) are taken")
        }
        guard open.count < limits.depth || count <= 0 else {
            throw failed(.tooDeep, at: head, "arrays within arrays; at most \(limits.depth) levels are taken")
        }
        consume(through: header.upperBound + 2)
        return switch count {
        case -1: .value(.array(nil))
        case 0: .value(.array([]))
        default: .opening(Int(count))
        }
    }

    private func number(in content: Range<Int>) throws(RESPError) -> Int64 {
        let isLength = buffer[head] != UInt8(ascii: ":")
        guard let number = RESPNumber.parse(buffer[content]), !isLength || number >= -1 else {
            let text = String(decoding: buffer[content].prefix(32), as: UTF8.self)
            throw failed(.badNumber, at: head, "'\(text)' is not the number that belongs here")
        }
        return number
    }
}

extension RESPDecoder {
    /// The bytes of the line from `start` up to its LF, `nil` if it has not arrived whole.
    private mutating func takeLine(from start: Int) throws(RESPError) -> Range<Int>? {
        let from = max(start, searched)
        let end = from < buffer.count ? buffer[from...].firstIndex(of: UInt8(ascii: "\n")) : nil
        guard (end ?? buffer.count) - start <= limits.lineLength + 1 else {
            throw failed(.lineTooLong, at: start, "a line of more than \(limits.lineLength) bytes")
        }
        guard let end else {
            searched = buffer.count
            return nil
        }
        return start..<end
    }

    /// The bytes of a line without its CR LF.
    private mutating func findLine(from start: Int) throws(RESPError) -> Range<Int>? {
        guard let line = try takeLine(from: start) else { return nil }
        guard buffer[line].last == UInt8(ascii: "\r") else {
            throw failed(.missingLineEnd, at: start, "a line ends in LF without CR")
        }
        return line.dropLast()
    }

    private func checkValueLength(_ end: Int) throws(RESPError) {
        guard end - valueStart <= limits.valueLength else {
            throw RESPError(
                .valueTooLarge, offset: valueStart, "a value of more than \(limits.valueLength) bytes on the wire")
        }
    }

    private mutating func consume(through end: Int) {
        head = end
        searched = end
    }

    private func failed(_ code: RESPError.Code, at position: Int, _ message: String) -> RESPError {
        RESPError(code, offset: discarded + position, message)
    }
}

extension RESPDecoder {
    /// Takes the next whole request, `nil` if more bytes are needed: what a server reads.
    ///
    /// A request is an array of bulk strings or an inline command, a plain line of words such as `PING`. Empty ones
    /// are skipped, as Redis does, so there is always a first word.
    public mutating func nextRequest() throws(RESPError) -> [[UInt8]]? {
        try guarded { (decoder) throws(RESPError) in
            while true {
                guard let words = try decoder.takeRequest() else { return nil }
                if !words.isEmpty { return words }
            }
        }
    }

    private mutating func takeRequest() throws(RESPError) -> [[UInt8]]? {
        guard head < buffer.count else { return nil }
        guard !open.isEmpty || buffer[head] == UInt8(ascii: "*") else { return try takeInlineCommand() }
        guard let value = try takeValue() else { return nil }
        guard case .array(let elements) = value else { return nil }
        var words: [[UInt8]] = []
        words.reserveCapacity(elements?.count ?? 0)
        for element in elements ?? [] {
            guard case .bulk(let word?) = element else {
                throw RESPError(
                    .badRequest, offset: valueStart, "a request is an array of bulk strings, none of them null")
            }
            words.append(word)
        }
        return words
    }

    /// Words between blanks; typed by people, so a line may end in LF alone.
    private mutating func takeInlineCommand() throws(RESPError) -> [[UInt8]]? {
        guard let line = try takeLine(from: head) else { return nil }
        let words = buffer[line].split { $0 == UInt8(ascii: " ") || (9...13).contains($0) }
        consume(through: line.upperBound + 1)
        return words.map { [UInt8]($0) }
    }
}
