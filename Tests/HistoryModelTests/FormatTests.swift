import HistoryModel
import Testing

@Suite("Formats")
struct FormatTests {
    @Test(
        "the format is told by what the file begins with",
        arguments: [
            ("", .jsonl), (" \n", .jsonl), ("{", .jsonl), (#"{"proc"#, .jsonl), (#"{"process":0}"#, .jsonl),
            ("{}", .jsonl),
            (#"[{"process":0}]"#, .jsonl), ("{:process 0}", .edn), ("[{:process 0}]", .edn),
            (#"{"process" 0}"#, .edn),
            ("; words\n\n({:process 0})", .edn), ("#jepsen.history.Op{:process 0}", .edn), ("[]", .edn),
            ("[", .edn),
            ("#_ 1 {:process 0}", .edn), ("; nothing", .edn), ("# queue\nenq 1 0 1", .objectLog),
            ("#stack", .objectLog),
            ("r 1 0\n", .transactions), ("\n-----\nw 1 1", .transactions), ("=====", .transactions),
            ("INFO  jepsen.util - 0\t:invoke\t:read\tnil", .jepsenLog), ("0\t:invoke\t:read\tnil", .jepsenLog),
            ("[x] INFO\n\n2020 INFO [jepsen worker 1] jepsen.util: 1 :ok :read nil", .jepsenLog),
            ("\u{FEFF}{:process 0}", .edn),
        ] as [(String, HistoryFormat)])
    func detection(_ text: String, _ format: HistoryFormat) throws {
        let found = unsafe try Array(text.utf8).withUnsafeBytes { unsafe try HistoryFormat.detect($0) }
        #expect(found == format)
    }

    @Test(
        "what has none of the formats is said",
        arguments: ["hello", "r 1", "rr 1 2", "0 1 2", "jepsen.util", "<xml>", "# Title"])
    func unknown(_ text: String) {
        let error = #expect(throws: HistoryError.self) { try HistoryFormat.read(Array(text.utf8)) }
        #expect(error?.code == .unknownFormat && error?.line == 1)
    }

    @Test("a log of Jepsen's is read whatever stands before the operation")
    func log() throws {
        let text = """
            INFO  jepsen.core - Running test
            INFO  jepsen.util - 0\t:invoke\t:read\tnil
            2017-08-25 22:33:44,123{GMT}\tINFO\t[jepsen worker 1] jepsen.util: 1\t:invoke\t:cas\t[1 2]
            WARN  jepsen.util - Waiting for x
            INFO [2016-01-01] jepsen nemesis - jepsen.util :nemesis\t:info\t:start\t"Cut off {:n1 #{:n2}}"
            :nemesis\t:info\t:stop\t#<Thing x>
            0\t:ok\t:read\t2
            INFO  jepsen.util - 1  :info :cas :timed-out\r
            INFO  jepsen.util - 2\t:invoke\t:write\t7
            INFO  jepsen.util - 2\t:fail\t:write\t7\t:no leader

            """
        let loaded = try HistoryFormat.read(Array(text.utf8))
        let expected = [
            Event(index: 0, time: 0, process: .client(0), type: .invoke, f: "read"),
            Event(index: 1, time: 1, process: .client(1), type: .invoke, f: "cas", value: [1, 2]),
            Event(index: 2, time: 2, process: .nemesis, type: .info, f: "start", value: "Cut off {:n1 #{:n2}}"),
            Event(index: 3, time: 3, process: .nemesis, type: .info, f: "stop", value: "#<Thing x>"),
            Event(index: 4, time: 4, process: .client(0), type: .ok, f: "read", value: 2),
            Event(index: 5, time: 5, process: .client(1), type: .info, f: "cas", error: "timed-out"),
            Event(index: 6, time: 6, process: .client(2), type: .invoke, f: "write", value: 7),
            Event(index: 7, time: 7, process: .client(2), type: .fail, f: "write", value: 7, error: ":no leader"),
        ]
        #expect(Array(loaded.history.events) == expected)
        #expect(!loaded.history.hasTimes && loaded.notes == ["2 lines that are no operations were passed over"])
    }

    @Test(
        "a line of a log with an operation's fields that is none is refused",
        arguments: [
            ("INFO  jepsen.util - 0\t:done\t:read\tnil", .unknownType),
            ("INFO  jepsen.util - x\t:ok\t:read\tnil", .badSyntax),
            ("INFO  jepsen.util - 0\t:ok\t:read\t]", .badSyntax), ("INFO  jepsen.util - 0\t:ok\t\t", .badSyntax),
            ("INFO  jepsen.util - 4\t:ok\t:read\tnil", .completionWithoutInvocation),
            ("INFO  jepsen.util - 0\t:ok\tnil\tnil", .missingField),
        ] as [(String, HistoryError.Code)])
    func noOperation(_ line: String, _ code: HistoryError.Code) {
        let text = "INFO  jepsen.util - 0\t:invoke\t:read\tnil\n\(line)\n"
        let error = #expect(throws: HistoryError.self) { try HistoryFormat.read(Array(text.utf8)) }
        #expect(error?.code == code && error?.line == 2)
    }

    @Test("the last line of a log may be cut off")
    func tornLog() throws {
        let first = "INFO  jepsen.util - 0\t:invoke\t:cas\t[1 2]\n"
        let last = "INFO  jepsen.util - 0\t:ok\t:cas\t[1 2]"
        for length in 1..<last.utf8.count {
            let loaded = try HistoryFormat.read(Array((first + last.dropLast(length)).utf8))
            #expect(loaded.history.events.count == 1)
            #expect(loaded.isTorn || !loaded.notes.isEmpty || last.utf8.count - length == 0, "\(length)")
        }
        #expect(try HistoryFormat.read(Array((first + last).utf8)).notes.isEmpty)
        let doubtful = try HistoryFormat.read(Array((first + "INFO  jepsen.util - 1\t:invoke\t:write\t1").utf8))
        #expect(doubtful.history.events.count == 2 && doubtful.notes.count == 1)
    }

    @Test("transactions of different sessions are concurrent, and a 0 that nobody wrote is null")
    func transactions() throws {
        let loaded = try HistoryFormat.read(
            Array("r 1 0\nw 1 5\n---\n---\nw 2 0\n=====\n=====\nr 1 5\nr 2 0\nr 3 0".utf8))
        let operations = Array(loaded.history.operations)
        #expect(operations.map(\.process) == [.client(0), .client(0), .client(1)])
        #expect(
            operations.map(\.argument) == [
                [["r", 1, nil], ["w", 1, 5]], [["w", 2, 0]], [["r", 1, nil], ["r", 2, nil], ["r", 3, nil]],
            ])
        #expect(
            operations.map(\.result) == [
                [["r", 1, nil], ["w", 1, 5]], [["w", 2, 0]], [["r", 1, 5], ["r", 2, 0], ["r", 3, nil]],
            ])
        let history = loaded.history
        #expect(Set((0..<3).flatMap { [history.call($0), history.ret($0)] }).count == 1)
        #expect(loaded.notes.count == 1)
    }

    @Test("an operation on an object that ends when another starts comes before it")
    func objectLog() throws {
        let text = "# queue\n# a comment\ndeq -1 2 3\n\nenq 1 3 5\npeek 1 4 9\nenq 2 7 7\ndeq 1 5 8\n"
        let history = try HistoryFormat.read(Array(text.utf8)).history
        let operations = Array(history.operations)
        #expect(operations.map(\.f) == ["dequeue", "enqueue", "peek", "dequeue", "enqueue"])
        #expect(operations.map(\.argument) == [nil, 1, nil, nil, 2])
        #expect(operations.map(\.result) == [nil, 1, 1, 1, 2])
        #expect(Set(operations.map(\.process)).count == 3)
        #expect(history.ret(0) < history.call(1) && history.ret(1) < history.call(3))
        #expect(history.call(3) < history.ret(4) && history.call(4) < history.ret(3))
        let set = try HistoryFormat.read(
            Array("# set\ninsert 1 0 1\ncontains_true 1 2 3\ncontains_false 2 2 3".utf8))
        #expect(set.history.operations.map(\.result) == [1, true, false])
        #expect(set.history.operations.map(\.argument) == [1, 1, 2])
    }

    @Test(
        "what does not belong into these texts is refused with its line",
        arguments: [
            ("r 1 0\nx 1 2", .badSyntax), ("r 1 0\nr 1", .badSyntax), ("r 1 0\nr 1 2 3", .badSyntax),
            ("r 1 0\nr a 2", .badSyntax), ("r 1 0\n--=--", .badSyntax), ("# queue\nenq 1 2", .badSyntax),
            ("# queue\nenq 1 2 1", .timeRunsBackwards), ("# queue\nleap 1 2 3", .badField),
            ("# queue\nenq 1 2 99999999999999999999", .badSyntax), ("# queue\nenq 1 2 3 4", .badSyntax),
        ] as [(String, HistoryError.Code)])
    func refused(_ text: String, _ code: HistoryError.Code) {
        let error = #expect(throws: HistoryError.self) { try HistoryFormat.read(Array(text.utf8)) }
        #expect(error?.code == code && error?.line == 2)
    }
}
