import HistoryModel
import SequentialModels
import Testing

@Suite("Sequential models")
struct SequentialModelsTests {
    private func run<Model: SequentialModel>(_ model: Model, _ calls: [Call]) -> Model.State? {
        var state = model.initial
        for call in calls {
            guard let next = model.step(state, call) else { return .none }
            state = next
        }
        return state
    }

    private func read(_ value: Value) -> Call { Call(.read, result: value) }

    @Test("a register answers with what was written last, and null before")
    func register() {
        let model = RegisterModel()
        #expect(run(model, [read(.null), Call(.write, 1), read(1), Call(.write, 2), read(2)]) == .some(2))
        #expect(run(model, [Call(.write, 1), read(.null)]) == .none)
        #expect(run(model, [read(1)]) == .none)
        #expect(run(model, [Call(.write, 1), Call(.read)]) == .some(1))
        #expect(run(model, [Call(.cas, [nil, 1])]) == .none)
        #expect(run(model, [Call(.add, 1)]) == .none)
    }

    @Test("a cas takes effect only on the value it names")
    func casRegister() {
        let model = CASRegisterModel()
        #expect(run(model, [Call(.cas, [nil, 1]), Call(.cas, [1, 2]), read(2)]) == .some(2))
        #expect(run(model, [Call(.write, 1), Call(.cas, [2, 3])]) == .none)
        #expect(run(model, [Call(.cas, 1)]) == .none)
        #expect(model.canStandIn(Call(.write, 2), for: Call(.cas, [1, 2])))
        #expect(!model.canStandIn(Call(.write, 1), for: Call(.cas, [1, 2])))
        #expect(!model.canStandIn(Call(.cas, [1, 2]), for: Call(.write, 2)))
        #expect(run(model, [Call(.write, 1), read(2)]) == .none)
    }

    @Test("a set holds what was added, in no order")
    func set() {
        let model = GrowOnlySetModel()
        #expect(run(model, [read(.null), read([]), Call(.add, 1), Call(.add, 2), read([2, 1])]) == .some([1, 2]))
        #expect(run(model, [Call(.add, 1), Call(.add, 1), read([1])]) == .some([1]))
        #expect(run(model, [Call(.add, 1), read([])]) == .none)
        #expect(run(model, [Call(.add, 1), read([1, 2])]) == .none)
        #expect(run(model, [Call(.add, 1), read([1, 1])]) == .none)
        #expect(run(model, [Call(.add, 1), read(1)]) == .none)
        #expect(run(model, [Call(.write, 1)]) == .none)
    }

    @Test("an operation becomes the call that it was; answers that say nothing are left out")
    func calls() throws {
        let operations = try History(
            notation: "p0 w x 1 ok | p0 r x 1 ok | p0 r x info | p1 c x 1>2 ok | p1 t x=1 ok"
        )
        .operations
        let txn: Value = [["r", "x", nil]]
        #expect(
            operations.map { Call($0) } == [
                Call(.write, 1), Call(.read, result: 1), Call(.read), Call(.cas, [1, 2]),
                Call("txn", txn, result: [["r", "x", 1]]),
            ])
        #expect(operations.map { Call($0) }.map(\.isRead) == [false, true, true, false, false])
    }
}
