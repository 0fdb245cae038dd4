import Determinism
import Generators
import HistoryModel
import Testing

@Suite("Combinators")
struct CombinatorTests {
    private func reads(_ key: String, _ count: Int) -> OperationList {
        OperationList((0..<count).map { _ in PlannedOperation(f: "read", key: key) })
    }

    @Test("a list is given out once, in order, to whoever asks")
    func list() {
        var list = OperationList((1...5).map { PlannedOperation(f: "write", key: "k", value: .int($0)) })
        let lines = VirtualRun(clients: 2).run(&list)
        #expect(
            lines.transcript == ["0 write k=1", "1 write k=2", "0 write k=3", "1 write k=4", "0 write k=5"])
    }

    @Test("a mix follows its weights, and goes on with the rest when one is exhausted")
    func mix() {
        var mix = Mix(
            [(3, reads("a", 100_000)), (1, reads("b", 100_000)), (1, reads("c", 5))], random: SeededRandom(seed: 1))
        let lines = VirtualRun(limit: 10_000).run(&mix)
        let counts = Dictionary(grouping: lines) { $0.operation.key ?? "" }.mapValues(\.count)
        #expect(lines.count == 10_000 && counts["c"] == 5)
        #expect(abs((counts["a"] ?? 0) - 7500) < 600)
        var short = Mix([(1, reads("a", 3)), (9, reads("b", 2))], random: SeededRandom(seed: 1))
        #expect(VirtualRun().run(&short).count == 5)
    }

    @Test("each part of a mix hears of its own operations alone, in whatever order they end")
    func updates() {
        var mix = Mix([(1, Listener(key: "a")), (1, Listener(key: "b"))], random: SeededRandom(seed: 1))
        let lines = VirtualRun(clients: 5, outcome: { index, _ in index % 3 == 0 ? .info : .ok }).run(&mix)
        #expect(lines.count == 1000 && Set(lines.map(\.operation.key)) == ["a", "b"])
        #expect(mix.keys.count > 900, "nearly all have ended")
    }

    @Test("a limit ends a generator")
    func limit() {
        var limited = Limit(4, RegisterKind(random: SeededRandom(seed: 1)))
        #expect(VirtualRun().run(&limited).count == 4)
    }

    @Test("a time limit ends a generator, also for those that wait")
    func timeLimit() {
        var limited = TimeLimit(until: 10_000_000, reads("a", 1000))
        let lines = VirtualRun(clients: 1, latency: 1_000_000).run(&limited)
        #expect(lines.map(\.time) == (0..<10).map { $0 * 1_000_000 })
        var paced = TimeLimit(
            until: 10_000_000, Paced(perSecond: 1, reads("a", 1000), random: SeededRandom(seed: 1)))
        #expect(VirtualRun(clients: 3).run(&paced).allSatisfy { $0.time < 10_000_000 })
    }

    @Test("who waits for a completion is not told to wait for the end, and is told when it is over")
    func awaiting() {
        let bank = BankKind(random: SeededRandom(seed: 1))
        var limited = TimeLimit(
            until: 10_000_000,
            Mix([(1, bank), (1, OperationList([]))], random: SeededRandom(seed: 1)))
        func next(_ process: Int, at time: Int64) -> Next {
            limited.next(GeneratorContext(time: time, process: process, clients: 2))
        }
        guard case .operation(let opening) = next(0, at: 0) else {
            Issue.record("nobody opens the accounts")
            return
        }
        #expect(next(1, at: 1) == .pending(until: nil))
        #expect(next(1, at: 9_999_999) == .pending(until: nil))
        #expect(next(1, at: 10_000_000) == .exhausted)
        limited.update(
            CompletedOperation(process: 0, clients: 2, time: 2, operation: opening, outcome: .ok, result: .null))
        guard case .operation = next(1, at: 3) else {
            Issue.record("a client stays idle when the accounts are open")
            return
        }
    }

    @Test("a mix waits for a completion as long as one of its parts does, whatever time another names")
    func awaitingPart() {
        let late = Quiet(during: [0..<5_000_000], reads("a", 10))
        var mix = Mix([(1, BankKind(random: SeededRandom(seed: 1))), (9, late)], random: SeededRandom(seed: 1))
        let first = mix.next(GeneratorContext(time: 0, process: 0, clients: 2))
        let second = mix.next(GeneratorContext(time: 1, process: 1, clients: 2))
        #expect(first != second && second == .pending(until: nil))
    }

    @Test("no client of a bank is idle while others work")
    func bank() {
        var limited = TimeLimit(until: 200_000, BankKind(random: SeededRandom(seed: 2)))
        let lines = VirtualRun(clients: 5, latency: 10_000).run(&limited)
        let byClient = Dictionary(grouping: lines) { $0.process % 5 }.mapValues(\.count)
        #expect(byClient.count == 5 && byClient.values.allSatisfy { $0 > 15 })
        #expect(lines.allSatisfy { $0.time < 200_000 })
    }

    @Test("in a quiet window nobody starts anything, and all go on after it")
    func quiet() {
        var quiet = TimeLimit(
            until: 20_000_000, Quiet(during: [5_000_000..<9_000_000], reads("a", 1000)))
        let times = VirtualRun(clients: 2).run(&quiet).map(\.time)
        #expect(!times.contains { (5_000_000..<9_000_000).contains($0) })
        #expect(times.contains(4_000_000) && times.contains(9_000_000) && times.last == 19_000_000)
    }

    @Test("a rate is that of all clients together, with gaps that vary", arguments: [1, 4, 50])
    func rate(clients: Int) {
        var paced = Paced(perSecond: 1000, reads("a", 100_000), random: SeededRandom(seed: 3))
        let lines = VirtualRun(clients: clients, latency: 1000, limit: 5000).run(&paced)
        let seconds = Double(lines.last?.time ?? 0) / 1e9
        #expect(abs(seconds - 5) < 0.25)
        let gaps = zip(lines.dropFirst(), lines).map { $0.time - $1.time }
        #expect(gaps.contains { $0 < 500_000 } && gaps.contains { $0 > 1_500_000 })
    }

    @Test("what a slow system missed is not made up for")
    func slow() {
        var paced = Paced(perSecond: 1000, reads("a", 100_000), random: SeededRandom(seed: 3))
        let lines = VirtualRun(clients: 1, latency: 10_000_000, limit: 100).run(&paced)
        #expect(zip(lines.dropFirst(), lines).allSatisfy { $0.time - $1.time >= 10_000_000 })
    }

    @Test("waiting clients get moments of their own")
    func moments() {
        var paced = Paced(perSecond: 10, reads("a", 100), random: SeededRandom(seed: 3))
        let moments = (0..<5).map { paced.next(GeneratorContext(time: 0, process: $0, clients: 5)) }
        #expect(Set(moments).count == 5)
    }

    @Test("final reads cover every key, at every node if nodes are named")
    func finals() {
        let keys = [UsedKey("a"), UsedKey("set0", shape: .set), UsedKey("a")]
        var byPolicy = OperationList.finalReads(of: keys)
        #expect(VirtualRun(clients: 1).run(&byPolicy).transcript == ["0 read a", "0 read set0"])
        var everywhere = OperationList.finalReads(of: keys, at: ["n1", "n2"])
        let operations = VirtualRun(clients: 1).run(&everywhere).map(\.operation)
        #expect(operations.map(\.node) == ["n1", "n2", "n1", "n2"] && operations.allSatisfy(\.isFinal))
        #expect(operations.map(\.shape) == [.register, .register, .set, .set])
    }
}

/// Reads one key for ever; stops the test if it hears of another, and names a key for each end that it heard of.
private struct Listener: Generator {
    let key: String
    var keys: [UsedKey] = []

    mutating func next(_ context: GeneratorContext) -> Next { .operation(PlannedOperation(f: "read", key: key)) }

    mutating func update(_ completed: CompletedOperation) {
        #expect(completed.operation.key == key)
        keys.append(UsedKey("\(key)\(keys.count)"))
    }
}
