import Determinism
import HistoryModel
import Testing

@testable import Checkers

@Suite("Detection power")
struct DetectionPowerTests {
    @Test("all that is planted into runs of a correct system is found", arguments: [UInt64](1...3))
    func correctSystem(seed: UInt64) throws {
        let history = try SimulatedSystem.history(.atomic, seed: seed)
        let power = measured(history, Guarantee.standard)
        #expect(Set(power.keys) == Set(Guarantee.standard))
        for (guarantee, power) in power {
            #expect(power.planted > 0 && power.caught == power.planted, "\(guarantee.rawValue): \(power)")
        }
    }

    @Test("all that is planted into stores that keep the session guarantees is found")
    func correctStores() throws {
        let guarantees: [Guarantee] = [.readYourWrites, .monotonicReads, .monotonicWrites, .writesFollowReads]
        for content in [SimulatedStore.Content.words, .versions, .sets] {
            let history = try SimulatedStore.history(Set(guarantees), content, length: 200, SeededRandom(seed: 5))
            for (guarantee, power) in measured(history, guarantees) {
                #expect(power.planted > 0 && power.caught == power.planted, "\(content) \(guarantee): \(power)")
            }
        }
    }

    @Test("all that is planted into serial transactions is found, at every level")
    func serialTransactions() throws {
        let power = measured(try SerialTransactions.history(40, SeededRandom(seed: 11)), Guarantee.isolation)
        for (guarantee, power) in power {
            #expect(power.caught == power.planted, "\(guarantee.rawValue): \(power)")
            let kinds = Set(power.tallies.map(\.kind))
            #expect(
                kinds.isSuperset(of: [.phantomRead, .abortedRead, .intermediateRead, .duplicated, .reordered]))
            #expect(kinds.contains(.fracturedRead) == (guarantee != .readCommitted))
        }
        let strict = try #require(power[.strictSerializable])
        #expect(Set(strict.tallies.map(\.kind)).isSuperset(of: [.staleRead, .lostUpdate, .nonMonotonicRead]))
    }

    @Test("all that is planted into sums, queues, identifiers and balances is found")
    func totals() throws {
        func history(_ steps: [(String, Value, Value)]) throws -> History {
            var events: [Event] = []
            for (number, step) in steps.enumerated() {
                for (type, value) in [(EventType.invoke, step.1), (.ok, step.2)] {
                    events.append(
                        Event(
                            index: events.count, time: Int64(events.count), process: .client(number % 3),
                            type: type,
                            f: step.0, key: "k", value: value))
                }
            }
            return try History(events)
        }
        let cases: [(Guarantee, [PlantKind], [(String, Value, Value)])] = [
            (
                .totalQueue, [.lostWrite, .phantomRead],
                [
                    ("enqueue", 1, 1), ("enqueue", 2, 2), ("dequeue", nil, 1), ("dequeue", nil, 2),
                    ("dequeue", nil, nil),
                ]
            ),
            (
                .noDuplicates, [.duplicated],
                [("enqueue", 1, 1), ("enqueue", 2, 2), ("dequeue", nil, 1), ("dequeue", nil, 2)]
            ),
            (
                .counter, [.lostWrite, .phantomRead],
                [("increment", 2, 2), ("read", nil, 2), ("increment", 3, 3), ("read", nil, 5)]
            ),
            (
                .noStaleReads, [.staleRead, .nonMonotonicRead, .lostWrite],
                [("add", 1, 1), ("read", nil, [1]), ("add", 2, 2), ("read", nil, [1, 2]), ("read", nil, [1, 2])]
            ),
            (.uniqueIDs, [.duplicated], [("generate", nil, 1), ("generate", nil, 2), ("generate", nil, 3)]),
            (
                .bank, [.fracturedRead],
                [
                    ("read", nil, .object([Value.Member("a", 5), Value.Member("b", 5)])),
                    ("transfer", ["a", "b", 1], ["a", "b", 1]),
                    ("read", nil, .object([Value.Member("a", 4), Value.Member("b", 6)])),
                    ("read", nil, .object([Value.Member("a", 4), Value.Member("b", 6)])),
                ]
            ),
        ]
        for (guarantee, kinds, steps) in cases {
            let history = try history(steps)
            let power = try #require(
                measured(history, [guarantee])[guarantee], "\(guarantee.rawValue) is not valid")
            #expect(Set(power.tallies.map(\.kind)) == Set(kinds), "\(guarantee.rawValue): \(power)")
            #expect(power.caught == power.planted, "\(guarantee.rawValue): \(power)")
        }
    }

    @Test(
        "a list whose elements change places is planted against sessions, and found",
        arguments: [Guarantee.monotonicReads, .monotonicWrites, .writesFollowReads])
    func reorderedLists(guarantee: Guarantee) throws {
        let line =
            "p0 append l 1 ok | p0 append l 2 ok | p1 r l [1,2] ok | p1 append l 3 ok | p2 r l [1,2,3] ok"
            + " | p2 r l [1,2,3] ok"
        let power = try #require(measured(try History(notation: line), [guarantee])[guarantee])
        let reordered = try #require(power.tallies.first { $0.kind == .reordered })
        #expect(reordered.planted == 3 && reordered.caught == 3, "\(power)")
    }

    @Test("registers that one session writes are planted into, against orders of operations and fresh reads")
    func singleWriter() throws {
        var line = ""
        for value in 1...20 {
            line += "\(value == 1 ? "" : " | ")p0 w x \(value) ok | p1 r x \(value) ok | p2 r x \(value) ok"
        }
        let guarantees: [Guarantee] = [.pram, .weakCausal, .causal, .sequential, .noStaleReads]
        let power = measured(try History(notation: line), guarantees)
        for guarantee in guarantees {
            let own = try #require(power[guarantee], "\(guarantee.rawValue) is not valid")
            let kinds = Set(own.tallies.map(\.kind))
            #expect(kinds.contains(.nonMonotonicRead), "\(guarantee.rawValue): \(own)")
            #expect(kinds.contains(.staleRead) == (guarantee == .noStaleReads), "\(guarantee.rawValue): \(own)")
            #expect(own.caught == own.planted, "\(guarantee.rawValue): \(own)")
        }
    }

    @Test("a reservation that vanishes is planted and found")
    func calendar() throws {
        let history = try History(notation: "p0 reserve d 1 ok | p1 reserve d 2 fail | p2 r d 1 ok final")
        let power = try #require(measured(history, [.calendar])[.calendar])
        #expect(power.tallies.map(\.kind) == [.lostWrite])
        #expect(power.planted > 0 && power.caught == power.planted)
    }

    private static let register = "p0 w x 1 ok | p0 w x 2 ok | p1 r x 2 ok | p1 r x 2 ok"

    /// Knows the values that were written, and nothing of time.
    private static func knowsValuesAlone(_ history: History, _ options: CheckOptions) -> Verdict {
        let written = Set(history.operations.filter { $0.f == "write" }.map(\.argument))
        let isFine = history.operations.allSatisfy {
            $0.f != "read" || $0.result.isNull || written.contains($0.result)
        }
        return Verdict(.linearizable, isFine ? .valid : .invalid, algorithm: "values")
    }

    @Test("a checker that misses a kind of violation is told on, with the change and a seed that makes it again")
    func crippled() throws {
        let history = try History(notation: Self.register)
        let power = try #require(
            measured(history, [.linearizable], judge: Self.knowsValuesAlone)[.linearizable])
        let byKind = Dictionary(uniqueKeysWithValues: power.tallies.map { ($0.kind, $0) })
        #expect(byKind[.phantomRead]?.caught == 3)
        let stale = try #require(byKind[.staleRead])
        #expect(stale.planted == 3 && stale.caught == 0 && stale.missed.map(\.seed) == [1, 2, 3])
        #expect(power.caught < power.planted)
        for miss in stale.missed {
            let options = CheckOptions(guarantees: [.linearizable])
            let copy = try #require(
                PowerMeasurement.planted(.staleRead, in: history, options, against: .linearizable, seed: miss.seed))
            let changed = try #require(
                history.operations.indices.first { history.operations[$0] != copy.operations[$0] })
            let operation = copy.operations[changed]
            #expect(operation.result == 1 || operation.result.isNull)
            #expect(
                miss.changes.hasPrefix("operation \(operation.index) (read x) answers ")
                    && miss.changes.hasSuffix(" instead of 2"))
            #expect(check(copy, options)[0].judgement == .invalid)
        }
    }

    @Test("where nothing can be planted the reason is said, kind by kind")
    func nothingPossible() throws {
        let history = try History(notation: "p0 w x 1 | p1 r x | p0 ok | p1 ok 1")
        let power = try #require(
            measured(history, [.monotonicReads, .linearizable]).first { $0.key == .linearizable })
        #expect(power.value.tallies.map(\.kind) == [.phantomRead])
        let own = try History(notation: "p0 w x 1 ok | p0 r x 1 ok | p1 w x 2 ok | p1 r x 2 ok")
        let monotonic = measured(own, [.readYourWrites, .linearizable])
        #expect(monotonic[.readYourWrites]?.planted == 3)
        let words = try #require(
            measured(
                try History(notation: "p0 add s 1 ok | p0 add s 2 ok | p1 r s [1,2] ok | p1 r s [1,2] ok"),
                [.linearizable])[.linearizable])
        #expect(!words.tallies.contains { $0.kind == .reordered })
    }

    @Test("a guarantee that is broken or unknown is left out")
    func onlyValid() throws {
        let broken = try History(notation: "p0 w x 1 ok | p1 r x ok | p1 r x 1 ok")
        #expect(measured(broken, [.linearizable, .monotonicWrites]).isEmpty)
    }

    @Test("the same seed gives the same copies, and no copy changes more than answers")
    func deterministic() throws {
        let history = try SimulatedSystem.history(.atomic, seed: 9)
        let options = CheckOptions(guarantees: [.linearizable])
        for kind in [PlantKind.staleRead, .rolledBack, .lostWrite] {
            let copies = try [4, 4, 5].map { seed in
                try #require(
                    PowerMeasurement.planted(kind, in: history, options, against: .linearizable, seed: UInt64(seed))
                )
            }
            #expect(copies[0] == copies[1])
            #expect(copies[0] != copies[2])
            let same = zip(history.events, copies[0].events).allSatisfy { first, second in
                var second = second
                if first.type == .ok { second.value = first.value }
                return first == second
            }
            #expect(same)
        }
    }

    @Test("who stops early is told so")
    func noTime() throws {
        let history = try History(notation: Self.register)
        let options = CheckOptions(guarantees: [.linearizable])
        let measurement = PowerMeasurement(history, options, verdicts: check(history, options))
        #expect(measurement.power[.linearizable]?.reason == "nothing was planted: there was no time")
    }
}
