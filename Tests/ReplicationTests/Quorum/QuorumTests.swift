import Determinism
import Testing

@testable import Replication

@Suite("Leaderless stores")
struct QuorumTests {
    @Test("every node takes every request; two of three are enough; with one nothing is begun")
    func service() {
        var cluster = QuorumCluster()
        #expect(cluster.set("n1", "k", 1) == .ok)
        #expect(cluster.get("n2", "k") == value(1))
        cluster.world.crash("n3")
        cluster.world.run(milliseconds: 700)
        #expect(cluster.set("n2", "k", 2) == .ok)
        #expect(cluster.get("n1", "k") == value(2))
        cluster.world.crash("n2")
        cluster.world.run(milliseconds: 700)
        guard case .failed(.notReady, _)? = cluster.set("n1", "k", 3) else { return #expect(Bool(false)) }
        guard case .failed(.notReady, _)? = cluster.get("n1", "k") else { return #expect(Bool(false)) }
    }

    @Test("what depends on what is there is refused, with nothing done")
    func refusals() {
        var cluster = QuorumCluster()
        let key: [UInt8] = [107]
        for command in [
            Command.compareAndSet(key: key, old: nil, new: [1]), .increment(key: key, by: 1),
            .append(key: key, elements: [[1]]), .range(key: key, first: 0, last: -1), .statement([1]),
            .transaction([.get(key: key)]), .reserve(slot: key, holder: [1], operation: [2]),
        ] {
            guard case .failed(.refused, _)? = cluster.ask("n1", command)?.reply else {
                return #expect(Bool(false))
            }
        }
        #expect(cluster.get("n1", "k") == value(nil))
    }

    @Test("a write that reached one replica is unknown, and a blocking repair keeps what was read of it")
    func partial() {
        for repair in [QuorumConfiguration.Repair.off, .blocking] {
            var cluster = QuorumCluster {
                $0.repair = repair
                $0.versions = .wall
                $0.antiEntropy = nil
            }
            #expect(cluster.set("n1", "k", 1) == .ok)
            cluster.settle()
            cluster.order("n1", "ship:n2", isClosed: true)
            cluster.order("n1", "ship:n3", isClosed: true)
            guard case .unknown(.stalled, _)? = cluster.set("n1", "k", 2) else { return #expect(Bool(false)) }
            cluster.order("n1", "recv:n2", isClosed: true)
            #expect(cluster.get("n1", "k") == value(2))
            cluster.order("n2", "recv:n1", isClosed: true)
            #expect(cluster.get("n2", "k") == value(repair == .off ? 1 : 2))
        }
    }

    @Test("a stand-in keeps a write for a silent home, durably, and hands it over")
    func hints() throws {
        var cluster = QuorumCluster(5) {
            $0.isSloppy = true
            $0.antiEntropy = nil
        }
        let ring = QuorumRing(try #require(cluster.node("n1")).configuration)
        let homes = ring.homes(of: Array("k".utf8))
        let others = cluster.world.names.filter { !homes.contains($0) }
        cluster.world.crash(homes[0])
        cluster.world.crash(homes[1])
        cluster.world.run(milliseconds: 700)
        #expect(cluster.set(others[0], "k", 1) == .ok)
        cluster.settle()
        #expect(cluster.node(others[0])?.store.hintCount == 1)
        #expect(cluster.node(others[1])?.store.hintCount == 1)
        cluster.world.crash(others[1])
        cluster.world.start(others[1])
        #expect(cluster.node(others[1])?.store.hintCount == 1)
        cluster.world.start(homes[0])
        cluster.world.start(homes[1])
        cluster.world.run(milliseconds: 2_000)
        for home in homes {
            #expect(cluster.node(home)?.store[QuorumPlace(key: Array("k".utf8))]?.shown == [Array("1".utf8)])
        }
        cluster.settle()
        #expect(cluster.node(others[1])?.store.hintCount == 0)
        #expect(cluster.unrest.isEmpty)
    }

    @Test("comparisons bring what was missed, and deletions, to all; a deletion is forgotten after its time")
    func antiEntropy() {
        var cluster = QuorumCluster {
            $0.repair = .off
            $0.gcGrace = 5_000_000_000
        }
        for key in 0..<40 { #expect(cluster.set("n1", "k\(key)", key) == .ok) }
        cluster.settle()
        cluster.world.crash("n3")
        for key in 40..<80 { #expect(cluster.set("n2", "k\(key)", key) == .ok) }
        #expect(cluster.ask("n2", .delete(key: Array("k7".utf8)))?.reply == .integer(1))
        cluster.world.start("n3")
        cluster.settle()
        #expect(cluster.unrest.isEmpty)
        #expect(Set(cluster.world.names.compactMap { cluster.world.replica($0)?.contentHash }).count == 1)
        #expect(cluster.node("n3")?.store[QuorumPlace(key: Array("k7".utf8))]?.isTombstone == true)
        #expect(cluster.node("n3")?.store.count == 80)
        cluster.world.run(milliseconds: 8_000)
        #expect(cluster.node("n3")?.store.count == 79)
    }

    @Test("a hybrid clock does not let a write in that comes from too far ahead")
    func skew() {
        var hlc = QuorumConfiguration(name: "n1", cluster: "c", members: ["n1", "n2"])
        hlc.versions = .hlc
        guard var replica = try? QuorumReplica(hlc) else { return #expect(Bool(false)) }
        let entry = QuorumEntry(
            key: [1],
            cell: .stamped(Stamp(time: 600_000_000, replica: "n2"), QuorumValue(bytes: [2], written: 0)))
        let put = QuorumMessage.put(ticket: QuorumTicket(life: 1, number: 1), home: "n1", [entry]).encoded
        let far = replica.step(.received(from: "n2", put), at: NodeTime(monotonic: 1, wall: 0))
        #expect(!far.contains { if case .append = $0 { true } else { false } })
        let near = replica.step(.received(from: "n2", put), at: NodeTime(monotonic: 2, wall: 200_000_000))
        #expect(near.contains { if case .append = $0 { true } else { false } })
    }

    @Test("messages and records are read back as written; cut off or with bytes too many they are refused")
    func codecs() throws {
        var versions = DottedVersions<QuorumValue>()
        versions.put(QuorumValue(bytes: nil, written: -1), at: "n1", after: VersionVector())
        let entries = [
            QuorumEntry(key: [1], element: [2], cell: .dotted(versions)),
            QuorumEntry(key: [], cell: .stamped(Stamp(time: 1, replica: "n"), QuorumValue(bytes: [3], written: 4))),
        ]
        let ticket = QuorumTicket(life: 1, number: 300)
        let messages: [QuorumMessage] = [
            .ping, .put(ticket: ticket, home: "n1", entries), .putAnswer(ticket: ticket, home: "n1"),
            .get(ticket: ticket, home: "n1", .registers([[1], []])), .get(ticket: ticket, home: "n2", .set([1])),
            .getAnswer(ticket: ticket, home: "n1", entries), .repair(ticket: ticket, entries),
            .handoff(ticket: ticket, []), .roots([1, .max]), .agreed(7), .leaves(range: 2, [0]),
            .contents(range: 1, leaves: [63], isQuestion: true, entries), .joining,
            .tell(ticket: ticket, range: 1, from: QuorumCursor(leaf: 63, after: entries[0].place)),
            .told(ticket: ticket, isComplete: true, next: QuorumCursor(leaf: 2), entries),
            .told(ticket: ticket, isComplete: false, next: nil, []),
        ]
        for message in messages {
            let bytes = message.encoded
            #expect(try QuorumMessage(decoding: bytes) == message)
            for length in bytes.payload.indices {
                let cut = PeerMessage(kind: bytes.kind, payload: Array(bytes.payload[..<length]))
                #expect(throws: DecodingFailure.self) { try QuorumMessage(decoding: cut) }
            }
            let more = PeerMessage(kind: bytes.kind, payload: bytes.payload + [0])
            #expect(throws: DecodingFailure.self) { try QuorumMessage(decoding: more) }
        }
        let record = QuorumRecord(.hint, entries, home: "n3")
        let stored = StoredRecord(timeline: 1, lsn: 1, kind: record.kind.rawValue, payload: record.payload)
        #expect(try QuorumRecord(stored) == record)
    }

    @Test("noise never traps a member")
    func noise() throws {
        var random = SeededRandom(seed: 3)
        var replica = try QuorumReplica(QuorumConfiguration(name: "n1", cluster: "c", members: ["n1", "n2", "n3"]))
        for step in 0..<20_000 {
            let bytes = (0..<random.below(30)).map { _ in UInt8(random.below(random.chance(1, in: 3) ? 256 : 4)) }
            let message = PeerMessage(kind: UInt8(random.below(13)), payload: bytes)
            _ = replica.step(.received(from: "n2", message), at: NodeTime(monotonic: UInt64(step), wall: 0))
        }
        var last = replica.step(.tick, at: NodeTime(monotonic: 1 << 40, wall: .max))
        last += replica.step(.tick, at: NodeTime(monotonic: 1 << 41, wall: .min))
        #expect(replica.name == "n1" && !last.isEmpty)
    }
}
