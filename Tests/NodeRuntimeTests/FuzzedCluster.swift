import Determinism
import Replication
import ReplicationTesting

@testable import NodeRuntime

/// Members of one design that get damaged messages, damaged disks and orders that make no sense.
///
/// What is damaged here is what a checksum would catch on a real wire or disk; a member must stay whole all the same. It
/// may refuse, answer an error or end itself with a reason; a trap ends the test.
struct FuzzedCluster {
    /// Where something waits for its turn; what stands in one lane keeps its order.
    private enum Lane: Hashable, Comparable {
        case disk(Int)
        case stream(ConnectionID)
        case single(Int)

        private var rank: (Int, UInt64) {
            switch self {
            case .disk(let member): (0, UInt64(member))
            case .stream(let connection): (1, connection)
            case .single(let number): (2, UInt64(number))
            }
        }

        static func < (left: Lane, right: Lane) -> Bool { left.rank < right.rank }
    }

    private struct Item {
        var to: Int
        var life: Int
        var input: ReplicaInput
    }

    private struct Member {
        var replica: (any Replica)?
        var life = 0
        var disk = StoredState()
    }

    /// One end of a connection, by its number: whose it is, and the other end.
    private struct End {
        var member: Int
        var other: ConnectionID
    }

    let names: [NodeName]
    private let options: [NodeOptions]
    private var members: [Member]
    private var lanes: [Lane: [Item]] = [:]
    private var ends: [ConnectionID: End] = [:]
    private var random: SeededRandom
    private var damage: Damage
    private var now: Moment = 1_000_000_000
    private var counter: UInt64 = 0

    /// What came of it.
    private(set) var steps = 0
    private(set) var damaged = 0
    private(set) var answers = 0
    private(set) var refusedDisks = 0
    /// The most that one input made a member want: bytes of messages and records.
    private(set) var largest = 0

    /// `words`: the design's own options, for the member of a place.
    init(
        _ design: any NodeDesign.Type, seed: UInt64, members count: Int, words: (Int) -> [String]
    ) throws(NodeError) {
        names = (1...count).map { "n\($0)" }
        random = SeededRandom(seed: seed)
        damage = Damage()
        let peers = names.enumerated().map { "\($1)=127.0.0.1:\(7101 + $0)" }.joined(separator: ",")
        var options: [NodeOptions] = []
        for place in 0..<count {
            options.append(
                try NodeCommandLine.options(
                    [
                        "--id", names[place], "--cluster", "c", "--peers", peers, "--client", "127.0.0.1:7000",
                        "--peer", "127.0.0.1:\(7101 + place)", "--data", "unused", "--seed", "\(seed)",
                    ] + words(place), of: design))
        }
        self.options = options
        members = [Member](repeating: Member(), count: count)
        for place in 0..<count { start(place) }
    }

    /// Lets some things happen.
    mutating func run(steps count: Int) {
        for _ in 0..<count {
            let member = random.below(members.count)
            switch random.below(100) {
            case 0..<70: deliver()
            case 70..<82: pass(member)
            case 82..<92: request(member)
            case 92..<95: order(member)
            case 95..<97: inspect(member)
            case 97..<98: cutConnection()
            default: restart(member)
            }
        }
        for member in members.indices { inspect(member) }
    }

    // MARK: What happens

    private mutating func deliver() {
        guard !lanes.isEmpty else { return pass(random.below(members.count)) }
        let lane = random.choose(lanes.keys.sorted())
        guard var items = lanes[lane], !items.isEmpty else { return }
        let item = items.removeFirst()
        lanes[lane] = items.isEmpty ? nil : items
        guard members[item.to].life == item.life else { return }
        step(item.to, damaged(item.input))
    }

    private mutating func damaged(_ input: ReplicaInput) -> ReplicaInput {
        switch input {
        case .received(let from, let message): return .received(from: from, changed(message))
        case .message(let connection, let message): return .message(connection, changed(message))
        default: return input
        }
    }

