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
        ("set", { SetKind(keys: 2, random: SeededRandom(seed: $0)) }),
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
                            (1, SetKind(random: SeededRandom(seed: seed))),
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
        let lines = lines(SetKind(keys: 2, random: SeededRandom(seed: 2))).lines
        #expect(lines.allSatisfy { $0.operation.isSet })
        #expect(Set(lines.map(\.operation.f)) == ["add", "read"])
    }

    @Test("ten thousand operations of all kinds take less than five seconds, unoptimised and on a busy machine")
    func cost() {
        var generator = Self.kinds[4].make(1)
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
