/// Encodes RESP2 into one growing array of bytes that can be used again and again.
public struct RESPWriter: Sendable {
    /// What was written since the last `removeAll`.
    public private(set) var bytes: [UInt8] = []

    public init(capacity: Int = 256) { bytes.reserveCapacity(capacity) }

    /// Forgets what was written and keeps the room.
    public mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

    /// Opens an array: the next `count` values written are its elements.
    public mutating func array(count: Int) { header(UInt8(ascii: "*"), Int64(count)) }

    public mutating func bulk(_ content: [UInt8]) {
        header(UInt8(ascii: "$"), Int64(content.count))
        bytes.append(contentsOf: content)
        endLine()
    }

    public mutating func bulk(_ text: String) {
        header(UInt8(ascii: "$"), Int64(text.utf8.count))
        bytes.append(contentsOf: text.utf8)
        endLine()
    }

    /// A number as a bulk string in decimal, the form in which registers hold it.
    public mutating func bulk(_ number: Int64) {
        header(UInt8(ascii: "$"), Int64(RESPNumber.width(number)))
        RESPNumber.append(number, to: &bytes)
        endLine()
    }

    /// The null bulk string.
    public mutating func nullBulk() { header(UInt8(ascii: "$"), -1) }

    public mutating func integer(_ number: Int64) { header(UInt8(ascii: ":"), number) }

    public mutating func simple(_ text: String) { line(UInt8(ascii: "+"), text) }

    public mutating func error(_ text: String) { line(UInt8(ascii: "-"), text) }

    /// Any value with all it holds.
    public mutating func value(_ value: RESPValue) {
        switch value {
        case .simple(let text): simple(text)
        case .error(let text): error(text)
        case .integer(let number): integer(number)
        case .bulk(let content?): bulk(content)
        case .bulk(nil): nullBulk()
        case .array(let elements?):
            array(count: elements.count)
            for element in elements { self.value(element) }
        case .array(nil): header(UInt8(ascii: "*"), -1)
        }
    }

    /// A request: an array of bulk strings.
    public mutating func command(_ words: [String]) {
        array(count: words.count)
        for word in words { bulk(word) }
    }

    private mutating func header(_ type: UInt8, _ number: Int64) {
        bytes.append(type)
        RESPNumber.append(number, to: &bytes)
        endLine()
    }

    /// CR and LF inside a line would forge another value, so they become spaces.
    private mutating func line(_ type: UInt8, _ text: String) {
        bytes.append(type)
        for byte in text.utf8 {
            let endsLine = byte == UInt8(ascii: "\r") || byte == UInt8(ascii: "\n")
            bytes.append(endsLine ? UInt8(ascii: " ") : byte)
        }
        endLine()
    }

    private mutating func endLine() {
        bytes.append(UInt8(ascii: "\r"))
        bytes.append(UInt8(ascii: "\n"))
    }
}

extension RESPValue {
    /// The value on the wire.
    public var encoded: [UInt8] {
        var writer = RESPWriter()
        writer.value(self)
        return writer.bytes
    }
}
