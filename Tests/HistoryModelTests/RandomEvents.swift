import Determinism
import HistoryModel

/// How many random inputs each test tries: `INQUEST_HISTORIES`, or a number that a debug build does in a second.
func inputCount(_ usual: Int) -> Int {
    environment("INQUEST_HISTORIES").flatMap { Int($0) } ?? usual
}

/// Well-formed events with all that an event may have, and the pairing that they were made with.
struct RandomEvents {
    private(set) var events: [Event] = []
    /// Positions of invocation and completion, in the order of the invocations.
    private(set) var pairs: [(invocation: Int, completion: Int?)] = []
    private var random: SeededRandom
    private var open: [Int: Int] = [:]
    private var time: Int64 = 0
    private var index = 0
    private let hasGaps: Bool
    private let hasTies: Bool
    /// In four events, how many name a node.
    private let nodeShare: Int

    init(seed: UInt64, steps: Int = 40) {
        random = SeededRandom(seed: seed)
        hasGaps = random.chance(1, in: 3)
        hasTies = random.chance(1, in: 2)
        nodeShare = random.choose([1, 3, 4])
        for _ in 0..<random.below(steps) { step() }
    }

    private mutating func step() {
        let process = random.chance(1, in: 8) ? 5_000_000 : random.below(4) * random.below(40)
        if random.chance(1, in: 10) {
            let value: Value = random.chance(1, in: 2) ? ["fault": "f", "kind": "pause"] : self.value(2)
            add(event(.nemesis, .info, random.choose(["fault-start", "fault-end", "heal"]), "n", value))
        } else if let place = open.removeValue(forKey: process) {
            let invocation = events[pairs[place].invocation]
            pairs[place].completion = events.count
            let key = random.chance(1, in: 4) ? nil : invocation.key
            add(event(.client(process), random.choose([.ok, .fail, .info]), invocation.f, key, value(2)))
        } else {
            open[process] = pairs.count
            pairs.append((events.count, nil))
            let key = random.choose([nil, "x", "y", "a long key that needs memory of its own \(random.below(3))"])
            add(event(.client(process), .invoke, random.choose(["read", "write", "txn"]), key, value(2)))
        }
    }

    private mutating func event(
        _ process: ProcessID, _ type: EventType, _ f: String, _ key: String?, _ value: Value
    ) -> Event {
        Event(
            index: 0, time: 0, process: process, type: type, f: f, key: key, value: value,
            node: random.chance(nodeShare, in: 4) ? random.choose(["n1", "n2"]) : nil,
            error: random.chance(1, in: 5) ? random.choose(["timeout", "Zoë \"\\\n"]) : nil,
            meta: random.chance(1, in: 4) ? ["tli": self.value(1), "final": true] : .null)
    }

    private mutating func add(_ event: Event) {
        var event = event
        event.index = index
        event.time = time
        index += hasGaps && random.chance(1, in: 5) ? 3 : 1
        time += hasTies && random.chance(1, in: 3) ? 0 : 1 + Int64(random.below(3))
        events.append(event)
    }

    /// A value with lists and objects `depth` deep.
    private mutating func value(_ depth: Int) -> Value {
        switch random.below(depth > 0 ? 9 : 6) {
        case 0: .null
        case 1: .bool(random.chance(1, in: 2))
        case 2: .int(random.choose(Self.edges))
        case 3 where random.chance(1, in: 2):
            .digits(random.choose(["18446744073709551615", "-9223372036854775809"]))
        case 3: .double(random.choose([0.5, -3e100, 2, 1e-7, 18_446_744_073_709_551_616]))
        case 4:
            .string(random.choose(["", "a", "append", "é", "exactly8", "sixteen bytes ok", "seventeen bytes !"]))
        case 5: .int(Int64(random.below(5)))
        case 6: .object([Value.Member("a", value(depth - 1)), Value.Member("b", value(depth - 1))])
        default: .list((0..<random.below(5)).map { _ in value(depth - 1) })
        }
    }

    static let edges: [Int64] = [
        0, -1, .max, .min, 1 << 29, 1 << 29 - 1, -(1 << 29), -(1 << 29) - 1, 999_999_999_999_999_999,
        1_000_000_000_000_000_000,
    ]
}
