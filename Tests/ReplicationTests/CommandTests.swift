import Determinism
import Testing

@testable import Replication

@Suite("Commands: what they do to a state")
struct CommandTests {
    private static func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    /// A state that commands are given to one after the other.
    private struct Table {
        var store = Store()

        mutating func tell(_ command: Command) -> Reply {
            let (change, reply) = command.effect(on: store)
            if let change {
                store.apply(LogEntry(Position(timeline: 1, lsn: store.position.lsn + 1), change))
            }
            return reply
        }
    }

    @Test("a counter counts, from nothing and below zero, and refuses what is no number or too large")
    func counter() {
        var table = Table()
        #expect(table.tell(.increment(key: [1], by: 5)) == .integer(5))
        #expect(table.tell(.increment(key: [1], by: -7)) == .integer(-2))
        #expect(table.tell(.get(key: [1])) == .value(Self.bytes("-2")))
        #expect(table.tell(.set(key: [1], value: Self.bytes("\(Int64.max)"))) == .ok)
        #expect(table.tell(.increment(key: [1], by: 1)) == .failed(.refused, "the sum has more than 64 bits"))
        for wrong in ["", "x", "+1", "01", "-0", " 1", "1 ", "9223372036854775808"] {
            _ = table.tell(.set(key: [2], value: Self.bytes(wrong)))
            #expect(table.tell(.increment(key: [2], by: 1)).isFailure, "'\(wrong)'")
        }
        _ = table.tell(.add(key: [3], elements: [[1]]))
        #expect(
            table.tell(.increment(key: [3], by: 1)) == .failed(.wrongType, "the key holds another type of value"))
    }

    @Test("a list keeps its order and is read in parts as Redis reads them")
    func list() {
        var table = Table()
        #expect(table.tell(.append(key: [1], elements: [[1], [2]])) == .integer(2))
        #expect(table.tell(.append(key: [1], elements: [[1], [3]])) == .integer(4))
        let parts: [(Int64, Int64, [[UInt8]])] = [
            (0, -1, [[1], [2], [1], [3]]), (1, 2, [[2], [1]]), (-2, -1, [[1], [3]]), (-9, 0, [[1]]), (2, 1, []),
            (4, 9, []), (0, -5, []), (.min, .max, [[1], [2], [1], [3]]), (.max, .min, []), (0, -4, [[1]]),
        ]
        for (first, last, expected) in parts {
            #expect(
                table.tell(.range(key: [1], first: first, last: last)) == .elements(expected), "\(first) \(last)")
        }
        #expect(table.tell(.range(key: [2], first: 0, last: -1)) == .elements([]))
        #expect(table.tell(.members(key: [1])).isFailure)
        #expect(table.tell(.get(key: [1])).isFailure)
    }

    @Test("a slot has one holder, who may ask for it again")
    func reservation() {
        var table = Table()
        let first = Command.reserve(slot: [1], holder: Self.bytes("a"), operation: [7])
        #expect(table.tell(first) == .ok)
        #expect(
            table.tell(.reserve(slot: [1], holder: Self.bytes("b"), operation: [8]))
                == .failed(.conflict, "taken by a"))
        #expect(
            table.tell(.reserve(slot: [1], holder: Self.bytes("a"), operation: [9]))
                == .failed(.conflict, "taken by a"))
        #expect(table.tell(first) == .ok)
        #expect(table.store.position.lsn == 1)
        #expect(table.tell(.get(key: [1])) == .value(Self.bytes("a")))
        #expect(table.tell(.getAll(keys: [[1], [2]])) == .values([Self.bytes("a"), nil]))
        #expect(table.tell(.delete(key: [1])) == .integer(1))
        #expect(table.tell(.reserve(slot: [1], holder: Self.bytes("b"), operation: [8])) == .ok)
    }

    private static func transfer(_ from: UInt8, _ to: UInt8, _ amount: Int64) -> Command {
        .transaction([
            .increment(key: [from], by: -amount), .increment(key: [to], by: amount),
            .atLeast(key: [from], minimum: 0),
        ])
    }

    @Test("a transfer moves an amount, or fails and moves nothing")
    func transfer() {
        var table = Table()
        _ = table.tell(.set(key: [1], value: Self.bytes("10")))
        #expect(table.tell(Self.transfer(1, 2, 7)) == .results([.integer(3), .integer(7), .ok]))
        #expect(table.tell(Self.transfer(1, 2, 4)) == .failed(.refused, "-1 is less than 0"))
        #expect(table.tell(.getAll(keys: [[1], [2]])) == .values([Self.bytes("3"), Self.bytes("7")]))
        #expect(table.tell(Self.transfer(1, 1, 3)) == .results([.integer(0), .integer(3), .ok]))
    }

    @Test("the steps of a transaction see those before them, of every type, and change all keys with one entry")
    func steps() {
        var table = Table()
        let reply = table.tell(
            .transaction([
                .set(key: [1], value: [5]), .get(key: [1]), .delete(key: [1]), .get(key: [1]),
                .add(key: [2], elements: [[1]]), .members(key: [2]), .append(key: [3], elements: [[9]]),
                .compareAndSet(key: [4], old: nil, new: [1]), .reserve(slot: [5], holder: [6], operation: [7]),
            ]))
        #expect(
            reply
                == .results([
                    .ok, .value([5]), .integer(1), .value(nil), .integer(1), .elements([[1]]), .integer(1), .ok,
                    .ok,
                ]))
        #expect(table.store.position.lsn == 1)
        #expect(table.store.sortedKeys == [[2], [3], [4], [5]])
    }

    @Test("a transaction that only reads is a read, and a failing step changes nothing")
    func readsAndFailures() {
        var table = Table()
        let reads = Command.transaction([.get(key: [1]), .getAll(keys: [[1], [2]])])
        #expect(reads.isRead)
        #expect(reads.read(table.store).reply == .results([.value(nil), .values([nil, nil])]))
        let failing = Command.transaction([
            .set(key: [1], value: [1]), .compareAndSet(key: [2], old: [9], new: [1]),
        ])
        #expect(!failing.isRead)
        #expect(table.tell(failing) == .failed(.casFailed, "the value is another one"))
        #expect(table.tell(.transaction([.transaction([]), .statement([1])])).isFailure)
        #expect(table.store.rows.isEmpty)
    }

    @Test("a state that applies the changes is the state that they came from, whatever the commands")
    func replay() throws {
        for seed: UInt64 in 1...40 {
            var random = SeededRandom(seed: seed)
            var table = Table()
            var copy = Store()
            for lsn: LSN in 1...100 {
                let command = RandomCommands.command(&random)
                let (change, _) = command.effect(on: table.store)
                let logged = change ?? .noop
                table.store.apply(LogEntry(Position(timeline: 1, lsn: lsn), logged))
                let read = try Change(kind: logged.kind, payload: logged.payload)
                #expect(read == logged)
                copy.apply(LogEntry(Position(timeline: 1, lsn: lsn), read))
            }
            #expect(copy.rows == table.store.rows)
            let snapshot = SingleLeaderSnapshot(store: copy, end: 100, history: TimelineHistory())
            #expect(try SingleLeaderSnapshot(encoded: snapshot.encoded).store.rows == copy.rows)
        }
    }
}

