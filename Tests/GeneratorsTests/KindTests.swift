import Determinism
import Generators
import HistoryModel
import Testing

@Suite("Kinds of workload")
struct KindTests {
    static let kinds: [(name: String, make: @Sendable (UInt64) -> any Generator)] = [
        ("register", { RegisterKind(random: SeededRandom(seed: $0)) }),
        ("sessions", { SessionsKind(random: SeededRandom(seed: $0)) }),
        ("prefix", { PrefixKind(random: SeededRandom(seed: $0)) }),
        ("set", { GrowingKind(.set, keys: 2, weights: .init(add: 70, read: 30), random: SeededRandom(seed: $0)) }),
        ("list", { GrowingKind(.list, keys: 2, random: SeededRandom(seed: $0)) }),
        ("calendar", { CalendarKind(random: SeededRandom(seed: $0)) }),
        (
            "all, paced",
            { seed in
                Paced(
                    perSecond: 5000,
                    Mix(
                        [
                            (2, RegisterKind(random: SeededRandom(seed: seed))),
                            (1, SessionsKind(random: SeededRandom(seed: seed))),
                            (1, PrefixKind(random: SeededRandom(seed: seed))),
                            (
                                1,
                                GrowingKind(
                                    .set, weights: .init(add: 70, read: 30), random: SeededRandom(seed: seed))
                            ),
                        ], random: SeededRandom(seed: seed)), random: SeededRandom(seed: seed))
            }
        ),
    ]

    /// Every seventh operation fails, every eleventh ends in doubt.
    static let rough: @Sendable (Int, PlannedOperation) -> EventType = { index, _ in
        index % 11 == 10 ? .info : index % 7 == 6 ? .fail : .ok
    }

    private func lines(
        _ generator: any Generator, _ run: VirtualRun = VirtualRun(outcome: KindTests.rough)
    ) -> (lines: [VirtualRun.Line], keys: [UsedKey]) {
        var boxed = Limit(run.limit, generator)
        let lines = run.run(&boxed)
        return (lines, boxed.keys)
    }

    @Test("the same seed gives the same sequence, another seed another", arguments: kinds.indices)
    func seeds(kind: Int) {
        let make = Self.kinds[kind].make
        #expect(lines(make(5)).lines == lines(make(5)).lines)
        #expect(lines(make(5)).lines != lines(make(6)).lines)
    }

    @Test("no value is written to a key twice, whatever the replies", arguments: kinds.indices)
    func unique(kind: Int) {
        let values = lines(Self.kinds[kind].make(9)).lines.compactMap { line -> [String]? in
            let value = line.operation.f == "cas" ? line.operation.value.list?.last : line.operation.value
            guard line.operation.f != "read", let number = value?.int else { return nil }
            return [line.operation.key ?? "", String(number)]
        }
        #expect(values.count > 100 && Set(values).count == values.count)
    }

    @Test("the keys of a generator name all that it used, once each", arguments: kinds.indices)
    func usedKeys(kind: Int) {
        let (lines, keys) = lines(Self.kinds[kind].make(9))
        let used = lines.flatMap { line in
            [line.operation.key].compactMap { $0 }
                + (line.operation.value.list ?? []).compactMap { $0.list?[1].string }
        }
        #expect(Set(used).isSubset(of: keys.map(\.name)) && Set(keys).count == keys.count)
    }

    @Test("registers: values are unique over all keys, and most comparisons are with what is there")
    func register() {
        let lines = lines(RegisterKind(random: SeededRandom(seed: 2)), VirtualRun(clients: 1)).lines
        let written = lines.filter { $0.operation.f != "read" }.compactMap {
            ($0.operation.value.list?.last ?? $0.operation.value).int
        }
        #expect(written == (1...Int64(written.count)).map { $0 })
        let cas = lines.filter { $0.operation.f == "cas" }
        #expect(cas.count > 60 && cas.allSatisfy { $0.operation.value.list?.first?.isNull == false })
        #expect(Set(lines.map(\.operation.key)) == ["r0", "r1", "r2"])
    }

    @Test("sessions: each key has one writer that counts from 1, a successor has a key of its own")
    func sessions() {
        let lines = lines(SessionsKind(random: SeededRandom(seed: 2))).lines
        let writes = lines.filter { $0.operation.f == "write" }
        for (process, own) in Dictionary(grouping: writes, by: \.process) {
            #expect(own.allSatisfy { $0.operation.key == "s\(process)" })
            #expect(own.compactMap(\.operation.value.int) == (1...Int64(own.count)).map { $0 })
        }
        #expect(writes.contains { $0.process > 20 }, "successors write too")
        let reads = lines.filter { $0.operation.f == "read" }
        let own = reads.count { $0.operation.key == "s\($0.process)" }
        #expect(own > reads.count / 4 && own < reads.count * 3 / 4)
    }

    @Test("sessions: nobody reads a key that nobody wrote")
    func sessionsReadWritten() {
        var seen: Set<String> = []
        for line in lines(SessionsKind(random: SeededRandom(seed: 4))).lines {
            let key = line.operation.key ?? ""
            if line.operation.f == "write" { seen.insert(key) }
            #expect(seen.contains(key))
        }
    }

