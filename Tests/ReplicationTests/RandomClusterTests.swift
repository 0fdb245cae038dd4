import Determinism
import Testing

@testable import Replication

@Suite("Clusters under random faults")
struct RandomClusterTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var ack: AckPolicy
        var stage = AckStage.flush
        /// How many followers hold a write that was acknowledged.
        var copies: Int
        var testDescription: String { "\(ack), \(stage.rawValue)" }
    }

    static let cases = [
        Case(ack: .async, copies: 0), Case(ack: .count(1), copies: 1), Case(ack: .all, copies: 2),
        Case(ack: .all, stage: .receive, copies: 0),
    ]

    /// A cluster in which writes, crashes, restarts, wipes, gates and cuts happen at random; the leader stays.
    struct Storm {
        var cluster: VirtualCluster
        var random: SeededRandom
        let copies: Int
        /// Elements that were written, by request, and those that were acknowledged.
        var elements: [RequestID: [UInt8]] = [:]
        var acknowledged: [(element: [UInt8], lsn: LSN)] = []
        private var next = 0
        private var seen = 0
        private var highest: [NodeName: LSN] = [:]

        init(_ test: Case, seed: UInt64) {
            cluster = VirtualCluster(3, seed: seed) {
                $0.ack = test.ack
                $0.ackStage = test.stage
                $0.retain = 40
                $0.snapshotEvery = 60
                $0.seed = seed
            }
            random = SeededRandom.named("storm", seed: seed)
            copies = test.copies
            for name in cluster.names { cluster.start(name, name == "n1" ? .leader : .follower, following: "n1") }
        }

        mutating func write() {
            guard cluster.node("n1") != nil else { return }
            next += 1
            let element = Array(String(next).utf8)
            let key = Array("s\(next % 3)".utf8)
            elements[cluster.request("n1", .add(key: key, elements: [element]))] = element
        }

        mutating func disturb() {
            let follower = random.chance(1, in: 2) ? "n2" : "n3"
            switch random.below(12) {
            case 0: cluster.crash(follower, wiping: false)
            case 1 where copies == 0: cluster.crash(follower, wiping: true)
            case 2: cluster.crash("n1")
            case 3: cluster.cuts.insert(["n1", follower])
            case 4...6: cluster.cuts = []
            case 7: cluster.order("n1", .setGate(.ship(follower), isClosed: random.chance(1, in: 2)))
            case 8: cluster.order(follower, .setGate(.apply, isClosed: random.chance(1, in: 2)))
            case 9: cluster.order(follower, .setGate(.receive("n1"), isClosed: random.chance(1, in: 2)))
            case 10:
                let range = DelayRange(shortest: 0, longest: 30_000_000)
                cluster.order(follower, .setDelay(.apply, random.chance(1, in: 2) ? range : nil))
            default: restart()
            }
        }

        mutating func restart() {
            for name in cluster.names where cluster.node(name) == nil {
                cluster.start(name, name == "n1" ? .leader : .follower, following: "n1")
            }
        }

        /// What must hold at every moment.
        mutating func check() {
            for reply in cluster.replies[seen...] where reply.answer.reply == .integer(1) {
                let lsn = reply.answer.position.lsn
                acknowledged.append((elements[reply.id] ?? [], lsn))
                let holders = cluster.names.filter { durable($0) >= lsn }
                #expect(holders.contains("n1"), "entry \(lsn) was acknowledged and is not durable at the leader")
                #expect(holders.count > copies, "entry \(lsn) was acknowledged and is durable at \(holders)")
            }
            seen = cluster.replies.count
            for name in cluster.names { checkPrefix(name) }
        }

        private func durable(_ name: NodeName) -> LSN {
            let disk = cluster.hosts[name]?.disk
            return max(disk?.durable.last?.lsn ?? 0, disk?.snapshot?.position.lsn ?? 0)
        }

        /// A follower never has an entry that the leader does not have durably, nor another one in its place.
        private func checkPrefix(_ name: NodeName) {
            guard name != "n1", let log = cluster.node(name)?.log else { return }
            #expect(log.last.lsn <= durable("n1"), "\(name) is ahead of what is durable at the leader")
            guard let leader = cluster.node("n1")?.log else { return }
            let first = max(log.base.lsn, leader.base.lsn) + 1
            guard first <= log.last.lsn else { return }
            for lsn in first...log.last.lsn { #expect(log[lsn] == leader[lsn], "entry \(lsn) of \(name)") }
        }

        mutating func heal() {
            cluster.cuts = []
            restart()
            for name in cluster.names {
                for target in [GateTarget.apply, .receive("n1"), .ship("n2"), .ship("n3")] {
                    cluster.order(name, .setGate(target, isClosed: false))
                }
                cluster.order(name, .setDelay(.apply, nil))
            }
            cluster.run(milliseconds: 4000)
        }

        func checkConverged(_ seed: UInt64) {
            let stores = cluster.names.compactMap { cluster.node($0)?.applied }
            #expect(stores.count == 3)
            #expect(Set(stores.map(\.contentHash)).count == 1, "seed \(seed): stores differ")
            #expect(Set(stores.map(\.position)).count == 1, "seed \(seed): positions differ")
            for name in cluster.names {
                #expect(cluster.node(name)?.unrest == [], "seed \(seed): \(name)")
            }
            for write in acknowledged {
                let isThere = (0..<3).contains { stores[0].isMember(write.element, of: Array("s\($0)".utf8)) }
                #expect(isThere, "seed \(seed): acknowledged entry \(write.lsn) is lost")
            }
        }
    }

    @Test(
        "what was acknowledged is durable where promised, followers hold a prefix, and all converge",
        arguments: cases)
    func storm(test: Case) {
        var acknowledged = 0
        var snapshots = 0
        for seed in UInt64(1)...40 {
            var storm = Storm(test, seed: seed)
            for _ in 0..<60 {
                for _ in 0..<storm.random.below(8) { storm.write() }
                if storm.random.chance(1, in: 3) { storm.disturb() }
                storm.cluster.run(milliseconds: UInt64(storm.random.below(60)))
                storm.check()
            }
            storm.heal()
            storm.check()
            storm.checkConverged(seed)
            acknowledged += storm.acknowledged.count
            snapshots += storm.cluster.events.count { $0.event.kind == "snapshot-installed" }
        }
        #expect(acknowledged > 500, "the storm let nothing through")
        #expect(snapshots > 0, "no follower ever needed a snapshot")
    }

    @Test("the same seed makes the same run")
    func repeats() {
        func run() -> [LSN] {
            var storm = Storm(Self.cases[1], seed: 7)
            for _ in 0..<40 {
                for _ in 0..<storm.random.below(8) { storm.write() }
                storm.disturb()
                storm.cluster.run(milliseconds: 20)
            }
            return storm.cluster.replies.map(\.answer.position.lsn)
        }
        #expect(run() == run())
    }
}