    private mutating func changed(_ message: PeerMessage) -> PeerMessage {
        damage.keep(message.payload, &random)
        guard random.chance(1, in: 5) else { return message }
        damaged += 1
        var message = message
        switch random.below(4) {
        case 0: message.kind = UInt8(random.below(24))
        case 1: message.epoch = damage.number(near: message.epoch, &random)
        default: message.payload = damage.changed(message.payload, &random)
        }
        return message
    }

    private mutating func pass(_ member: Int) {
        now += UInt64(random.below(random.chance(1, in: 8) ? 3_000_000_000 : 60_000_000))
        step(member, .tick)
    }

    private mutating func request(_ member: Int) {
        counter += 1
        var call = ClientCall(RandomCommand.command(&random))
        if random.chance(1, in: 3) { call.token = damage.any(&random) }
        if random.chance(1, in: 3) { call.context = damage.any(&random) }
        if random.chance(1, in: 4) {
            call.identity = CallIdentity(client: UInt64(random.below(3)), sequence: UInt64(random.below(6)))
        }
        if random.chance(1, in: 4) { call.policy = random.choose(["local", "tail", "quorum", "head", ""]) }
        step(member, .request(counter, call))
        if random.chance(1, in: 10) { step(member, .abandoned(counter)) }
    }

    private mutating func order(_ member: Int) {
        counter += 1
        let peer = random.chance(1, in: 8) ? "nobody" : random.choose(names)
        let gate = random.choose([
            "ship:\(peer)", "recv:\(peer)", "apply", "ack:\(peer)", "reply", "hint", "repair", "?",
        ])
        let orders: [AdminOrder] = [
            .gate(gate, isClosed: random.chance(1, in: 3)), .promote, .follow(peer), .snapshot,
            .delay(gate, random.chance(1, in: 2) ? DelayRange("1..30ms") : nil), .member(.add(peer)),
            .member(.remove(peer)), .syncSet([peer]), .repair, .offline, .online, .sync,
            .rehome(key: RandomCommand.key(&random), to: peer, drains: random.chance(1, in: 2)),
            .failpoint(random.choose(["snapshot", "vote", ""]), nil),
        ]
        step(member, .admin(counter, random.choose(orders)))
    }

    /// All that an operator may ask at any time.
    private mutating func inspect(_ place: Int) {
        guard let replica = members[place].replica else { return }
        let far = damage.number(near: 5, &random)
        _ = (replica.status, replica.dump, replica.log(from: 0, to: far), replica.log(from: far, to: 3))
        _ = (replica.contentHash, replica.info.count, replica.unrest.count, replica.nextWake)
    }

    private mutating func cutConnection() {
        guard let connection = ends.keys.sorted().randomElement(using: &random) else { return }
        close(connection, tellsBoth: true)
    }

    private mutating func restart(_ member: Int) {
        members[member].replica = nil
        members[member].life += 1
        lanes = lanes.filter { $0.key != .disk(member) }
        for connection in ends.filter({ $0.value.member == member }).keys.sorted() {
            close(connection, tellsBoth: false)
        }
        let whole = members[member].disk
        if random.chance(1, in: 3) { members[member].disk = changed(whole) }
        if !start(member) {
            refusedDisks += 1
            // The operator puts the copy back, or begins anew.
            members[member].disk = random.chance(1, in: 2) ? whole : StoredState()
            if !start(member) {
                members[member].disk = StoredState()
                start(member)
            }
        }
    }

    private mutating func changed(_ stored: StoredState) -> StoredState {
        var stored = stored
        damaged += 1
        switch random.below(3) {
        case 0:
            if let state = stored.state { stored.state = damage.changed(state, &random) }
        case 1:
            if let snapshot = stored.snapshot {
                stored.snapshot?.content = damage.changed(snapshot.content, &random)
            }
        default:
            guard !stored.records.isEmpty else { return stored }
            let record = random.below(stored.records.count)
            stored.records[record].payload = damage.changed(stored.records[record].payload, &random)
            if random.chance(1, in: 4) { stored.records[record].kind = UInt8(random.below(16)) }
        }
        return stored
    }

