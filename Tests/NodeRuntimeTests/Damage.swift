import Determinism
import Replication

/// Changes bytes as a broken peer might, with parts of what others said.
struct Damage {
    private var seen: [[UInt8]] = []

    /// Keeps some of what was said, to be mixed into other things.
    mutating func keep(_ bytes: [UInt8], _ random: inout SeededRandom) {
        if seen.count < 64 { seen.append(bytes) } else { seen[random.below(seen.count)] = bytes }
    }

    func any(_ random: inout SeededRandom) -> [UInt8] {
        guard let some = seen.randomElement(using: &random), random.chance(1, in: 2) else {
            return (0..<random.below(12)).map { _ in UInt8(random.below(256)) }
        }
        return changed(some, &random)
    }

    func changed(_ bytes: [UInt8], _ random: inout SeededRandom) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<(1 + random.below(3)) { change(&bytes, &random) }
        return bytes
    }

    /// A number that is off by little, or as far off as can be.
    func number(near value: UInt64, _ random: inout SeededRandom) -> UInt64 {
        switch random.below(5) {
        case 0: value &+ 1
        case 1: value &- 1
        case 2: .max - UInt64(random.below(2))
        case 3: 1 << UInt64(random.below(64))
        default: UInt64(random.below(20))
        }
    }

    private func change(_ bytes: inout [UInt8], _ random: inout SeededRandom) {
        let place = bytes.isEmpty ? 0 : random.below(bytes.count)
        switch random.below(6) {
        case 0 where !bytes.isEmpty: bytes[place] ^= 1 << UInt8(random.below(8))
        case 1 where !bytes.isEmpty: bytes.removeSubrange(place..<min(bytes.count, place + 1 + random.below(4)))
        case 2:
            bytes.insert(contentsOf: (0..<(1 + random.below(4))).map { _ in UInt8(random.below(256)) }, at: place)
        case 3 where !bytes.isEmpty:
            // A number of the coding, as large as it gets.
            var writer = ByteWriter()
            writer.number(number(near: UInt64(bytes[place]), &random))
            bytes.replaceSubrange(place..<place + 1, with: writer.bytes)
        case 4:
            guard let other = seen.randomElement(using: &random), !other.isEmpty else { return }
            let from = random.below(other.count)
            bytes.replaceSubrange(place..., with: other[from...])
        default: bytes.removeSubrange(place...)
        }
    }
}

/// Commands of every kind, on few keys.
enum RandomCommand {
    static func key(_ random: inout SeededRandom) -> [UInt8] {
        random.chance(1, in: 20) ? [] : [UInt8](random.choose(["x", "y", "zz", "l", "s"]).utf8)
    }

    private static func value(_ random: inout SeededRandom) -> [UInt8] {
        switch random.below(4) {
        case 0: Array(String(Int64(random.below(5)) - 2).utf8)
        case 1: Array("9223372036854775807".utf8)
        case 2: []
        default: (0..<random.below(9)).map { _ in UInt8(random.below(256)) }
        }
    }

    private static func values(_ random: inout SeededRandom) -> [[UInt8]] {
        var values: [[UInt8]] = []
        for _ in 0..<random.below(4) { values.append(value(&random)) }
        return values
    }

    private static let statements = [
        "SET x = RAND()", "ADD x 9223372036854775807", "APPEND l 1", "DEL x", "UPDATE x* SET 5 LIMIT 2",
        "INSERT seq", "SET x = x + 1", "SET", "UPDATE", "SET x = UUID()", "ADD l 1",
        "SET x = x + -9223372036854775808",
    ]

    static func command(_ random: inout SeededRandom, depth: Int = 0) -> Command {
        let key = key(&random)
        switch random.below(16) {
        case 0, 1: return .get(key: key)
        case 2, 3: return .set(key: key, value: value(&random))
        case 4: return .delete(key: key)
        case 5:
            return .compareAndSet(
                key: key, old: random.chance(1, in: 2) ? nil : value(&random), new: value(&random))
        case 6: return .increment(key: key, by: random.chance(1, in: 2) ? .max : .min)
        case 7: return .add(key: key, elements: values(&random))
        case 8: return .remove(key: key, elements: values(&random))
        case 9: return .members(key: key)
        case 10: return .append(key: key, elements: values(&random))
        case 11:
            return .range(
                key: key, first: random.chance(1, in: 2) ? .min : 0, last: random.chance(1, in: 2) ? .max : -1)
        case 12: return .getAll(keys: [key, self.key(&random)])
        case 13: return .reserve(slot: key, holder: value(&random), operation: value(&random))
        case 14: return .statement(Array(random.choose(statements).utf8))
        default:
            guard depth == 0 else { return .atLeast(key: key, minimum: .max) }
            var steps: [Command] = []
            for _ in 0..<random.below(4) { steps.append(command(&random, depth: 1)) }
            return .transaction(steps.filter(\.isStep))
        }
    }
}
