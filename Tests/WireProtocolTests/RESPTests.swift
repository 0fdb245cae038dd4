import Determinism
import Testing
import WireProtocol

@Suite("RESP2 values")
struct RESPTests {
    static let wire: [(String, RESPValue)] = [
        ("+OK\r\n", .simple("OK")), ("+\r\n", .simple("")),
        ("-MOVED 10.0.0.1:7000\r\n", .error("MOVED 10.0.0.1:7000")),
        (":0\r\n", .integer(0)), (":-7\r\n", .integer(-7)),
        (":9223372036854775807\r\n", .integer(.max)), (":-9223372036854775808\r\n", .integer(.min)),
        ("$0\r\n\r\n", .bulk([])), ("$-1\r\n", .bulk(nil)), ("$4\r\na\r\nb\r\n", .text("a\r\nb")),
        ("*-1\r\n", .array(nil)), ("*0\r\n", .array([])),
        ("*2\r\n$1\r\na\r\n*2\r\n:1\r\n*0\r\n", .array([.text("a"), .array([.integer(1), .array([])])])),
    ]

    @Test("a value and its bytes are each other's image", arguments: wire)
    func bothWays(text: String, value: RESPValue) throws {
        #expect(String(decoding: value.encoded, as: UTF8.self) == text)
        #expect(try decode(text) == [value])
    }

    static let malformed: [(String, RESPError.Code)] = [
        ("hello\r\n", .unknownType), (":1a\r\n", .badNumber), (":\r\n", .badNumber), (":--1\r\n", .badNumber),
        (":9223372036854775808\r\n", .badNumber), ("$-2\r\n", .badNumber), ("*x\r\n", .badNumber),
        ("+a\n", .missingLineEnd), ("$1\r\nab\r\n", .missingLineEnd),
        ("+" + String(repeating: "a", count: 41) + "\r\n", .lineTooLong),
        ("+" + String(repeating: "a", count: 50), .lineTooLong),
        ("$51\r\n", .bulkTooLong), ("*21\r\n", .arrayTooLong), ("*1\r\n*1\r\n*1\r\n*1\r\n", .tooDeep),
        ("*3\r\n$50\r\n" + String(repeating: "b", count: 50) + "\r\n$50\r\n", .valueTooLarge),
    ]

    static let small = RESPLimits(depth: 3, lineLength: 40, bulkLength: 50, arrayLength: 20, valueLength: 66)

    @Test("what is no RESP2, or more of it than allowed, has its own error", arguments: malformed)
    func refused(text: String, code: RESPError.Code) throws {
        var decoder = RESPDecoder(limits: Self.small)
        decoder.append(Array(text.utf8))
        let first = try #require(throws: RESPError.self) { try decoder.next() }
        #expect(first.code == code)
        decoder.append(Array("+OK\r\n".utf8))
        #expect(throws: first) { try decoder.next() }
    }

    @Test("an error says where in the stream it is, however many values came before")
    func errorOffset() throws {
        var decoder = RESPDecoder()
        for _ in 0..<3 {
            decoder.append(Array("+OK\r\n".utf8))
            #expect(try decoder.next() == .simple("OK"))
        }
        decoder.append(Array("!".utf8))
        #expect(throws: RESPError(.unknownType, offset: 15, "byte 33 begins no RESP2 value")) {
            try decoder.next()
        }
    }

    @Test("values of every shape survive encoding and any fragmentation", arguments: 0..<40)
    func fragmentation(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let values = (0..<20).map { _ in Self.value(&random, depth: 4) }
        let bytes = values.flatMap(\.encoded)
        var decoder = RESPDecoder()
        var decoded: [RESPValue] = []
        var position = 0
        while position < bytes.count {
            let end = min(bytes.count, position + 1 + random.below(seed.isMultiple(of: 2) ? 3 : 200))
            decoder.append(bytes[position..<end])
            position = end
            while let value = try decoder.next() { decoded.append(value) }
        }
        #expect(decoded == values)
        #expect(!decoder.isInsideValue)
    }

    @Test("bytes changed at random are decoded or refused, never more values than bytes", arguments: 0..<60)
    func fuzz(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var bytes = (0..<20).flatMap { _ in Self.value(&random, depth: 3).encoded }
        for _ in 0..<(1 + random.below(8)) {
            bytes[random.below(bytes.count)] = random.choose(Array("*$:+-0123456789\r\n".utf8))
        }
        var decoder = RESPDecoder(limits: RESPLimits(bulkLength: 4096, arrayLength: 64))
        decoder.append(bytes)
        var count = 0
        while (try? decoder.next()) != nil { count += 1 }
        #expect(count <= bytes.count / 3)
    }

    @Test("text cannot forge a value: CR and LF in a line become blanks")
    func injection() throws {
        #expect(try decode(RESPValue.error("ERR a\r\n+OK").encoded) == [.error("ERR a  +OK")])
    }

    @Test("the middle of a value is told from its end")
    func inside() throws {
        var decoder = RESPDecoder()
        #expect(!decoder.isInsideValue)
        decoder.append(Array("*2\r\n:1\r\n".utf8))
        #expect(try decoder.next() == nil)
        #expect(decoder.isInsideValue)
        decoder.append(Array(":2\r\n".utf8))
        #expect(try decoder.next() == .array([.integer(1), .integer(2)]))
        #expect(!decoder.isInsideValue)
    }

    @Test("numbers are read from integers and from decimal strings alone")
    func numbers() {
        #expect(RESPValue.integer(-5).number == -5)
        #expect(RESPValue.text("9223372036854775807").number == .max)
        #expect(RESPValue.text("-9223372036854775808").number == .min)
        for text in ["", "-", "+1", " 1", "1 ", "9223372036854775808", "0x1", "99999999999999999999"] {
            #expect(RESPValue.text(text).number == nil, "\(text)")
        }
    }

    private func decode(_ text: String) throws -> [RESPValue] { try decode(Array(text.utf8)) }

    private func decode(_ bytes: [UInt8]) throws -> [RESPValue] {
        var decoder = RESPDecoder()
        unsafe bytes.withUnsafeBytes { unsafe decoder.append($0) }
        var values: [RESPValue] = []
        while let value = try decoder.next() { values.append(value) }
        return values
    }

    /// A random value; `depth` levels of arrays at most.
    static func value(_ random: inout SeededRandom, depth: Int) -> RESPValue {
        switch random.below(depth > 0 ? 8 : 6) {
        case 0: .simple("s\(random.below(1000))")
        case 1: .error("ERR \(random.below(1000))")
        case 2: .integer(Int64(bitPattern: random.next()))
        case 3: .bulk(nil)
        case 4, 5: .bulk((0..<random.below(40)).map { _ in UInt8(random.below(256)) })
        case 6: random.chance(1, in: 8) ? .array(nil) : .array([])
        default: .array((0..<random.below(6)).map { _ in value(&random, depth: depth - 1) })
        }
    }
}
