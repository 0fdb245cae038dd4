import Testing
import WireProtocol

@Suite("RESP2 requests")
struct RESPRequestTests {
    static let requests: [(String, [[String]])] = [
        ("*2\r\n$3\r\nGET\r\n$1\r\nk\r\n", [["GET", "k"]]),
        ("PING\r\n", [["PING"]]), ("PING\n", [["PING"]]), ("  SET  k\t1 \r\n", [["SET", "k", "1"]]),
        ("\r\n\n*0\r\n*-1\r\nPING\r\n", [["PING"]]),
        ("PING\r\n*1\r\n$4\r\nINFO\r\nPING\r\n", [["PING"], ["INFO"], ["PING"]]),
        ("*2\r\n$3\r\nGET\r\n$0\r\n\r\n", [["GET", ""]]),
        ("", []), ("*2\r\n$3\r\nGET\r\n", []), ("PIN", []),
    ]

    @Test("arrays of bulk strings and inline commands are requests", arguments: requests)
    func decoded(text: String, expected: [[String]]) throws {
        #expect(try read(text, chunk: text.utf8.count) == expected)
        #expect(try read(text, chunk: 1) == expected)
    }

    static let refused: [(String, RESPError.Code)] = [
        ("*1\r\n:1\r\n", .badRequest), ("*1\r\n$-1\r\n", .badRequest), ("*1\r\n*1\r\n", .tooDeep),
        ("*1\r\n$99999999\r\n", .bulkTooLong), (String(repeating: "a", count: 50), .lineTooLong),
    ]

    static let small = RESPLimits(depth: 1, lineLength: 40, bulkLength: 1 << 20, arrayLength: 16)

    @Test("anything else ends the connection", arguments: refused)
    func malformed(text: String, code: RESPError.Code) {
        let error = #expect(throws: RESPError.self) { try read(text, chunk: 7, limits: Self.small) }
        #expect(error?.code == code)
    }

    @Test("a command that is written is the request that is read")
    func writer() throws {
        var writer = RESPWriter()
        writer.command(["SET", "clé", "x y\r\n"])
        writer.array(count: 2)
        writer.bulk("N")
        writer.bulk(Int64.min)
        var decoder = RESPDecoder(limits: .requests)
        decoder.append(writer.bytes)
        #expect(try decoder.nextRequest()?.map(text) == ["SET", "clé", "x y\r\n"])
        #expect(try decoder.nextRequest()?.map(text) == ["N", "-9223372036854775808"])
        writer.removeAll()
        #expect(writer.bytes.isEmpty)
    }

    private func read(_ stream: String, chunk: Int, limits: RESPLimits = .requests) throws -> [[String]] {
        var decoder = RESPDecoder(limits: limits)
        var requests: [[String]] = []
        var rest = Array(stream.utf8)[...]
        while !rest.isEmpty {
            decoder.append(rest.prefix(chunk))
            rest = rest.dropFirst(chunk)
            while let request = try decoder.nextRequest() { requests.append(request.map(text)) }
        }
        return requests
    }

    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
