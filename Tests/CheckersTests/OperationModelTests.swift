import Checkers
import HistoryModel
import Testing

@Suite("What operations mean")
struct OperationModelTests {
    private static func judgement(
        _ line: String, _ model: OperationModel, _ guarantee: Guarantee = .linearizable
    ) throws -> Judgement {
        check(try History(notation: line), CheckOptions(guarantees: [guarantee], model: model))[0].judgement
    }

    @Test("a list is a value of a register and the elements of a set: auto takes the key for a set")
    func lists() throws {
        let line = "p0 w x [1] ok | p0 w x [1,2] ok | p1 r x [1,2] ok"
        #expect(try Self.judgement(line, .register) == .valid)
        #expect(try Self.judgement(line, .auto) == .unknown)
        #expect(try Self.judgement("\(line) | p1 r x [1] ok", .register) == .invalid)
    }

    @Test("a key that is only ever read as absent after an add is a set that lost it")
    func sets() throws {
        #expect(try Self.judgement("p0 a x 1 ok | p1 r x null ok", .set) == .invalid)
        #expect(try Self.judgement("p0 a x 1 ok | p1 r x [1] ok", .set) == .valid)
        #expect(try Self.judgement("p0 r y null ok | p0 a x 1 ok | p1 t x=[1],y=null ok", .set) == .valid)
    }

    @Test(
        "a history that is of one object fits its model and no smaller one",
        arguments: [
            (
                "p0 w x 1 ok | p1 r x 1 ok | p2 t x=1,y=null ok | p3 d x=1 ok @n1",
                ["auto", "register", "cas-register"]
            ),
            ("p0 w x 1 ok | p1 c x 1>2 fail:cas-failed", ["auto", "cas-register"]),
            ("p0 a x 1 ok | p1 r x [1] ok | p2 r y null ok", ["auto", "set"]),
            ("p0 r x null ok | p1 r x fail", ["auto", "register", "cas-register", "set"]),
            ("p0 w x 1 ok | p1 a y 1 ok", ["auto"]),
        ])
    func fitting(_ line: String, _ models: [String]) throws {
        let history = try History(notation: line)
        #expect(OperationModel.allCases.filter { $0.misfit(history) == nil }.map(\.rawValue) == models)
    }

    @Test(
        "what does not fit is named with its reason and counted, and its key is not judged",
        arguments: [
            (
                OperationModel.register, "p0 w x 1 ok | p1 c x 1>2 ok | p1 c x 2>3 ok", 2,
                "is 'cas', and a register", 2
            ),
            (.casRegister, "p0 w x 1 ok | p0 a x 1 ok", 2, "is 'add', and a cas-register", 1),
            (.set, "p0 w x 1 ok", 0, "is 'write', and a set", 1),
            (.set, "p0 a x 1 ok | p1 r x 1 ok", 2, "returned no list", 1),
            (.set, "p0 a x 1 ok | p1 t x=1 ok", 2, "returned no list", 1),
        ])
    func misfits(
        _ model: OperationModel, _ line: String, _ operation: Int, _ reason: String, _ count: Int
    ) throws {
        let misfit = try #require(model.misfit(try History(notation: line)))
        #expect(misfit.operation == operation)
        #expect(misfit.reason.contains(reason))
        #expect(misfit.count == count)
        #expect(try Self.judgement(line, model) == .unknown)
    }

    @Test("a cas without a pair and a txn that writes fit no model but auto")
    func malformed() throws {
        for (f, value) in [("cas", Value.int(1)), ("txn", [["append", "x", 1]])] as [(String, Value)] {
            let invocation = Event(
                index: 0, time: 0, process: .client(0), type: .invoke, f: f, key: "x", value: value)
            var completion = invocation
            (completion.index, completion.time, completion.type) = (1, 1, .ok)
            let history = try History([invocation, completion])
            #expect(OperationModel.allCases.filter { $0.misfit(history) == nil } == [.auto])
        }
    }
}
