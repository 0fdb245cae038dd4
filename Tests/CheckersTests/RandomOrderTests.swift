import Checkers
import Determinism
import HistoryModel
import Testing

/// Guarantees about orders of operations against their definitions, spelled out over all orders.
extension RandomHistoryTests {
    private static let order: [Guarantee] = [.weakCausal, .causal, .sequential, .consistentPrefix]

    private struct Tally {
        var kept = 0
        var broken = 0
        var unknown = 0
    }

    /// Compares a guarantee on histories of stores of all modes, some with wrong answers, and judges each proof by itself.
    private func compare(
        _ guarantee: Guarantee, _ contents: [SimulatedOrders.Content], usual: Int, length: Int = 7,
        realTime: Bool = false, modes: [SimulatedOrders.Mode] = SimulatedOrders.Mode.allCases,
        isBroken: (NaiveOrders) -> Bool
    ) throws {
        var random = SeededRandom.named("orders-\(guarantee.rawValue)-\(contents)-\(realTime)", seed: randomSeed)
        let count = historyCount(usual)
        var tally = Tally()
        for number in 0..<count {
            let content = contents[number / modes.count % contents.count]
            var shape = SimulatedOrders.Shape(
                mode: modes[number % modes.count], content: content, length: 3 + random.below(length - 2),
                processes: 2 + random.below(2), flaws: random.chance(2, in: 3) ? 2 : 0)
            // More is read and replaced of one key.
            if content != .snapshots, content != .transactions, random.chance(1, in: 2) { shape.keys = ["x"] }
            let history = try SimulatedOrders.history(shape, random.split())
            let options = CheckOptions(guarantees: [guarantee], assumesRealTimeWrites: realTime)
            let verdict = check(history, options)[0]
            let isBroken = isBroken(NaiveOrders(history))
            tally.broken += isBroken ? 1 : 0
            tally.kept += !isBroken && verdict.judgement == .valid ? 1 : 0
            let isNothing = (verdict.reason ?? "").hasPrefix("nothing to judge")
            tally.unknown += verdict.judgement == .unknown && !isNothing ? 1 : 0
            guard let flaw = try flaw(verdict, isBroken, history, options) else { continue }
            Issue.record("history \(number), \(shape): \(flaw): \(HistoryNotation.text(history)) \(verdict)")
            return
        }
        #expect(tally.broken > count / 50 && tally.kept > count / 50, "\(tally) of \(count)")
        #expect(tally.unknown < count / 20, "\(tally) of \(count)")
    }

    private func flaw(
        _ verdict: Verdict, _ isBroken: Bool, _ history: History, _ options: CheckOptions
    ) throws -> String? {
        switch verdict.judgement {
        case .invalid where !isBroken: return "false alarm"
        case .valid where isBroken: return "missed"
        case .unknown where isBroken:
            // Only where it is not known who wrote what was read.
            return (verdict.reason ?? "").contains("more than once")
                ? nil : "missed, and it says \(verdict.reason ?? "")"
        case .invalid:
            for anomaly in verdict.anomalies {
                if let flaw = try flaw(anomaly, history, options) { return "\(flaw): \(anomaly)" }
            }
            return nil
        default: return nil
        }
    }

    /// A proof is a violation by itself, and none without any one of its reads; other updates may have happened or not.
    private func flaw(_ anomaly: Anomaly, _ history: History, _ options: CheckOptions) throws -> String? {
        let indices = Set(anomaly.evidence.map(\.operation))
        if indices.count != anomaly.evidence.count { return "an operation stands twice in the proof" }
        let whole = check(
            try Self.weakened(history, to: indices, keepsUpdates: options.guarantees == [.noLongFork]), options)[0]
        if whole.judgement != .invalid { return "no proof" }
        return nil
    }

    /// Some operations of a history; of the others the updates are there, with unknown outcome, each in its own session, or
    /// with `keepsUpdates` as they were.
    static func weakened(_ history: History, to indices: Set<Int>, keepsUpdates: Bool) throws -> History {
        let session = NaiveSessions(history, withFailed: true).session
        var events: [Event] = []
        var extra = 1000
        for (number, operation) in history.operations.enumerated() {
            var invocation = operation.invocation.event
            guard indices.contains(operation.index) || keepsUpdates && isUpdate(operation) else {
                guard operation.f != "read", operation.outcome != .fail else { continue }
                extra += 1
                invocation.process = .client(extra)
                events.append(invocation)
                continue
            }
            for event in [operation.invocation, operation.completion].compactMap(\.self) {
                var event = event.event
                event.process = .client(session[number])
                events.append(event)
            }
        }
        return try History(events.sorted { $0.index < $1.index })
    }

    private static func isUpdate(_ operation: HistoryModel.Operation) -> Bool {
        operation.f != "read" && operation.f != "txn"
    }

    private static let plain: [SimulatedOrders.Content] = [.registers, .snapshots, .sets, .lists]

    @Test("weak causal consistency agrees with trying all that operations may see")
    func ordersWeakCausal() throws {
        try compare(.weakCausal, Self.plain, usual: 1200, length: 6) { !$0.keeps(.weakCausal) }
    }

    @Test("causal convergence agrees with trying all that operations may see, in all orders of writes")
    func ordersCausal() throws {
        try compare(.causal, Self.plain, usual: 1200, length: 6) { !$0.keeps(.causal) }
    }