    @discardableResult
    private mutating func start(_ place: Int) -> Bool {
        let options = options[place]
        guard let replica = try? options.design.member(options.setting, members[place].disk) else { return false }
        members[place].replica = replica
        step(place, .tick)
        return true
    }

    // MARK: What members want

    private mutating func step(_ place: Int, _ input: ReplicaInput) {
        now += 1000
        steps += 1
        let time = NodeTime(monotonic: now, wall: Int64(random.below(1 << 40)))
        guard let effects = members[place].replica?.step(input, at: time) else { return }
        largest = max(largest, effects.reduce(0) { $0 + Self.size($1) })
        for effect in effects { execute(effect, place) }
    }

    private static func size(_ effect: ReplicaEffect) -> Int {
        switch effect {
        case .append(let record): record.payload.count + 32
        case .send(_, let message), .sendOn(_, let message): message.payload.count + 32
        case .saveState(let bytes, _): bytes.count
        case .saveSnapshot(let snapshot), .installSnapshot(let snapshot): snapshot.content.count
        default: 32
        }
    }

    private mutating func execute(_ effect: ReplicaEffect, _ place: Int) {
        switch effect {
        case .append, .cutLog, .dropLog: members[place].disk.take(effect)
        case .flush(let lsn): disk(place, .flushed(upTo: lsn))
        case .saveState(_, let number):
            members[place].disk.take(effect)
            disk(place, .stateSaved(number))
        case .saveSnapshot(let snapshot):
            members[place].disk.take(effect)
            disk(place, .snapshotSaved(snapshot.position))
        case .installSnapshot(let snapshot):
            members[place].disk.take(effect)
            disk(place, .snapshotInstalled(snapshot.position))
        case .reply: answers += 1
        case .send(let to, let message):
            guard let peer = names.firstIndex(of: to) else { return }
            counter += 1
            // More waits nowhere for long.
            guard lanes.count < 400 else { return }
            queue(.single(Int(counter)), peer, .received(from: names[place], message))
        case .connect(let to): connect(place, to)
        case .sendOn(let connection, let message):
            guard let end = ends[connection], end.member == place, let other = ends[end.other] else { return }
            queue(.stream(end.other), other.member, .message(end.other, message))
        case .close(let connection): close(connection, tellsBoth: false)
        case .crash: restart(place)
        case .adminReply, .record: break
        }
    }

    private mutating func queue(_ lane: Lane, _ to: Int, _ input: ReplicaInput) {
        lanes[lane, default: []].append(Item(to: to, life: members[to].life, input: input))
    }

    private mutating func disk(_ place: Int, _ input: ReplicaInput) { queue(.disk(place), place, input) }

    private mutating func connect(_ place: Int, _ to: NodeName) {
        guard let peer = names.firstIndex(of: to), members[peer].replica != nil, random.chance(9, in: 10) else {
            counter += 1
            return queue(.single(Int(counter)), place, .connectFailed(to: to))
        }
        counter += 2
        let (own, other) = (counter, counter + 1)
        counter += 1
        ends[own] = End(member: place, other: other)
        ends[other] = End(member: peer, other: own)
        queue(.stream(own), place, .connected(own, to: to))
        queue(.stream(other), peer, .accepted(other))
    }

    private mutating func close(_ connection: ConnectionID, tellsBoth: Bool) {
        guard let end = ends.removeValue(forKey: connection), let other = ends.removeValue(forKey: end.other) else {
            return
        }
        queue(.stream(end.other), other.member, .disconnected(end.other))
        if tellsBoth { queue(.stream(connection), end.member, .disconnected(connection)) }
    }
}
