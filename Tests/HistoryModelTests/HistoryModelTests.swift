import HistoryModel
import Testing

@Suite("Pairing of events")
struct PairingTests {
    @Test("an operation that is never completed counts as info")
    func open() throws {
        let history = try History(notation: "p0 w x 1 | p1 r x 1 ok")
        #expect(history.operations.map(\.outcome) == [.info, .ok])
        #expect(history.operations.map(\.result) == [.null, 1])
    }

    @Test(
        "what cannot be a history is refused",
        arguments: [
            ("p0 w x 1 | p0 w x 2 ok", HistoryError.Code.twoOpenInvocations),
            ("p0 w x 1 at=5 | p0 ok at=4", .timeRunsBackwards),
        ])
    func malformed(line: String, code: HistoryError.Code) {
        #expect { try History(notation: line) } throws: { ($0 as? HistoryError)?.code == code }
    }

    @Test("a completion without invocation, or of another function, is refused")
    func strayCompletion() {
        let ok = Event(index: 0, time: 0, process: .client(0), type: .ok, f: "read", key: "x")
        #expect { try History([ok]) } throws: {
            ($0 as? HistoryError)?.code == .completionWithoutInvocation
        }
        let invocation = Event(
            index: 0, time: 0, process: .client(0), type: .invoke, f: "write", key: "x", value: 1)
        let other = Event(index: 1, time: 0, process: .client(0), type: .ok, f: "read", key: "x")
        #expect { try History([invocation, other]) } throws: {
            ($0 as? HistoryError)?.code == .completionOfAnother
        }
        #expect { try History([invocation, invocation]) } throws: {
            ($0 as? HistoryError)?.code == .duplicateIndex
        }
    }

    @Test("a fault's window lasts from its start to its end, or to no end")
    func windows() throws {
        let history = try History(
            notation: "n fault-start a kill at=3 | n fault-start b partition at=4 | n fault-end a at=9")
        #expect(
            history.faultWindows == [
                FaultWindow(fault: "a", kind: "kill", startIndex: 0, start: 3, end: 9),
                FaultWindow(fault: "b", kind: "partition", startIndex: 1, start: 4, end: nil),
            ])
    }
}

@Suite("The one-line notation")
struct NotationTests {
    @Test(
        "a history read from the notation is written the same way",
        arguments: [
            "p0 w x 1 ok | p1 r x 1 ok",
            "p0 w x 1 | p1 r x null ok | p0 ok 1",
            "p0 c x 1>2 fail:cas-failed | p0 c x null>2 ok",
            "p0 a s 1 info | p3 r s [1,2] ok final @n2",
            "p0 t x=1,y=null ok @n1 tli=2 | p1 d x=1,y=[1,2] ok @n1 | p1 d - ok",
            "p0 t x=[1,2],x+3,x=null,y:=4 ok | p1 t y=null info",
            "p0 append x 1 ok | p1 contains s 1 | p1 ok true | p2 pop q 3 ok | p0 acquire l ok | p0 release l ok",
            "n fault-start f1 partition | p0 w x word | n fault-end f1 | n heal",
            "p0 r x info | p0 w x 1 fail:timeout",
        ])
    func roundTrip(line: String) throws {
        #expect(HistoryNotation.text(try History(notation: line)) == line)
    }

    @Test("steps become events with times one apart, or as told")
    func events() throws {
        let events = try HistoryNotation.events("p0 w x 1 | p1 r x at=7 | p1 ok 1 @n1 tli=3")
        #expect(events.map(\.time) == [1, 7, 8])
        #expect(events.map(\.type) == [.invoke, .invoke, .ok])
        #expect(
            events[2]
                == Event(
                    index: 2, time: 8, process: .client(1), type: .ok, f: "read", key: "x", value: 1, node: "n1",
                    meta: ["tli": 3]))
    }

    @Test("a txn and a dump carry their keys", arguments: ["x=1,y=[1,2]"])
    func pairs(text: String) throws {
        let events = try HistoryNotation.events("p0 t \(text) ok | p0 d \(text) ok")
        #expect(events[0].value == [["r", "x", nil], ["r", "y", nil]])
        #expect(events[1].value == [["r", "x", 1], ["r", "y", [1, 2]]])
        #expect(events[2].value == nil)
        #expect(events[3].value == [["x", 1], ["y", [1, 2]]])
    }

    @Test(
        "what the notation does not know is refused with the step",
        arguments: [" ", "p0 ok", "q0 w x 1 ok", "p0 z x 1 ok", "p0 c x 1 ok", "p0 w", "p0 w x 1 2 ok", "n"])
    func refused(step: String) {
        #expect { try HistoryNotation.events("p9 w x 1 ok | \(step) |") } throws: {
            ($0 as? HistoryError)?.code == .badSyntax
        }
    }
}