    @Test("sequential agrees with trying all orders")
    func ordersSequential() throws {
        try compare(.sequential, Self.plain + [.transactions], usual: 2000) { !$0.keeps(.sequential) }
    }

    @Test("consistent-prefix agrees with trying all orders of writes", arguments: [false, true])
    func ordersConsistentPrefix(realTime: Bool) throws {
        try compare(
            .consistentPrefix, [.snapshots, .sets, .lists, .transactions], usual: 2000, length: 8,
            realTime: realTime
        ) {
            !$0.keeps(.consistentPrefix, realTime: realTime)
        }
    }

    @Test("no-long-fork agrees with comparing all pairs of reads and writes")
    func ordersNoLongFork() throws {
        try compare(
            .noLongFork, [.snapshots, .sets, .lists], usual: 2000, length: 12,
            modes: [.causal, .weakCausal, .prefix]
        ) {
            $0.hasLongFork()
        }
    }

    // MARK: Stores of known consistency

    /// What the stores of each mode keep, whatever happens.
    private static func kept(_ mode: SimulatedOrders.Mode, _ content: SimulatedOrders.Content) -> [Guarantee] {
        switch mode {
        case .linearizable, .sequential:
            [.weakCausal, .causal, .sequential, .consistentPrefix, .noLongFork] + pram(content)
        case .prefix: [.consistentPrefix, .noLongFork]
        // Where times decide, a write that arrives late may land before one that its session went on from: no PRAM.
        case .causal: [.weakCausal, .causal]
        // Of a set there is nothing to decide between.
        case .weakCausal: content == .sets ? [.weakCausal, .causal] : [.weakCausal] + pram(content)
        }
    }

    /// Judged of registers alone.
    private static func pram(_ content: SimulatedOrders.Content) -> [Guarantee] {
        content == .registers || content == .snapshots ? [.pram] : []
    }

    /// What long runs of them break, sooner or later.
    private static let broken: [(SimulatedOrders.Mode, SimulatedOrders.Content, [Guarantee])] = [
        (.prefix, .registers, [.weakCausal, .causal, .sequential]),
        (.prefix, .lists, [.weakCausal, .causal, .sequential]),
        (.causal, .snapshots, [.sequential, .consistentPrefix]),
        (.causal, .sets, [.sequential, .consistentPrefix, .noLongFork]),
        (.weakCausal, .registers, [.causal, .sequential]),
    ]

    @Test("stores are never accused of breaking what they keep", arguments: SimulatedOrders.Mode.allCases)
    func ordersOfStores(mode: SimulatedOrders.Mode) throws {
        var random = SeededRandom.named("order-stores-\(mode)", seed: randomSeed)
        let contents = SimulatedOrders.Content.allCases
        // What all stores have in common each guarantee sees at least twice.
        for number in 0..<historyCount(4 * contents.count, parts: 2) {
            let content = contents[number % contents.count]
            let shape = SimulatedOrders.Shape(
                mode: mode, content: content, length: random.below(100) + 20, processes: 4, keys: ["x", "y", "z"])
            let history = try SimulatedOrders.history(shape, random.split())
            var options = CheckOptions(guarantees: Self.kept(mode, content))
            // In these stores writes are in the order of their beginnings.
            options.assumesRealTimeWrites = number / contents.count % 2 == 0
            for verdict in check(history, options) {
                if verdict.judgement == .valid || verdict.reason?.hasPrefix("nothing to judge") == true {
                    continue
                }
                Issue.record("\(shape): \(verdict): \(HistoryNotation.text(history))")
                return
            }
        }
    }

    @Test("stores are found to break what they do not keep", arguments: broken)
    func ordersOfBrokenStores(
        mode: SimulatedOrders.Mode, content: SimulatedOrders.Content, broken: [Guarantee]
    ) throws {
        var random = SeededRandom.named("broken-stores-\(mode)-\(content)", seed: 20_260_101)
        var found: [Guarantee: Int] = [:]
        for _ in 0..<8 {
            let shape = SimulatedOrders.Shape(
                mode: mode, content: content, length: 150, processes: 4, keys: ["x", "y", "z"])
            let history = try SimulatedOrders.history(shape, random.split())
            for verdict in check(history, CheckOptions(guarantees: broken)) where verdict.judgement == .invalid {
                found[verdict.guarantee, default: 0] += 1
            }
        }
        for guarantee in broken { #expect(found[guarantee] ?? 0 > 4, "\(guarantee): \(found)") }
    }

    @Test("a store that keeps all session guarantees is causal", arguments: [SimulatedStore.Content.words, .sets])
    func ordersOfSessions(content: SimulatedStore.Content) throws {
        var random = SeededRandom.named("session-stores-\(content)", seed: 20_260_101)
        for _ in 0..<20 {
            let history = try SimulatedStore.history(
                [.readYourWrites, .monotonicReads, .monotonicWrites, .writesFollowReads], content, length: 80,
                random.split())
            for verdict in check(history, CheckOptions(guarantees: [.weakCausal, .causal])) {
                #expect(verdict.judgement == .valid, "\(verdict): \(HistoryNotation.text(history))")
            }
        }
    }
}
