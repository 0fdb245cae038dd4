import Determinism
import Testing

@testable import Replication

@Suite("Siblings in a leaderless store")
struct SiblingTests {
    @Test("two writes that did not know of each other stay, a third that knows both replaces them")
    func siblings() throws {
        var cluster = QuorumCluster { $0.versions = .dvv }
        let key = Array("k".utf8)
        #expect(cluster.set("n1", "k", 1) == .ok)
        #expect(cluster.set("n1", "k", 2) == .ok)
        let first = cluster.ask("n2", .get(key: key))
        let read = try #require(first)
        #expect(read.reply == value(2))
        #expect(read.details?.siblings == [Array("1".utf8)])
        let context = try #require(read.details?.context)
        #expect(cluster.ask("n3", .set(key: key, value: [51]), context: context)?.reply == .ok)
        let second = cluster.ask("n1", .get(key: key))
        let last = try #require(second)
        #expect(last.reply == value(3))
        #expect(last.details?.siblings == [])
        #expect(cluster.ask("n1", .set(key: key, value: [52]), context: [255])?.reply.isFailure == true)
    }

    /// What clients wrote, with what each had read before.
    private struct Audit {
        var cluster: QuorumCluster
        var random: SeededRandom
        /// What a client read last: the context, and the writes that it stands for, theirs included.
        var read: (context: [UInt8]?, seen: Set<Int>) = (nil, [])
        var pasts: [Int: Set<Int>] = [:]
        var acknowledged: Set<Int> = []

        init(seed: UInt64, mutants: Set<Mutant>) {
            cluster = QuorumCluster(seed: seed) {
                $0.versions = .dvv
                $0.snapshotEvery = 10
                $0.mutants = mutants
            }
            random = SeededRandom.named("audit", seed: seed)
        }

        func values(_ answer: ClientAnswer) -> Set<Int> {
            guard case .value(let first) = answer.reply else { return [] }
            return Set(
                ([first].compactMap { $0 } + (answer.details?.siblings ?? [])).compactMap {
                    Int(String(decoding: $0, as: UTF8.self))
                })
        }

        mutating func act() {
            let names = cluster.world.names
            let name = random.choose(names)
            switch random.below(8) {
            case 0:
                cluster.world.crash(name)
                cluster.world.start(random.choose(names))
            case 1: names.forEach { cluster.world.start($0) }
            case 2: cluster.order(name, "apply", isClosed: random.chance(1, in: 2))
            case 3: cluster.world.lossPercent = random.below(3) * 10
            case 4, 5:
                guard let answer = cluster.ask(name, .get(key: [107])), case .value = answer.reply else { return }
                let seen = values(answer).reduce(into: Set<Int>()) { $0.formUnion((pasts[$1] ?? []).union([$1])) }
                read = (answer.details?.context, seen)
            default:
                let number = pasts.count + 1
                let isBlind = random.chance(1, in: 3)
                pasts[number] = isBlind ? [] : read.seen
                let set = Command.set(key: [107], value: Array(String(number).utf8))
                if cluster.ask(name, set, context: isBlind ? nil : read.context)?.reply == .ok {
                    acknowledged.insert(number)
                }
            }
        }

        /// What is wrong at the end: a write that nobody replaced is missing, or one that was replaced is there.
        mutating func verdict() -> String? {
            cluster.heal()
            cluster.settle()
            guard cluster.unrest.isEmpty else { return "no rest: \(cluster.unrest)" }
            guard let answer = cluster.ask("n1", .get(key: [107])) else { return "no answer" }
            let left = values(answer)
            let replaced = acknowledged.reduce(into: Set<Int>()) { $0.formUnion(pasts[$1] ?? []) }
            let missing = acknowledged.subtracting(pasts.values.reduce(into: Set<Int>()) { $0.formUnion($1) })
                .subtracting(left)
            if !missing.isEmpty { return "missing: \(missing.sorted())" }
            let back = left.intersection(replaced)
            return back.isEmpty ? nil : "replaced and still there: \(back.sorted())"
        }
    }

    @Test(
        "under crashes, loss and closed gates no acknowledged write goes unless somebody who had read it wrote",
        arguments: 0..<12)
    func audit(seed: UInt64) {
        var audit = Audit(seed: seed, mutants: [])
        for _ in 0..<60 { audit.act() }
        let verdict = audit.verdict()
        #expect(verdict == nil, "seed \(seed)")
        #expect(audit.acknowledged.count > 0)
    }

    @Test("the same audit finds vectors without dots")
    func mutant() {
        let caught = (0..<10).contains { seed in
            var audit = Audit(seed: UInt64(seed), mutants: [.vvNoDots])
            for _ in 0..<60 { audit.act() }
            return audit.verdict() != nil
        }
        #expect(caught)
    }
}
