import HistoryModel
import Testing

@testable import Checkers

@Suite("The table of transactions")
struct TransactionTableTests {
    private func table(_ line: String) throws -> TransactionTable {
        TransactionTable(try History(notation: line))
    }

    @Test("micro-operations stand in program order, with one number for each pair of key and value")
    func micros() throws {
        let table = try table("p0 t x+1,x=[1],y:=1 ok | p1 t y=1,y=null,x=[1,2] ok")
        #expect(table.first == [0, 3, 6])
        #expect(table.kind == [.append, .read, .write, .read, .read, .read])
        #expect(table.keyNames == ["x", "y"])
        #expect(table.isList == [true, false])
        #expect(table.key == [0, 0, 1, 1, 1, 0])
        #expect(table.value == [0, -1, 1, 1, -1, -1])
        #expect(table.isKnown == [false, true, false, true, true, true])
        #expect(table.list(1).map { table.elements[$0] } == [0])
        #expect(table.list(5).map { table.elements[$0] } == [0, 2])
        #expect(table.writeOf == [0, 2, -1])
        #expect(table.owner == [0, 0, 0, 1, 1, 1])
        #expect(table.writer(1) == 0)
        #expect(table.writer(2) == -1)
    }

    @Test("single operations are transactions of one micro-operation, a cas of two; dumps are none")
    func single() throws {
        let table = try table("p0 w x 1 ok | p1 d x=1 ok | p1 c x 1>2 info | p2 r x 2 ok | p3 c x 2>3 fail")
        #expect(table.operation == [0, 2, 3, 4])
        #expect(table.kind == [.write, .read, .write, .read, .read, .write])
        #expect(table.value == [0, 0, 1, 1, -1, 2])
        // What an info cas saw is known, provided that it happened.
        #expect(table.isKnown == [false, true, false, true, false, false])
        #expect(table.status == [.ok, .info, .ok, .fail])
    }

    @Test("instants are ranks of times, and info does not end")
    func instants() throws {
        let table = try table("p0 t x+1 at=5 | p1 t x+2 at=5 | p0 ok at=9 | p1 info at=9 | p0 t x=[1] ok at=10")
        #expect(table.call == [0, 0, 2])
        #expect(table.ret == [1, .max, 3])
    }

    @Test("a session is a process up to its first info")
    func sessions() throws {
        let table = try table("p4 t x+1 ok | p2 d - ok | p2 t x+2 info | p4 t x+3 ok | p2 t x+4 ok")
        #expect(table.session == [0, 1, 0, 2])
        #expect(table.sessionCount == 3)
    }

    @Test("reads of transactions that did not end well are unknown")
    func unknown() throws {
        let table = try table("p0 t x=[1],x+1 info | p1 t x=[1],x+2 fail | p2 t x=null ok")
        #expect(table.isKnown == [false, false, false, false, true])
        #expect(table.listCount == [0, 0, 0, 0, 0])
    }

    @Test("the writer is one that may have happened, before one that did not")
    func writers() throws {
        let table = try table("p0 t x+1 fail | p0 t x+1 ok | p1 t x+2 ok | p2 t x+2 info | p3 t x+3 fail")
        #expect(table.writeOf == [1, 2, 4])
        #expect(table.isRepeated == [false, true, false])
    }

    @Test(
        "what cannot be judged is said",
        arguments: [
            ("p0 t x+1,x:=2 ok", "some write to it and some append"),
            ("p0 increment x 1 ok", "'increment' is no read, write or append"),
            ("p0 a x 1 ok | p0 r x 1 ok", "it is added to, and a read of it shows no elements"),
            ("p0 a x 1 ok | p0 w x 2 ok", "some add to it and some write"),
            ("p0 t x:=null ok", "null is written to it, which is also what it holds at first"),
        ])
    func problems(line: String, problem: String) throws {
        #expect(try table(line).keyProblem == [problem])
    }
}

@Suite struct RepeatedVersionTests {
    @Test func `two transactions that write the same value make no level valid, read or not`() throws {
        // The second transaction missed what its own session had written before.
        let missed = "p0 t x:=1 ok | p0 t x=null,x:=1,x=1 ok | p1 t y:=1 ok | p2 t y=1 ok"
        let history = try History(notation: missed)
        for verdict in check(history, CheckOptions(guarantees: [.readAtomic, .serializable, .strictSerializable])) {
            #expect(verdict.judgement == .unknown && verdict.reason?.contains("more than once") == true)
        }
        let told = try History(notation: missed.replacing("x:=1,x=1", with: "x:=5,x=5"))
        #expect(check(told, CheckOptions(guarantees: [.readAtomic]))[0].judgement == .invalid)
    }
}