    @Test("prefix: an effect is written only after its cause was acknowledged, and read before the cause")
    func prefix() {
        let lines = lines(PrefixKind(random: SeededRandom(seed: 2))).lines
        var last: [Int: VirtualRun.Line] = [:]
        for line in lines {
            defer { last[line.process] = line }
            let before = last[line.process]
            switch (line.operation.f, line.operation.key?.first) {
            case ("write", "e"):
                #expect(before?.operation.key == "c\(line.process)" && before?.outcome == .ok)
                #expect(before?.operation.value == line.operation.value)
            case ("read", "c"):
                #expect(before?.operation.key == "e" + (line.operation.key ?? "").dropFirst())
                #expect(before?.outcome == .ok)
            case ("write", _): #expect(line.operation.key == "c\(line.process)")
            default: break
            }
        }
        #expect(lines.count { $0.operation.f == "txn" } > 50)
        #expect(lines.count { $0.operation.f == "read" && $0.operation.key?.first == "c" } > 50)
    }

    @Test("prefix: an atomic read names effect and cause of a writer")
    func txn() {
        let txn = lines(PrefixKind(random: SeededRandom(seed: 2))).lines.last { $0.operation.f == "txn" }
        let keys = (txn?.operation.value.list ?? []).compactMap { $0.list?[1].string }
        #expect(keys.count >= 2 && keys[0].first == "e" && keys[1] == "c" + keys[0].dropFirst())
        #expect(txn?.operation.key == nil)
    }

    @Test("sets: every operation is one of a set")
    func set() {
        let lines = lines(
            GrowingKind(.set, keys: 2, weights: .init(add: 70, read: 30), random: SeededRandom(seed: 2))
        ).lines
        #expect(lines.allSatisfy { $0.operation.shape == .set })
        #expect(Set(lines.map(\.operation.f)) == ["add", "read"])
    }

    @Test("counters: what is added is small, and every key is used")
    func counter() {
        let (lines, keys) = lines(CounterKind(keys: 3, random: SeededRandom(seed: 2)))
        let added = lines.filter { $0.operation.f == "increment" }.compactMap { $0.operation.value.int }
        #expect(added.count > 400 && Set(added) == [1, 2, 3, 4, 5])
        #expect(Set(lines.map { $0.operation.key }) == Set(keys.map(\.name)))
    }

    @Test("calendar: every slot is wanted by several, and nobody asks twice")
    func calendar() {
        let lines = lines(CalendarKind(random: SeededRandom(seed: 2))).lines
        let asked = lines.filter { $0.operation.f == "reserve" }
        #expect(Set(asked.map(\.operation.value)).count == asked.count)
        let bySlot = Dictionary(grouping: asked) { $0.operation.key ?? "" }
        #expect(bySlot.values.allSatisfy { $0.count <= 3 } && bySlot.values.count { $0.count == 3 } > 150)
    }

    /// How accounts are opened: what the replies make of it.
    @Test(
        "bank: nothing is transferred before the accounts are known to be open",
        arguments: [
            ([.ok], ["open", "work"]), ([.info, .ok], ["open", "txn", "open", "work"]),
            ([.fail, .ok], ["open", "txn", "open", "work"]),
            ([.info, .fail, .ok], ["open", "txn", "txn", "open", "work"]),
        ] as [([EventType], [String])])
    func opening(replies: [EventType], expected: [String]) {
        let run = VirtualRun(latency: 1000, outcome: { index, _ in index < replies.count ? replies[index] : .ok })
        let lines = lines(BankKind(accounts: 3, random: SeededRandom(seed: 2)), run).lines
        for (line, f) in zip(lines, expected.dropLast()) { #expect(line.operation.f == f) }
        let work = lines.dropFirst(expected.count - 1)
        #expect(work.allSatisfy { $0.operation.f == "transfer" || $0.operation.f == "txn" })
        #expect(work.allSatisfy { $0.time >= lines[expected.count - 2].time + run.latency })
        let transfers = work.filter { $0.operation.f == "transfer" }
        #expect(transfers.count > 400)
        #expect(transfers.allSatisfy { $0.operation.value["from"] != $0.operation.value["to"] })
    }

    @Test("bank: accounts that were not opened are opened again")
    func openedAgain() {
        var bank: any Generator = BankKind(accounts: 2, random: SeededRandom(seed: 2))
        let context = GeneratorContext(time: 0, process: 0, clients: 1)
        func step(_ outcome: EventType, _ result: Value) -> String? {
            guard case .operation(let operation) = bank.next(context) else { return nil }
            bank.update(
                CompletedOperation(
                    process: 0, clients: 1, time: 0, operation: operation, outcome: outcome, result: result))
            return operation.f
        }
        #expect(step(.fail, nil) == "open")
        #expect(step(.ok, [["r", "a0", nil], ["r", "a1", nil]]) == "txn")
        #expect(step(.info, nil) == "open")
        #expect(step(.ok, [["r", "a0", 20], ["r", "a1", 20]]) == "txn")
        #expect(["transfer", "txn"].contains(step(.ok, nil)))
    }

    @Test("ten thousand operations of all kinds take less than five seconds, unoptimised and on a busy machine")
    func cost() {
        var generator = Self.kinds[Self.kinds.count - 1].make(1)
        let clock = ContinuousClock()
        let elapsed = clock.measure {
            for time in 0..<10_000 {
                let context = GeneratorContext(time: Int64(time) * 1_000_000, process: time % 8, clients: 8)
                guard case .operation(let operation) = generator.next(context) else { continue }
                generator.update(
                    CompletedOperation(
                        process: time % 8, clients: 8, time: context.time, operation: operation, outcome: .ok,
                        result: .null))
            }
        }
        #expect(elapsed < .seconds(5), "\(elapsed) for 10,000")
    }
}
