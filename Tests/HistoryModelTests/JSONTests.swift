import HistoryModel
import Testing

@Suite("JSON text")
struct JSONTextTests {
    private func text(_ value: Value) -> String { String(decoding: JSONText.bytes(value), as: UTF8.self) }
    private func value(_ text: String) throws -> Value { try JSONText.value(Array(text.utf8)) }

    static let same: [(Value, String)] = [
        (.null, "null"), (true, "true"), (false, "false"), (0, "0"), (-7, "-7"),
        (.int(.max), "9223372036854775807"), (.int(.min), "-9223372036854775808"), (.double(1.5), "1.5"),
        (.double(2), "2.0"), ("", "\"\""), ("a\"b\\c", "\"a\\\"b\\\\c\""), ("\n\r\t\u{1}", "\"\\n\\r\\t\\u0001\""),
        ("Zoë 😀", "\"Zoë 😀\""), ([], "[]"), ([1, nil, ["a"]], "[1,null,[\"a\"]]"), ([:], "{}"),
        (["b": 1, "a": ["c": nil]], "{\"b\":1,\"a\":{\"c\":null}}"),
    ]

    @Test("values and their text stand for each other", arguments: same)
    func roundTrip(value: Value, text: String) throws {
        #expect(self.text(value) == text)
        #expect(try self.value(text) == value)
    }

    @Test("other spellings are read")
    func spellings() throws {
        #expect(try value(" { \"a\" : [ 1 , 2 ] } ") == ["a": [1, 2]])
        #expect(try value("\"\\u0041\\/\\b\\f\\ud83d\\ude00\"") == "A/\u{8}\u{c}😀")
        #expect(try value("1e3") == .double(1000))
        #expect(try value("-0.25E-1") == .double(-0.025))
        #expect(try value("9223372036854775808") == .double(9_223_372_036_854_775_808))
    }

    @Test("numbers that JSON cannot say become null")
    func infinite() {
        #expect(text(.double(.infinity)) == "null")
        #expect(text([.double(.nan)]) == "[null]")
    }

    @Test(
        "what is no JSON is refused",
        arguments: [
            "", " ", "nul", "nullx", "1 2", "01", "-", "1.", ".5", "1e", "+1", "\"", "\"a", "\"\\x\"", "\"\\u12\"",
            "\"\\ud83d\"", "\"\\udc00\"", "\"\\ud83d\\u0041\"", "\"\n\"", "[1", "[1,]", "[,1]", "{", "{\"a\"}",
            "{\"a\":1,}", "{a:1}", "{\"a\" 1}", "1e999", "'a'", String(repeating: "[", count: 5000),
        ])
    func refused(text: String) {
        #expect { try value(text) } throws: { ($0 as? HistoryError)?.code == .badSyntax }
    }

    @Test("a string that is not UTF-8 is refused")
    func notUTF8() {
        #expect(throws: HistoryError.self) { try JSONText.value([0x22, 0xFF, 0x22]) }
        #expect(throws: HistoryError.self) { try JSONText.value([0x22, 0x5C, 0x6E, 0xC3, 0x22]) }
    }
}

@Suite("JSON Lines")
struct JSONLinesTests {
    private func events(_ text: String) throws -> (events: [Event], isTorn: Bool) {
        try JSONLines.events(Array(text.utf8))
    }

    static let invocation = Event(
        index: 0, time: 1234, process: .client(3), type: .invoke, f: "write", key: "x", value: 7)
    static let completion = Event(
        index: 1, time: 2000, process: .client(3), type: .info, f: "write", key: "x", value: 7, node: "n1",
        error: "timeout: no reply", meta: ["tli": 2])
    static let word = Event(
        index: 2, time: 3000, process: .nemesis, type: .info, f: "heal", value: ["detail": "a|b"])

    @Test("the line has the documented keys in the documented order")
    func line() {
        let lines = [Self.invocation, Self.completion, Self.word].map {
            String(decoding: JSONLines.line($0), as: UTF8.self)
        }
        #expect(
            lines == [
                #"{"index":0,"time":1234,"process":3,"type":"invoke","f":"write","key":"x","value":7}"# + "\n",
                #"{"index":1,"time":2000,"process":3,"type":"info","f":"write","key":"x","value":7,"node":"n1","#
                    + #""error":"timeout: no reply","meta":{"tli":2}}"# + "\n",
                #"{"index":2,"time":3000,"process":"nemesis","type":"info","f":"heal","value":{"detail":"a|b"}}"#
                    + "\n",
            ])
    }

    @Test("events are read back as they were written")
    func roundTrip() throws {
        let all = [Self.invocation, Self.completion, Self.word]
        let read = try JSONLines.events(all.flatMap { JSONLines.line($0) })
        #expect(read.events == all)
        #expect(!read.isTorn)
    }

    @Test("a last line that was cut off anywhere is dropped and said; a whole one without line break counts")
    func torn() throws {
        let first = JSONLines.line(Self.invocation)
        let second = JSONLines.line(Self.completion)
        for length in 1..<second.count - 1 {
            let read = try JSONLines.events(first + second.prefix(length))
            #expect(read.events == [Self.invocation] && read.isTorn)
        }
        let whole = try JSONLines.events(first + second.dropLast())
        #expect(whole.events.count == 2 && !whole.isTorn)
    }

    @Test("missing indices and times are counted from the place in the file")
    func optional() throws {
        let read = try events(
            """
            {"process":0,"type":"invoke","f":"read","key":7}

            {"type":"ok","process":0,"f":"read","key":7,"value":1,"unknown":[]}
            """)
        #expect(read.events.map(\.index) == [0, 1])
        #expect(read.events.map(\.time) == [0, 1])
        #expect(read.events.map(\.key) == ["7", "7"])
    }

    static let broken: [(String, HistoryError.Code)] = [
        (#"{"process":0,"type":"in"#, .badSyntax), ("[]", .badField), ("7", .badField),
        (#"{"type":"ok","f":"read","time":1}"#, .missingField),
        (#"{"process":0,"f":"read","time":1}"#, .missingField),
        (#"{"process":0,"type":"ok","time":1}"#, .missingField),
        (#"{"process":0,"type":"ok","f":"read"}"#, .missingField),
        (#"{"process":0,"type":"done","f":"read","time":1}"#, .unknownType),
        (#"{"process":-1,"type":"ok","f":"read","time":1}"#, .badField),
        (#"{"process":1.5,"type":"ok","f":"read","time":1}"#, .badField),
        (#"{"process":0,"type":"ok","f":1,"time":1}"#, .badField),
        (#"{"process":0,"type":"ok","f":"read","key":[],"time":1}"#, .badField),
        (#"{"index":-1,"process":0,"type":"ok","f":"read","time":1}"#, .badField),
        (#"{"process":0,"type":"ok","f":"read","time":"1"}"#, .badField),
    ]

    @Test("a broken line in the middle is refused with its number", arguments: broken)
    func brokenLine(line: String, code: HistoryError.Code) {
        let good = #"{"process":0,"type":"invoke","f":"read","key":"x","time":0}"#
        #expect { try events("\(good)\n\(line)\n\(good)\n") } throws: {
            let error = $0 as? HistoryError
            return error?.code == code && error?.line == 2
        }
    }
}
