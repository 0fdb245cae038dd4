import Determinism
import HistoryModel
import Testing

@testable import Checkers

/// How far reads are behind, against the definition spelled out.
extension RandomHistoryTests {
    private static let shapes: [RandomSessions.Shape] = [.words, .snapshots, .counters, .versions, .sets, .lists]

    @Test("how far each read is behind agrees with its definition")
    func stalenessOfReads() throws {
        let count = historyCount(6000)
        var random = SeededRandom.named("staleness", seed: randomSeed)
        var behind = 0
        var fresh = 0
        for number in 0..<count {
            let history = try RandomSessions.history(Self.shapes[number % Self.shapes.count], random.split())
            let naive = NaiveStaleness(history)
            let options = CheckOptions(assumesRealTimeWrites: true)
            let found = staleness(history, options)
            for (key, order) in NaiveStaleness.orders(history, naive) {
                let expected = naive.all(key, order).sorted { Self.isBefore($0, $1) }
                let judged = found.reads.filter { $0.key == key }.map {
                    NaiveStaleness.Read(
                        operation: $0.operation, key: $0.key, versions: $0.versions, nanoseconds: $0.nanoseconds)
                }.sorted { Self.isBefore($0, $1) }
                behind += expected.count { $0.versions > 0 }
                fresh += expected.count { $0.versions == 0 }
                guard judged != expected else { continue }
                Issue.record(
                    "history \(number), \(key), \(order): \(HistoryNotation.text(history)): \(judged) and not \(expected)"
                )
                return
            }
        }
        #expect(behind > count / 5 && fresh > count / 5, "\(behind) behind, \(fresh) fresh of \(count) histories")
    }

    private static func isBefore(_ left: NaiveStaleness.Read, _ right: NaiveStaleness.Read) -> Bool {
        (left.operation, left.versions, left.nanoseconds) < (right.operation, right.versions, right.nanoseconds)
    }

    @Test("no-stale-reads is broken where some read is behind, and its proofs stand by themselves")
    func noStaleReads() throws {
        let count = historyCount(3000)
        var random = SeededRandom.named("no-stale-reads", seed: randomSeed)
        var broken = 0
        var kept = 0
        for number in 0..<count {
            let history = try RandomSessions.history(Self.shapes[number % Self.shapes.count], random.split())
            let naive = NaiveStaleness(history)
            let orders = NaiveStaleness.orders(history, naive)
            guard !AccessTable(history).isRepeated.contains(true) else { continue }
            let expected = orders.contains { key, order in naive.all(key, order).contains { $0.versions > 0 } }
            let options = CheckOptions(guarantees: [.noStaleReads], assumesRealTimeWrites: true)
            let verdict = check(history, options)[0]
            broken += expected ? 1 : 0
            kept += !expected && verdict.judgement == .valid ? 1 : 0
            guard (verdict.judgement == .invalid) == expected else {
                Issue.record("history \(number): \(HistoryNotation.text(history)) \(verdict)")
                return
            }
            // All versions of a part may be given where those of the whole are not: it must not know more.
            var context = CheckContext(history, options, [])
            let partOptions = context.partOptions()
            for anomaly in verdict.anomalies {
                let part = try Self.part(history, Set(anomaly.evidence.map(\.operation)))
                guard check(part, partOptions)[0].judgement == .invalid else {
                    Issue.record("no proof: \(anomaly) \(HistoryNotation.text(history))")
                    return
                }
            }
        }
        #expect(broken > count / 10 && kept > count / 10, "\(broken) broken and \(kept) valid of \(count)")
    }

    @Test("percentiles are the least values that so many do not exceed")
    func distribution() throws {
        var random = SeededRandom.named("distribution", seed: randomSeed)
        for _ in 0..<200 {
            let values = (0..<(1 + random.below(150))).map { _ in Int64(random.below(40)) }
            let distribution = try #require(Staleness.Distribution(values))
            for (percent, value) in [(50, distribution.median), (90, distribution.p90), (99, distribution.p99)] {
                let least = values.sorted().first { value in
                    100 * values.count { $0 <= value } >= percent * values.count
                }
                #expect(value == least)
            }
            #expect(distribution.max == values.max())
            let buckets = [0...0, 1...1, 2...3, 4...7, 8...15, 16...31, 32...63].map { range in
                values.count { range.contains($0) }
            }
            #expect(distribution.histogram == Array(buckets.prefix(distribution.histogram.count)))
            #expect(distribution.histogram.reduce(0, +) == values.count)
        }
    }
}

extension NaiveStaleness {
    /// The keys that can be judged, with what tells which of their versions are newer.
    static func orders(_ history: History, _ naive: NaiveStaleness) -> [String: Order] {
        let table = AccessTable(history)
        let ranks = VersionRanks(table, history)
        var orders: [String: Order] = [:]
        for (key, name) in table.keys.names.enumerated() {
            guard let name, table.keys.problem[key] == nil else { continue }
            let isRepeated = (0..<table.versionCount).contains {
                table.versionKey[$0] == Int32(key) && table.isRepeated[$0]
            }
            guard !isRepeated else { continue }
            switch ranks.evidence[key] {
            case .numbers: orders[name] = .numbers
            case .system: orders[name] = .given(naive.given(name))
            case .happensBefore: orders[name] = .realTime
            case .elements, .positions: orders[name] = .elements
            case .none: break
            }
        }
        return orders
    }
}
