import Testing

@testable import Replication

/// A leader and a follower with partitions, between which everything arrives at once and whose disks take no time.
private struct Pair {
    static let count = 4
    var members: [NodeName: PartitionedReplica] = [:]
    var disks: [NodeName: StoredState] = ["n1": StoredState(), "n2": StoredState()]
    var answers: [RequestID: ClientAnswer] = [:]
    var refusal: String?
    private var agenda: [(name: NodeName, input: ReplicaInput)] = []
    private var now: Moment = 1
    /// The number of a connection is the same at both ends.
    private var connections: ConnectionID = 0
    private var lastRequest: RequestID = 0

    init() throws { for name in ["n1", "n2"] { try start(name) } }

    mutating func start(_ name: NodeName, partitions: Int = count) throws {
        let configuration = SingleLeaderConfiguration(name: name, cluster: "c", members: ["n1", "n2"])
        members[name] = try PartitionedReplica(
            configuration, partitions: partitions, role: name == "n1" ? .leader : .follower, leader: "n1",
            stored: disks[name] ?? StoredState())
        run()
    }

    mutating func run(milliseconds: UInt64 = 300) {
        let end = now + milliseconds * 1_000_000
        while now < end {
            for name in ["n1", "n2"] { agenda.append((name, .tick)) }
            while !agenda.isEmpty {
                let next = agenda.removeFirst()
                let time = NodeTime(monotonic: now, wall: Int64(now))
                for effect in members[next.name]?.step(next.input, at: time) ?? [] { carryOut(effect, next.name) }
            }
            now += 5_000_000
        }
    }

    private mutating func carryOut(_ effect: ReplicaEffect, _ name: NodeName) {
        let other = name == "n1" ? "n2" : "n1"
        switch effect {
        case .append(let record): disks[name]?.records.append(record)
        case .flush(let lsn): agenda.append((name, .flushed(upTo: lsn)))
        case .reply(let id, let answer): answers[id] = answer
        case .connect:
            connections += 1
            agenda += [(other, .accepted(connections)), (name, .connected(connections, to: other))]
        case .sendOn(let id, let message): agenda.append((other, .message(id, message)))
        case .close(let id): agenda.append((other, .disconnected(id)))
        case .adminReply(_, .refused(let reason)): refusal = reason
        default: break
        }
    }

    mutating func ask(_ name: NodeName, _ command: Command, token: String? = nil) -> ClientAnswer? {
        lastRequest += 1
        let call = ClientCall(command, token: token.map { Array($0.utf8) })
        agenda.append((name, .request(lastRequest, call)))
        run(milliseconds: 50)
        return answers[lastRequest]
    }

    mutating func order(_ name: NodeName, _ order: AdminOrder) {
        refusal = nil
        agenda.append((name, .admin(1, order)))
        run(milliseconds: 50)
    }

    func dump(_ name: NodeName) -> ReportValue? { members[name]?.dump["keys"] }
}

@Suite("Partitions with a log each")
struct PartitionTests {
    private func key(_ text: String) -> [UInt8] { Array(text.utf8) }

    private func set(_ name: String, _ value: String) -> Command { .set(key: key(name), value: key(value)) }

    private let names = ["c1", "e1", "s0", "s2"]

    @Test("a follower gets the log of each partition, and keys of several are read at once")
    func replication() throws {
        var pair = try Pair()
        #expect(Set(names.map { PartitionedReplica.home(of: key($0), Pair.count) }).count == Pair.count)
        var positions: Set<Position> = []
        for (number, name) in (names + names).enumerated() {
            let answer = pair.ask("n1", set(name, "\(number)"))
            #expect(answer?.reply == .ok)
            if let answer { positions.insert(answer.position) }
        }
        #expect(positions.count == 8, "no two entries have the same position")
        for node in ["n1", "n2"] {
            let answer = pair.ask(node, .getAll(keys: names.map(key)))
            #expect(answer?.reply == .values(["4", "5", "6", "7"].map(key)))
        }
        #expect(pair.dump("n1") == pair.dump("n2"))
        #expect(pair.members["n1"]?.contentHash == pair.members["n2"]?.contentHash)
        #expect(pair.members["n1"]?.unrest == [])
    }

