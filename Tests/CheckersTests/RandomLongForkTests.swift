import Checkers
import Determinism
import HistoryModel
import Testing

/// Histories as Jepsen's test of long forks has them: transactions that only write are called `write`, those that only read
/// `read`, and each key is written once.
extension RandomHistoryTests {
    @Test("no-long-fork of Jepsen's form agrees with comparing all reads")
    func longForkForm() throws {
        try compareVerdicts(.noLongFork, "long-fork-form", usual: 3000, least: 20) { random in
            let events = Self.longForkEvents(&random)
            return (try JSONLines.read(events.flatMap { JSONLines.line($0) }).history, Self.hasLongFork(events))
        }
    }

    private static func longForkEvents(_ random: inout SeededRandom) -> [Event] {
        var events: [Event] = []
        var written: [Int64] = []
        let isForked = random.chance(1, in: 2)
        func append(_ process: Int, _ type: EventType, _ f: String, _ value: Value) {
            let place = events.count
            events.append(
                Event(index: place, time: Int64(place), process: .client(process), type: type, f: f, value: value))
        }
        for process in 0..<(5 + random.below(4)) {
            if written.count < 3, random.chance(1, in: 2) {
                written.append(Int64(written.count))
                let value: Value = [["w", .int(written[written.count - 1]), 1]]
                append(process, .invoke, "write", value)
                append(process, random.chance(1, in: 6) ? .info : .ok, "write", value)
            } else {
                let keys = random.shuffled([0, 1, 2] as [Int64]).prefix(2 + random.below(2))
                // What was written first is seen first, unless each read sees what it likes.
                let first = random.below(written.count + 1)
                append(process, .invoke, "read", .list(keys.map { ["r", .int($0), nil] }))
                let answer = keys.map { key -> Value in
                    let isSeen = isForked ? random.chance(1, in: 2) : written.firstIndex(of: key) ?? 3 < first
                    return ["r", .int(key), isSeen && written.contains(key) ? 1 : nil]
                }
                append(process, random.chance(1, in: 10) ? .fail : .ok, "read", .list(answer))
            }
        }
        return events
    }

    /// Two reads that each show a key as written which the other one shows as not yet written.
    private static func hasLongFork(_ events: [Event]) -> Bool {
        let reads = events.filter { $0.f == "read" && $0.type == .ok }.map { event in
            (event.value.list ?? []).compactMap(\.list)
        }
        func hasMore(_ first: [[Value]], _ second: [[Value]]) -> Bool {
            first.contains { micro in
                micro[2] == 1 && second.contains { $0[1] == micro[1] && $0[2] == .null }
            }
        }
        return reads.contains { first in reads.contains { hasMore(first, $0) && hasMore($0, first) } }
    }
}