/// Commands of every kind over few keys, so that they meet.
enum RandomCommands {
    static func command(_ random: inout SeededRandom, inTransaction: Bool = false) -> Command {
        let key = key(&random)
        switch random.below(inTransaction ? 12 : 14) {
        case 0: return .get(key: key)
        case 1: return .set(key: key, value: value(&random))
        case 2: return .delete(key: key)
        case 3:
            return .compareAndSet(key: key, old: random.below(2) == 0 ? nil : value(&random), new: value(&random))
        case 4: return .increment(key: key, by: Int64(random.below(20)) - 10)
        case 5: return .add(key: key, elements: [value(&random), value(&random)])
        case 6: return .remove(key: key, elements: [value(&random)])
        case 7: return .append(key: key, elements: [value(&random)])
        case 8: return .reserve(slot: key, holder: value(&random), operation: value(&random))
        case 9: return .range(key: key, first: Int64(random.below(5)) - 2, last: .min)
        case 10: return .atLeast(key: key, minimum: -.max)
        case 11: return random.below(2) == 0 ? .members(key: key) : .getAll(keys: [key, [], [7]])
        case 12: return .statement(value(&random))
        default: return .transaction((0..<random.below(4)).map { _ in command(&random, inTransaction: true) })
        }
    }

    private static func key(_ random: inout SeededRandom) -> [UInt8] { [UInt8(random.below(4))] }

    private static func value(_ random: inout SeededRandom) -> [UInt8] {
        random.below(2) == 0 ? IntegerText.text(Int64(random.below(50))) : [UInt8(random.below(256))]
    }
}