    @Test("the apply gate of one partition holds back nothing of the others")
    func gate() throws {
        var pair = try Pair()
        for name in names { _ = pair.ask("n1", set(name, "old")) }
        pair.order("n2", .gate("apply:c1", isClosed: true))
        #expect(pair.refusal == nil)
        for name in names { _ = pair.ask("n1", set(name, "new")) }
        let read = Command.getAll(keys: names.map(key))
        #expect(pair.ask("n2", read)?.reply == .values(["old", "new", "new", "new"].map(key)))
        pair.order("n2", .gate("apply", isClosed: false))
        #expect(pair.ask("n2", read)?.reply == .values(["new", "new", "new", "new"].map(key)))
        pair.order("n2", .gate("apply:", isClosed: true))
        pair.order("n2", .gate("ship:n9", isClosed: true))
        #expect(pair.refusal != nil)
    }

    @Test("a token names the positions of a session in each partition, and waits for its own alone")
    func tokens() throws {
        var pair = try Pair()
        let first = pair.ask("n1", set("c1", "1"), token: "")
        let token = String(decoding: first?.details?.token ?? [], as: UTF8.self)
        #expect(token == "\(PartitionedReplica.home(of: key("c1"), Pair.count))=1:1")
        #expect(pair.ask("n2", .get(key: key("c1")), token: token)?.reply == .value(key("1")))
        #expect(pair.ask("n2", .get(key: key("e1")), token: token)?.reply == .value(nil))
        let ahead = token.replacing("1:1", with: "1:9")
        #expect(pair.ask("n2", .get(key: key("e1")), token: ahead)?.reply == .value(nil))
        #expect(pair.ask("n2", .get(key: key("c1")), token: ahead) == nil, "it waits")
        for bad in ["9=1:1", "x", "1=1:1,1=1:1"] {
            guard case .failed(.syntax, _)? = pair.ask("n2", .get(key: key("c1")), token: bad)?.reply else {
                Issue.record("\(bad) is taken for a token")
                continue
            }
        }
    }

    @Test("what would change rows of several partitions is refused, and nothing of it is done")
    func refusals() throws {
        var pair = try Pair()
        let both = Command.transaction([set("c1", "1"), set("e1", "1")])
        let statements = ["UPDATE c* SET value = 1", "INSERT q 1", "SET c1 = e1"].map { Command.statement(key($0)) }
        for command in [both] + statements {
            guard case .failed(.refused, _)? = pair.ask("n1", command)?.reply else {
                Issue.record("\(command) is not refused")
                continue
            }
        }
        #expect(pair.dump("n1") == .list([]))
        #expect(pair.ask("n1", .statement(key("SET c1 = 5")))?.reply == .value(key("5")))
        #expect(pair.ask("n1", .transaction([set("c1", "6"), .get(key: key("c1"))]))?.reply.isFailure == false)
    }

    @Test("a member finds all partitions again, also after a promotion, and no other number of them")
    func restart() throws {
        var pair = try Pair()
        for name in names { _ = pair.ask("n1", set(name, "1")) }
        pair.order("n1", .snapshot)
        for name in names { _ = pair.ask("n1", set(name, "2")) }
        let before = try #require(pair.dump("n1"))
        try pair.start("n1")
        #expect(pair.dump("n1") == before)
        pair.order("n2", .promote)
        #expect(pair.refusal == nil && pair.members["n2"]?.role == .leader)
        pair.order("n2", .promote)
        #expect(pair.refusal != nil)
        pair.order("n1", .follow("n2"))
        #expect(pair.ask("n2", set("c1", "3"))?.reply == .ok)
        try pair.start("n2")
        #expect(pair.members["n2"]?.role == .leader && pair.dump("n2") == pair.dump("n1"))
        #expect(throws: DecodingFailure.self) { try pair.start("n2", partitions: 3) }
        let plain = SingleLeaderConfiguration(name: "n2", cluster: "c", members: ["n1", "n2"])
        let stored = try #require(pair.disks["n2"])
        #expect(throws: DecodingFailure.self) {
            try SingleLeaderReplica(plain, role: .follower, leader: "n1", stored: stored)
        }
    }

    @Test("bytes that are for no partition end the connection")
    func strangers() throws {
        var pair = try Pair()
        for payload in [[], [Pair.count], [255, 1]] as [[Int]] {
            let time = NodeTime(monotonic: 10_000_000_000, wall: 0)
            _ = pair.members["n1"]?.step(.accepted(900), at: time)
            let message = PeerMessage(kind: 1, payload: payload.map { UInt8($0) })
            let effects = pair.members["n1"]?.step(.message(900, message), at: time) ?? []
            #expect(effects.contains { if case .close(900) = $0 { true } else { false } })
        }
    }
}
