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

    @Test("a lock is released by whom it belongs to, as often as it was acquired")
    func mutex() {
        func acquire(_ process: Int) -> Call { Call(.acquire, process: .client(process)) }
        func release(_ process: Int) -> Call { Call(.release, process: .client(process)) }
        #expect(run(MutexModel(), [acquire(1), release(1), acquire(2)]) != nil)
        #expect(run(MutexModel(), [acquire(1), release(2)]) == nil)
        #expect(run(MutexModel(), [acquire(1), acquire(1)]) == nil)
        #expect(run(MutexModel(), [release(1)]) == nil)
        #expect(run(MutexModel(hasOwner: false), [acquire(1), release(2)]) == MutexModel().initial)
        let reentrant = MutexModel(isReentrant: true)
        #expect(run(reentrant, [acquire(1), acquire(1), release(1), release(1), acquire(2)]) != nil)
        #expect(run(reentrant, [acquire(1), acquire(1), release(1), acquire(2)]) == nil)
    }

    @Test("a lease is renewed and released by its token alone, and tokens grow")
    func lease() {
        let model = LeaseModel()
        func acquire(_ owner: Value, _ token: Value?) -> Call { Call(.acquire, owner, result: token) }
        #expect(run(model, [acquire("a", 1), Call(.renew, ["a", 1]), acquire("b", 2)]) != nil)
        #expect(run(model, [acquire("a", 1), acquire("b", 2), Call(.renew, ["a", 1])]) == nil)
        #expect(run(model, [acquire("a", 1), acquire("b", 1)]) == nil)
        #expect(run(model, [acquire("a", 1), Call(.release, ["a", 1]), Call(.renew, ["a", 1])]) == nil)
        // Between 1 and 2 there is no token for the lease of which nobody knows it.
        #expect(run(model, [acquire("a", 1), acquire("b", nil), acquire("a", 2)]) == nil)
        #expect(run(model, [acquire("a", 1), acquire("b", nil), acquire("a", 3)]) != nil)
        #expect(run(model, [acquire("a", 1), acquire("b", nil), Call(.renew, ["b", 5]), acquire("a", 5)]) == nil)
        #expect(run(model, [acquire("a", .int(.max)), acquire("b", nil)]) == nil)
    }

    @Test("money is neither made nor lost, and no account is overdrawn unless it may be")
    func bank() {
        let accounts: [String: Int64] = ["a": 5, "7": 0]
        let transfer = Call(.transfer, ["from": "a", "to": 7, "amount": 6])
        let after = Call(.read, result: ["7": 6, "a": -1])
        #expect(run(BankModel(accounts: accounts), [transfer]) == nil)
        #expect(run(BankModel(accounts: accounts, allowsOverdraft: true), [transfer, after]) == ["a": -1, "7": 6])
        let unknown = Call(.transfer, ["from": "a", "to": "c", "amount": 1])
        #expect(run(BankModel(accounts: accounts), [unknown]) == nil)
        #expect(run(BankModel(accounts: accounts), [Call(.read, result: ["a": 5])]) == nil)
    }

    @Test("what nobody knows the answer of can have any")
    func unanswered() throws {
        let txn = Call(.txn, [["r", "x", nil], ["w", "y", 2]])
        #expect(run(MapModel(), [Call(.write, key: "x", 1), txn]) == ["x": 1, "y": 2])
        let operations = try History(notation: "p0 a s 1 ok | p1 contains s 1 | p1 ok true | p2 remove s 1 info")
            .operations
        let calls = operations.map { SetModel().call($0) }
        #expect(calls == [Call(.add, 1), Call(.contains, 1, result: true), Call(.remove, 1)])
        #expect(run(SetModel(), calls) == [])
        #expect(run(ListModel(), [Call(.append, 1), Call(.read)]) == [1])
        #expect(run(QueueModel(), [Call(.enqueue, 1), Call(.dequeue)])?.values == [])
        #expect(run(CounterModel(), [Call(.increment), Call(.read)]) == 1)
    }

    @Test("a step in place is the step, for every container")
    func inPlace() {
        func compare<Model: SequentialModel>(_ model: Model, _ calls: [Call]) {
            var state = model.initial
            for count in calls.indices {
                let isLegal = model.apply(calls[count], to: &state)
                let expected = run(model, Array(calls[...count]))
                #expect(isLegal == (expected != nil))
                guard let expected else { return }
                #expect(state == expected)
            }
        }
        let numbers = (1...60).map { Value.int(Int64($0 * 7 % 61)) }
        compare(QueueModel(), numbers.map { Call(.enqueue, $0) } + numbers.map { Call(.dequeue, result: $0) })
        compare(QueueModel(), [Call(.enqueue, 1), Call(.dequeue, result: 2)])
        compare(StackModel(), numbers.map { Call(.push, $0) } + numbers.reversed().map { Call(.pop, result: $0) })
        let sorted = (1...60).reversed().map { Call(.pollMax, result: .int(Int64($0))) }
        compare(PriorityQueueModel(), numbers.map { Call(.insert, $0) } + sorted)
        compare(ListModel(), [Call(.append, 1), Call(.write, [2, 3]), read([2, 3]), read([3])])
        compare(GrowOnlySetModel(), [Call(.add, 1), read([1]), read([])])
        compare(
            SetModel(),
            [Call(.add, 1, result: true), Call(.remove, 1, result: true), Call(.remove, 1, result: true)])
    }

    @Test("leaving out values of a map leaves a legal sequence legal")
    func mapWithout() {
        let model = MapModel()
        let calls = [
            Call(.write, key: "x", 1), Call(.cas, key: "x", [1, 2]), Call(.read, key: "x", result: 2),
            Call(.txn, [["r", "x", nil], ["w", "y", 1]], result: [["r", "x", 2], ["w", "y", 1]]),
        ]
        #expect(run(model, calls) == ["x": 2, "y": 1])
        let without = calls.compactMap { model.without([["x", 1]], $0) }
        #expect(run(model, without) == ["x": 2, "y": 1])
        #expect(without[0] == Call(.write, key: "x", 2))
        let more = calls.compactMap { model.without([["x", 2]], $0) }
        #expect(run(model, more) == ["x": 1, "y": 1])
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
