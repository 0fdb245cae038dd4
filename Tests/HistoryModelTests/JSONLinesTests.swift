import HistoryModel
import Testing

@Suite("JSON Lines")
struct JSONLinesTests {
    private func read(_ text: String) throws -> LoadedHistory { try JSONLines.read(Array(text.utf8)) }

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
        for seed in 0..<UInt64(inputCount(300)) {
            let all = RandomEvents(seed: seed).events
            let read = try JSONLines.read(all.flatMap { JSONLines.line($0) })
            #expect(Array(read.history.events) == all, "seed \(seed)")
            #expect(try read.history == History(all), "seed \(seed)")
            #expect(!read.isTorn)
        }
    }

    @Test("a last line that was cut off anywhere is dropped and said; a whole one without line break counts")
    func torn() throws {
        let first = JSONLines.line(Self.invocation)
        let second = JSONLines.line(Self.completion)
        for length in 1..<second.count - 1 {
            let read = try JSONLines.read(first + second.prefix(length))
            #expect(Array(read.history.events) == [Self.invocation] && read.isTorn)
        }
        let whole = try JSONLines.read(first + second.dropLast())
        #expect(whole.history.events.count == 2 && !whole.isTorn)
    }

    @Test("missing indices and times are counted from the place in the file")
    func optional() throws {
        let events = try read(
            """
            {"process":0,"type":"invoke","f":"read","key":7}

             { "type" : "ok" , "proc\\u0065ss":0,"f":"re\\u0061d","key":"7","value":1} \r
            {"process":1,"type":"invoke","f":"read","key":-7,"node":null,"error":null,"time":null,"meta":null}
            """
        ).history.events
        #expect(events.map(\.index) == [0, 1, 2])
        #expect(events.map(\.time) == [0, 1, 2])
        #expect(events.map(\.key) == ["7", "7", "-7"])
        #expect(events[1].value == 1 && events[1].type == .ok)
    }

    @Test("keys that are not known are kept as metadata, and stay so")
    func unknownKeys() throws {
        let lines = [
            #"{"process":0,"type":"invoke","f":"read","lsn":7,"mono":[1,{"a":2}]}"#,
            #"{"process":0,"type":"ok","f":"read","lsn":8,"meta":{"tli":1,"lsn":9}}"#,
            #"{"process":0,"type":"invoke","f":"read","lsn":7,"meta":"word"}"#,
        ]
        let history = try read(lines.joined(separator: "\n")).history
        let metas = history.events.map(\.meta)
        #expect(
            metas == [
                ["lsn": 7, "mono": [1, ["a": 2]]], ["tli": 1, "lsn": 9, "lsn": 8], ["meta": "word", "lsn": 7],
            ])
        #expect(history.operations[0].meta["lsn"] == 9)
        #expect(try JSONLines.read(history.events.flatMap(JSONLines.line)).history == history)
    }

    @Test("structured errors are kept as JSON text")
    func structuredError() throws {
        let line = #"{"process":0,"type":"invoke","f":"read","error":["timeout",{"after":5}]}"#
        #expect(try read(line).history.events[0].error == #"["timeout",{"after":5}]"#)
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
        (#"{"process":0,"type":"ok","f":"read","f":"read","time":1}"#, .badField),
        (#"{"process":0,"type":"ok","f":"read","time":1}}"#, .badSyntax),
        (#"{"process":0,"type":"ok","f":"read","time":1} {}"#, .badSyntax),
        (#"{"process":0,"type":"ok","f":"read","time":01}"#, .badSyntax),
        ("{\"process\":0,\"type\":\"ok\",\"f\":\"re\tad\",\"time\":1}", .badSyntax),
        ("nul", .badSyntax),
        (
            #"{"process":0,"type":"ok","f":"read","time":1,"value":"# + String(repeating: "[", count: 5000),
            .badSyntax
        ),
        (#"{"process":0,"type":"ok","f":"read","time":1,"value":"\"# + "\n}", .badSyntax),
    ]

    @Test("a broken line in the middle is refused with its number", arguments: broken)
    func brokenLine(line: String, code: HistoryError.Code) {
        let good = #"{"process":9,"type":"invoke","f":"read","key":"x","time":0}"#
        #expect { try read("\(good)\n\(line)\n\(good)\n") } throws: {
            let error = $0 as? HistoryError
            return error?.code == code && error?.line == 2
        }
    }

    @Test(
        "a string that is not UTF-8 is refused wherever it stands",
        arguments: ["f", "key", "node", "value", "error", "x"])
    func notUTF8(field: String) {
        var line = Array(#"{"process":0,"type":"invoke","f":"read","F":"?"}"#.replacing("F", with: field).utf8)
        if field == "f" { line = Array(#"{"process":0,"type":"invoke","f":"?"}"#.utf8) }
        let damaged = line.map { $0 == UInt8(ascii: "?") ? 0xFF : $0 }
        #expect { try JSONLines.read(damaged + [0x0A]) } throws: {
            ($0 as? HistoryError) == HistoryError(.badSyntax, line: 1, ($0 as? HistoryError)?.message ?? "")
        }
        #expect(throws: Never.self) { try JSONLines.read(line + [0x0A]) }
    }

    /// Fields of lines after `"type":`, and the line and code of what is wrong.
    static let malformed: [([String], Int, HistoryError.Code)] = [
        ([#""invoke","process":0"#, #""invoke","process":0"#], 2, .twoOpenInvocations),
        ([#""invoke","process":0"#, "", #""ok","process":1"#], 3, .completionWithoutInvocation),
        (
            [#""invoke","process":0"#, #""info","process":0"#, #""ok","process":0"#], 3,
            .completionWithoutInvocation
        ),
        ([#""invoke","process":0,"key":"x""#, #""ok","process":0,"key":"y""#], 2, .completionOfAnother),
        ([#""invoke","process":0"#, #""ok","process":0,"key":"y""#], 2, .completionOfAnother),
        ([#""invoke","process":0,"time":5"#, #""ok","process":0,"time":4"#], 2, .timeRunsBackwards),
        ([#""invoke","process":0,"time":5"#, #""ok","process":0"#], 2, .missingField),
        ([#""invoke","process":0"#, #""ok","process":0,"time":5"#], 2, .missingField),
        ([#""invoke","process":0,"index":5"#, #""ok","process":0,"index":5"#], 2, .duplicateIndex),
        ([#""invoke","process":0,"index":5"#, #""ok","process":0,"index":4"#], 2, .indexRunsBackwards),
        ([#""invoke","process":0,"index":9223372036854775807"#, #""ok","process":0"#], 2, .badField),
        ([#""invoke","process":0"#, #""done","process":0"#], 2, .unknownType),
        ([#""invoke","process":0"#, #""ok","process":0,"value":[1,"#], 2, .badSyntax),
    ]

    @Test("what cannot be a history is refused with its line", arguments: malformed)
    func malformedHistory(fields: [String], line: Int, code: HistoryError.Code) {
        let text = fields.map { $0.isEmpty ? "\n" : "{\"f\":\"read\",\"type\":\($0)}\n" }.joined()
        #expect { try read(text) } throws: {
            let error = $0 as? HistoryError
            return error?.code == code && error?.line == line
        }
    }

    @Test("whole numbers of any size are kept through every format, as values, as keys and within transactions")
    func wideNumbers() throws {
        let numbers = ["18446744073709551615", "-9223372036854775809", "340282366920938463463374607431768211455"]
        let lines = numbers.flatMap { number in
            [
                #"{"process":0,"type":"invoke","f":"write","key":\#(number),"value":\#(number)}"#,
                #"{"process":0,"type":"ok","f":"write","value":\#(number)}"#,
                #"{"process":0,"type":"invoke","f":"txn","value":[["r",\#(number),null]]}"#,
                #"{"process":0,"type":"ok","f":"txn","value":[["r",\#(number),\#(number)]]}"#,
            ]
        }
        let history = try read(lines.joined(separator: "\n") + "\n").history
        #expect(history.keys.map(\.self) == numbers)
        #expect(history.operations.map(\.argument)[0] == .digits(numbers[0]))
        for format in WrittenFormat.allCases {
            let again = try HistoryFormat.read(format.text(of: history)).history
            #expect(again == history, "\(format)")
        }
        let edn = String(decoding: WrittenFormat.edn.text(of: history), as: UTF8.self)
        #expect(edn.contains(":value \(numbers[1])N"))
    }

    @Test("a time from which no other can be told apart by a difference is refused")
    func farTime() {
        let line = #"{"process":0,"type":"invoke","f":"read","time":-9223372036854775807}"#
        #expect { try read(line + "\n") } throws: { ($0 as? HistoryError)?.code == .badField }
    }

    @Test("transactions are read as they stand in files of list-append")
    func transactions() throws {
        let history = try read(
            #"{"process":4,"type":"invoke","f":"txn","key":"0","value":[["r",6,null],["append",8,1]],"time":8903}"#
        ).history
        #expect(history.operations[0].argument == [["r", 6, nil], ["append", 8, 1]])
        #expect(history.operations[0].invocation.time == 8903)
    }
}
