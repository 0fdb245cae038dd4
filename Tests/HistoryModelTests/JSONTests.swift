import HistoryModel
import Testing

@Suite("JSON text")
struct JSONTextTests {
    private func text(_ value: Value) -> String { String(decoding: JSONText.bytes(value), as: UTF8.self) }
    private func value(_ text: String) throws -> Value { try JSONText.value(Array(text.utf8)) }

    static let same: [(Value, String)] = [
        (.null, "null"), (true, "true"), (false, "false"), (0, "0"), (-7, "-7"),
        (.int(.max), "9223372036854775807"), (.int(.min), "-9223372036854775808"), (.double(1.5), "1.5"),
        (.digits("9223372036854775808"), "9223372036854775808"),
        (.digits("-9223372036854775809"), "-9223372036854775809"),
        (.digits("340282366920938463463374607431768211455"), "340282366920938463463374607431768211455"),
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
        #expect(try value("9223372036854775808.0") == .double(9_223_372_036_854_775_808))
        #expect(try value("-0") == 0)
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
