import AgentProtocol
import Testing

@testable import AgentRuntime

@Suite("The protocol's lines")
struct ProtocolTests {
    @Test("a stream is cut into lines, and a line over the limit is dropped alone")
    func splitting() {
        var lines = LineSplitter(limit: 4)
        #expect(lines.feed(Array("ab".utf8)) == [])
        #expect(lines.feed(Array("c\n\nd\n".utf8)) == [.line(Array("abc".utf8)), .line(Array("d".utf8))])
        #expect(lines.feed(Array("12345".utf8)) == [])
        #expect(lines.feed(Array("678\nok\n".utf8)) == [.tooLong, .line(Array("ok".utf8))])
    }

    @Test("a request and its reply survive the wire")
    func roundTrip() throws {
        let header = RequestHeader(id: "c1-7", op: Exec.op, instance: "i", seen: 3)
        let body = Exec(argv: ["a b", "'\"\n$x"], input: Bytes([0, 255, 10]), deadlineSeconds: 1.5)
        let line = try AgentLine.request(header, body)
        #expect(!line.contains(UInt8(ascii: "\n")))
        #expect(try AgentLine.header(line) == header)
        let read = try AgentLine.body(Exec.self, line)
        #expect(read.argv == body.argv && read.input == body.input)
        let reply = try AgentLine.reply(id: "c1-7", ok: RenewReply(leaseSeconds: 2))
        #expect(try AgentLine.replyHeader(reply).id == "c1-7")
        #expect(try AgentLine.replyBody(RenewReply.self, reply) == RenewReply(leaseSeconds: 2))
    }

    @Test(
        "what is no request is named",
        arguments: [
            ("x", "not valid JSON"), ("{}", "id is missing"), (#"{"id":1,"op":"a"}"#, "id must be"),
            (#"{"id":null,"op":"a"}"#, "id"),
        ])
    func malformed(line: String, words: String) {
        let error = #expect(throws: AgentError.self) { try AgentLine.header(Array(line.utf8)) }
        #expect(error?.code == .malformed)
        #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
    }

    @Test(
        "ids have a controller and a number",
        arguments: [
            ("c-1", true), ("a.b_c-12", true), ("c-0", false), ("c", false), ("-1", false), ("a/b-1", false),
        ])
    func ids(id: String, isGood: Bool) {
        #expect((RequestHeader(id: id, op: "x").source != nil) == isGood)
    }

    @Test(
        "names cannot carry paths, options or rules",
        arguments: [
            ("n1", true), ("a-b.c_d", true), ("", false), ("-rf", false), (".", false), ("..", false),
            ("a/b", false),
            ("a b", false), ("a;b", false), ("a\nb", false), ("é", false),
            (String(repeating: "x", count: 49), false),
        ])
    func names(name: String, isGood: Bool) {
        #expect(isAgentName(name) == isGood)
    }
}

@Suite("Journal")
struct JournalTests {
    private let key = Journal.Key(controller: "c", number: 5)

    @Test("a request is fresh once, then waited for, then answered from memory")
    func once() {
        var journal = Journal()
        #expect(journal.admit(key, seen: nil, connection: 1) == .fresh)
        #expect(journal.admit(key, seen: nil, connection: 2) == .running)
        #expect(journal.finish(key, [7]) == [1, 2])
        #expect(journal.admit(key, seen: nil, connection: 3) == .done([7]))
    }

    @Test("what the controller has seen is forgotten, and never fresh again")
    func seen() {
        var journal = Journal()
        _ = journal.admit(key, seen: nil, connection: 1)
        _ = journal.finish(key, [7])
        #expect(journal.admit(.init(controller: "c", number: 6), seen: 6, connection: 1) == .fresh)
        #expect(journal.count == 1)
        #expect(journal.admit(key, seen: nil, connection: 1) == .forgotten)
        #expect(journal.admit(.init(controller: "d", number: 5), seen: nil, connection: 1) == .fresh)
    }

    @Test("too many replies push the oldest out, and a running one stays")
    func bounds() {
        var journal = Journal()
        #expect(journal.admit(.init(controller: "c", number: 1), seen: nil, connection: 1) == .fresh)
        for number in 2...(Journal.maxReplies + 3) {
            _ = journal.admit(.init(controller: "c", number: number), seen: nil, connection: 1)
            _ = journal.finish(.init(controller: "c", number: number), [1])
        }
        #expect(journal.count == Journal.maxReplies + 1)
        #expect(journal.admit(.init(controller: "c", number: 2), seen: nil, connection: 1) == .forgotten)
        #expect(journal.admit(.init(controller: "c", number: 1), seen: nil, connection: 2) == .running)
        #expect(journal.finish(.init(controller: "c", number: 1), [1]) == [1, 2])
    }

    @Test("replies of many bytes push others out by size")
    func sizes() {
        var journal = Journal()
        for number in 1...4 {
            _ = journal.admit(.init(controller: "c", number: number), seen: nil, connection: 1)
            _ = journal.finish(
                .init(controller: "c", number: number), [UInt8](repeating: 0, count: Journal.maxBytes / 2))
        }
        #expect(journal.count == 2)
    }
}
