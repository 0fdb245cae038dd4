import Determinism
import Testing

@testable import Replication

@Suite("Raft and bytes that no member wrote")
struct RaftHostileTests {
    @Test("damaged messages and messages from nowhere stop no member")
    func messages() {
        var random = SeededRandom(seed: 5)
        for seed in UInt64(1)...8 {
            var cluster = RaftCluster(3, seed: seed) { $0.snapshotEvery = 5 }
            // Forged messages may break every promise; they may not end the process.
            cluster.invariants = nil
            cluster.startAll()
            var seen: [(to: NodeName, from: NodeName, message: PeerMessage)] = []
            for round in 0..<60 {
                cluster.keep = { _, _, _ in round % 4 == 0 }
                if let leader = cluster.leader { _ = cluster.set(leader, "x", "\(round)") }
                cluster.run(milliseconds: 40)
                seen += cluster.kept
                cluster.kept = []
                for _ in 0..<20 where !seen.isEmpty {
                    let item = random.choose(seen)
                    let message = damaged(item.message, &random)
                    cluster.step(item.to, .received(from: random.choose(["n1", "n2", "n3", "n9"]), message))
                }
            }
            #expect(seen.count > 20)
        }
    }

    private func damaged(_ message: PeerMessage, _ random: inout SeededRandom) -> PeerMessage {
        var damaged = message
        switch random.below(5) {
        case 0: damaged.kind = UInt8(random.below(16))
        case 1: damaged.epoch = random.choose([0, 1, UInt64(random.below(100)), .max, UInt64(UInt32.max)])
        case 2: damaged.payload = Array(damaged.payload.prefix(random.below(damaged.payload.count + 1)))
        case 3: damaged.payload += [UInt8(random.below(256))]
        default: break
        }
        for _ in 0..<random.below(3) where !damaged.payload.isEmpty {
            damaged.payload[random.below(damaged.payload.count)] = random.choose([0, 1, 127, 128, 255])
        }
        return damaged
    }

    @Test("every message is read back as it was written")
    func codec() throws {
        let place = Position(timeline: 3, lsn: 200)
        let ticket = RaftReadTicket(life: 2, number: 9)
        let entries = [RaftEntry(term: 3, .noop), RaftEntry(term: 4, .payload, [1, 2, 3])]
        let conflict = RaftAppendAnswer.Conflict(previous: 7, found: place)
        let bodies: [RaftMessage.Body] = [
            .askPreVote(last: place, round: 1), .preVoteAnswer(isGranted: true, round: 1),
            .askVote(last: place, isForced: true), .voteAnswer(isGranted: false),
            .append(.init(previous: place, commit: 7, round: 8, entries: entries)),
            .appendAnswer(.init(round: 4, match: 5)), .appendAnswer(.init(round: 4, match: 5, conflict: conflict)),
            .snapshotPart(.init(position: place, offset: 1, total: 9, checksum: 4, round: 2, bytes: [7])),
            .snapshotAnswer(place, received: 8, round: 2), .askRead(ticket), .readAnswer(ticket, index: 4),
            .campaignNow, .askTransfer,
        ]
        for body in bodies {
            let message = RaftMessage(term: 9, body: body)
            #expect(try RaftMessage(decoding: message.encoded) == message)
            var longer = message.encoded
            longer.payload.append(0)
            #expect(throws: DecodingFailure.self) { try RaftMessage(decoding: longer) }
        }
    }

    @Test("what a disk holds and no member wrote is refused")
    func stored() throws {
        let configuration = RaftConfiguration(name: "n1", cluster: "c", members: ["n1", "n2", "n3"])
        let record = StoredRecord(timeline: 1, lsn: 1, kind: 2, payload: [])
        var strange = record
        strange.kind = 77
        var gap = record
        gap.lsn = 3
        let states = [
            StoredState(records: [strange]), StoredState(records: [record, gap]), StoredState(state: [255]),
            StoredState(snapshot: StoredSnapshot(position: Position(timeline: 1, lsn: 4), content: [1, 2, 3])),
        ]
        for state in states {
            #expect(throws: DecodingFailure.self) { try RaftReplica(configuration, stored: state) }
        }
        _ = try RaftReplica(configuration, stored: StoredState(records: [record]))
    }

    @Test("a snapshot brings back the sessions, and every reply is read back")
    func sessions() throws {
        var machine = RaftMachine()
        let commands: [Command] = [
            .set(key: [1], value: [2]), .increment(key: [3], by: 4), .increment(key: [1], by: 1),
            .append(key: [5], elements: [[6], []]), .compareAndSet(key: [9], old: [1], new: [2]),
            .transaction([
                .get(key: [1]), .increment(key: [3], by: 1), .getAll(keys: [[1], [8]]), .members(key: [7]),
            ]),
        ]
        for (index, command) in commands.enumerated() {
            let identity = CallIdentity(client: UInt64(index), sequence: 1)
            let entry = RaftEntry(term: 1, .payload, RaftOperation(command, identity: identity).encoded)
            _ = machine.apply(entry, at: Position(timeline: 1, lsn: LSN(index + 1)))
        }
        let copy = try RaftMachine(decoding: machine.encoded)
        #expect(copy.encoded == machine.encoded)
        #expect(copy.sessions.count == commands.count)
        for index in commands.indices {
            let identity = CallIdentity(client: UInt64(index), sequence: 1)
            #expect(copy.sessions.outcome(of: identity) == machine.sessions.outcome(of: identity))
        }
        #expect(copy.sessions.outcome(of: CallIdentity(client: 1, sequence: 2)) == nil)
    }
}
