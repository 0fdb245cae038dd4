// Bytes of a reply, for designs that remember what a client was told. The first byte is the kind.
extension ByteWriter {
    mutating func reply(_ reply: Reply) {
        switch reply {
        case .ok: byte(0)
        case .value(let value):
            byte(1)
            elements(value.map { [$0] } ?? [])
        case .integer(let number):
            byte(2)
            signed(Int64(number))
        case .elements(let elements):
            byte(3)
            self.elements(elements)
        case .values(let values):
            byte(4)
            number(UInt64(values.count))
            values.forEach { elements($0.map { [$0] } ?? []) }
        case .results(let replies):
            byte(5)
            number(UInt64(replies.count))
            replies.forEach { self.reply($0) }
        case .failed(let code, let message):
            byte(6)
            text(code.rawValue)
            text(message)
        case .unknown(let code, let message):
            byte(7)
            text(code.rawValue)
            text(message)
        case .moved(let name):
            byte(8)
            text(name)
        }
    }
}

extension ByteReader {
    /// Replies nest once: the results of a transaction are no transactions.
    mutating func reply(isNested: Bool = false) throws(DecodingFailure) -> Reply {
        switch try byte() {
        case 0: return .ok
        case 1: return .value(try optional())
        case 2: return .integer(Int(try signed()))
        case 3: return .elements(try elements())
        case 4:
            var values: [[UInt8]?] = []
            for _ in 0..<(try count()) { values.append(try optional()) }
            return .values(values)
        case 5 where !isNested:
            var replies: [Reply] = []
            for _ in 0..<(try count()) { replies.append(try reply(isNested: true)) }
            return .results(replies)
        case 6:
            guard let code = Reply.FailureCode(rawValue: try text()) else {
                throw DecodingFailure("no such failure")
            }
            return .failed(code, try text())
        case 7:
            guard let code = Reply.UnknownCode(rawValue: try text()) else { throw DecodingFailure("no such code") }
            return .unknown(code, try text())
        case 8: return .moved(try text())
        case let other: throw DecodingFailure("reply of unknown kind \(other)")
        }
    }

    private mutating func optional() throws(DecodingFailure) -> [UInt8]? {
        let values = try elements()
        guard values.count < 2 else { throw DecodingFailure("\(values.count) values in the place of one") }
        return values.first
    }
}
