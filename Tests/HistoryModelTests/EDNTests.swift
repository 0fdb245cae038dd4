import HistoryModel
import Testing

@Suite("EDN")
struct EDNTests {
    private func read(_ text: String) throws(HistoryError) -> LoadedHistory {
        try HistoryFormat.read(Array(text.utf8), as: .edn)
    }

    /// The value that a form stands for.
    private func value(_ form: String) throws(HistoryError) -> Value? {
        try read("{:process 0, :type :invoke, :f :read, :value \(form)}").history.events.first?.value
    }

    static let forms: [(String, Value)] = [
        ("nil", .null), ("true", true), ("false", false), ("-", "-"), ("a/b", "a/b"), (":a/b", "a/b"),
        ("::a", ":a"),
        ("0", 0), ("-7", -7), ("+7", 7), ("12N", 12), ("9223372036854775807", .int(.max)),
        ("-9223372036854775808", .int(.min)), ("9223372036854775808", .digits("9223372036854775808")),
        ("+18446744073709551615N", .digits("18446744073709551615")),
        ("-9223372036854775809", .digits("-9223372036854775809")), ("9007199254740993M", 9_007_199_254_740_993),
        ("18446744073709551615M", .digits("18446744073709551615")), ("1e19", .double(1e19)),
        ("1.5", .double(1.5)), ("1.5M", .double(1.5)), ("2M", .double(2)), ("-1e-3", .double(-0.001)),
        ("1/4", .double(0.25)), ("0x1F", 31), ("-0x10", -16), ("##Inf", "Inf"), ("##-Inf", "-Inf"),
        ("##NaN", "NaN"),
        (#""a\n\"\\\tü\u00e9\uD83D\uDE00\101""#, "a\n\"\\\tüé😀A"),
        ("\"two\nlines; #_ no comment\"", "two\nlines; #_ no comment"),
        (#"\a"#, "a"), (#"\newline"#, "\n"), (#"\u0041"#, "A"), (#"[\( \) \"]"#, ["(", ")", "\""]),
        ("[1 [2,3] ()]", [1, [2, 3], []]), ("(1 \"x\")", [1, "x"]), ("#{3 1 :b}", [3, 1, "b"]),
        ("{:a 1, \"b\" {2 3} [4 5] nil}", ["a": 1, "b": ["2": 3], "[4 5]": nil]),
        ("#inst \"2020\"", "2020"), ("#java.util.ArrayList [1 2]", [1, 2]), ("#:ns{:a 1}", ["a": 1]),
        ("#object[Thread 0x1a \"x\"]", ["Thread", 26, "x"]),
        ("[1 #_2 #_ #_ [3] {4 5} 6 #_7]", [1, 6]), ("[1 ; [2\n 3]", [1, 3]),
        ("[[:append 11 1] [:r 9 nil]]", [["append", 11, 1], ["r", 9, nil]]),
        (#"[1"a":b[2]{:c 3}"d"]"#, [1, "a", "b", [2], ["c": 3], "d"]),
    ]

    @Test("forms are read as the values that JSON has for them", arguments: forms)
    func form(_ form: String, _ expected: Value) throws {
        #expect(try value(form) == expected)
    }

    @Test(
        "what is no EDN is refused with its line",
        arguments: [
            "", "]", "1x", "01", "1.2.3", "1/0", "0x", "0x1p3", "#", "#_", "#<x>", "#'a", "# a", ":", "{:a}", "[1",
            "(1]",
            "\"\\q\"", "\"\\ud800x\"", "\"\\u12\"", "\"open", "\\", "\\ab", "##x", "@a\u{0}", "[\u{0}]", "1e999",
            String(repeating: "[", count: 100_000), String(repeating: "#_", count: 100_000),
            String(repeating: "#a ", count: 100_000),
            String(repeating: "{1 ", count: 100_000), String(repeating: "#{", count: 100_000),
        ])
    func noForm(_ form: String) {
        let error = #expect(throws: HistoryError.self) {
            try self.read("\n{:process 0, :type :invoke, :f :read, :value \(form)}\n;\n")
        }
        #expect(error?.code == .badSyntax)
        // A string without end ends where the file does.
        #expect(error?.line == 2 || error?.line == 3 || error?.line == 4)
    }

    static let lines = [
        "{:process 1, :type :invoke, :f :write, :value 1, :index 10, :time 5}",
        "{:process :nemesis, :type :info, :f :start, :value :majority, :index 20, :time 5}",
        "{:process 1, :type :info, :f :write, :value :timed-out, :index 30, :time 5}",
        "{:process 1, :type :invoke, :f :cas, :value [1 2], :index 31, :time 9, :node \"n1\", :lsn 7, :tags #{:a}}",
        "{:process 1, :type :fail, :f :cas, :value [1 2], :index 32, :time 9, :error [:cas {:is 3}], :meta {:tli 1}}",
    ]

    static let expected = [
        Event(index: 10, time: 5, process: .client(1), type: .invoke, f: "write", value: 1),
        Event(index: 20, time: 5, process: .nemesis, type: .info, f: "start", value: "majority"),
        Event(index: 30, time: 5, process: .client(1), type: .info, f: "write", error: "timed-out"),
        Event(
            index: 31, time: 9, process: .client(1), type: .invoke, f: "cas", value: [1, 2], node: "n1",
            meta: ["lsn": 7, "tags": ["a"]]),
        Event(
            index: 32, time: 9, process: .client(1), type: .fail, f: "cas", value: [1, 2],
            error: #"["cas",{"is":3}]"#, meta: ["tli": 1]),
    ]

    @Test("maps one a line, in a vector, in a list, with tags and comments are one history")
    func wrappings() throws {
        let texts = [
            Self.lines.joined(separator: "\n"), "[" + Self.lines.joined(separator: " ") + "]",
            "; c\n(" + Self.lines.joined(separator: "\n; between\n") + "\n)\n;end",
            Self.lines.map { "#jepsen.history.Op" + $0 }.joined(separator: "\n\n"),
            Self.lines.map { "#_{:process 0} " + $0.replacing(", ", with: "\n") }.joined(separator: " #_ #_ 1 2\n"),
        ]
        for text in texts {
            let loaded = try HistoryFormat.read(Array(text.utf8))
            #expect(Array(loaded.history.events) == Self.expected)
            #expect(!loaded.isTorn && loaded.notes.isEmpty)
        }
    }

    @Test("reads and writes of micro-operations are transactions where all are")
    func longForks() throws {
        let write =
            "{:process 0, :type :invoke, :f :write, :value [[:w 1 1]]}\n"
            + "{:process 0, :type :ok, :f :write, :value [[:w 1 1]]}\n"
        let question = "{:process 1, :type :invoke, :f :read, :value [[:r 1 nil] [:r 2 nil]]}\n"
        let loaded = try read(write + question + "{:process 1, :type :ok, :f :read, :value [[:r 1 1] [:r 2 nil]]}")
        #expect(loaded.history.operations.map(\.f) == ["txn", "txn"] && loaded.notes.count == 1)
        #expect(loaded.history.operations[1].result == [["r", 1, 1], ["r", 2, nil]])
        #expect(loaded.history.events.map(\.f) == ["txn", "txn", "txn", "txn"])
        #expect(try read(write + question).history.operations[0].f == "txn")
        // No read, a read of one object, an answer of other keys, and a list that was written.
        let others = [
            write, write + "{:process 1, :type :invoke, :f :read, :value nil}",
            write + question + "{:process 1, :type :ok, :f :read, :value [[:r 1 1] [:r 3 nil]]}",
            write + question + "{:process 2, :type :invoke, :f :write, :value [1 2]}",
        ]
        for text in others {
            #expect(try read(text).history.operations[0].f == "write" && read(text).notes.isEmpty)
        }
    }

    @Test("keys come from :key, from tagged tuples, and from pairs where all values are pairs")
    func keys() throws {
        let tagged = "#jepsen.independent/tuple"
        let cases = [
            "{:process 0, :type :invoke, :f :get, :key 7}\n{:process 0, :type :ok, :f :get, :key \"7\", :value 1}",
            "{:process 0, :type :invoke, :f :get, :value \(tagged) [7 nil]}\n"
                + "{:process 0, :type :ok, :f :get, :value \(tagged)[7 1]}",
            "{:process 0, :type :invoke, :f :read, :value [7 nil]}\n{:process 0, :type :ok, :f :read, :value [7 1]}",
        ]
        for text in cases {
            let operation = try #require(try read(text).history.operations.first)
            #expect(operation.key == "7" && operation.argument == .null && operation.result == 1)
        }
        #expect(try read(cases[2]).notes.count == 1)
        // A cas by itself is no pair, nor is a value whose first element another answer has not.
        for other in [
            "{:process 1, :type :invoke, :f :read, :value nil}", "{:process 1, :type :invoke, :f :cas, :value 3}",
            "{:process 1, :type :invoke, :f :read, :value [7 1]}",
            "{:process 1, :type :invoke, :f :write, :value [7 1]}\n{:process 1, :type :ok, :f :write, :value [8 1]}",
            "{:process 1, :type :invoke, :f :write, :value [7 1]}\n{:process 1, :type :ok, :f :write}",
        ] {
            let history = try read(cases[2] + "\n" + other).history
            #expect(history.operations.first?.key == nil && history.operations.first?.argument == [7, nil])
        }
        let only =
            "{:process 0, :type :invoke, :f :cas, :value [7 1]}\n{:process 0, :type :ok, :f :cas, :value [7 1]}"
        #expect(try read(only).history.operations.first?.key == nil)
    }

    @Test("a last line that was cut off anywhere is left out and said; a whole one counts")
    func torn() throws {
        let whole = Self.lines.joined(separator: "\n")
        let last = try #require(Self.lines.last).utf8.count
        for length in 1..<last {
            let loaded = try read(String(decoding: whole.utf8.dropLast(length), as: UTF8.self))
            #expect(Array(loaded.history.events) == Array(Self.expected.dropLast()) && loaded.isTorn, "\(length)")
        }
        let vector = try read("[" + whole + "\n")
        #expect(vector.history.events.count == 5 && !vector.isTorn && vector.notes.count == 1)
        #expect(throws: HistoryError.self) { try read(String(whole.dropLast(3)) + "\n") }
    }

    @Test("what is no UTF-8 is refused with its line, also in what is discarded")
    func noUTF8() {
        for text in ["{:process 0, :type :invoke, :f \"", "#_\""] {
            let error = #expect(throws: HistoryError.self) {
                try HistoryFormat.read(Array("\n\(text)".utf8) + [0xFF, 0x22, 0x7D], as: .edn)
            }
            #expect(error?.code == .badSyntax && error?.line == 2)
        }
    }

    @Test("times that run backwards, as Jepsen's do, follow the order of the lines")
    func lateTimes() throws {
        let times = [100, 50, 60, 101, 300]
        let loaded = try read(
            times.map { "{:process \($0), :type :invoke, :f :x, :time \($0)}" }.joined(separator: "\n"))
        #expect(loaded.history.events.map(\.time) == [100, 101, 102, 103, 300])
        #expect(loaded.notes.count == 1)
        #expect((0..<4).allSatisfy { loaded.history.call($0) < loaded.history.call($0 + 1) })
    }

    @Test(
        "what is no event is refused with its line",
        arguments: [
            ("{:process 1, :type :invoke}", .missingField), ("{:process 1, :f :read}", .missingField),
            ("{:type :ok, :f :read}", .missingField), ("{:process :other, :type :ok, :f :read}", .badField),
            ("{:process 1, :type :done, :f :read}", .unknownType), ("{:process 1, :type :ok, :f 3}", .badField),
            ("{:process 9, :type :ok, :f :read, :time 9}", .completionWithoutInvocation), ("[1 2]", .badField),
            ("7", .badField),
            ("{:process 1, :type :ok, :f :read, :process 1}", .badField), ("{1 2}", .badField),
            ("{:process 1, :type :invoke, :f :x, :index 5}", .indexRunsBackwards), ("]", .badSyntax),
            ("{:process -1, :type :invoke, :f :x, :index 50, :time 50}", .badField),
            ("{:process 1, :type :invoke, :f :x, :index 50}", .missingField),
        ] as [(String, HistoryError.Code)])
    func noEvent(_ line: String, _ code: HistoryError.Code) {
        let error = #expect(throws: HistoryError.self) {
            try self.read(Self.lines.joined(separator: "\n") + "\n\n\(line)")
        }
        #expect(error?.code == code && error?.line == 7)
    }
}
