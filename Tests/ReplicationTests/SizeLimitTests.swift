import Determinism
import Testing

@testable import Replication

@Suite("How large things may become")
struct SizeLimitTests {
    private static let megabyte = [UInt8](repeating: 120, count: 1 << 20)

    /// A megabyte that differs from the others.
    private static func element(_ number: Int) -> [UInt8] { [UInt8(number)] + megabyte.dropFirst() }

    private static func isTooLarge(_ reply: Reply?) -> Bool {
        if case .failed(.tooLarge, _)? = reply { true } else { false }
    }

    /// A state that commands are given to one after the other.
    private struct Table {
        var store = Store(replica: 1)
        var recording = Recording()

        mutating func tell(_ command: Command) -> Reply {
            if command.isRead { return command.read(store).reply }
            let (change, reply) = command.effect(on: store, recorded: recording)
            if let change {
                store.apply(LogEntry(Position(timeline: 1, lsn: store.position.lsn + 1), change))
            }
            return reply
        }
    }

    @Test("a list and a set grow up to the limit; what is there already, or goes, is no matter")
    func values() {
        var table = Table()
        for number in 1...7 {
            #expect(table.tell(.append(key: [1], elements: [Self.element(number)])) == .integer(number))
            #expect(table.tell(.add(key: [2], elements: [Self.element(number)])) == .integer(1))
        }
        #expect(Self.isTooLarge(table.tell(.append(key: [1], elements: [Self.megabyte]))))
        #expect(Self.isTooLarge(table.tell(.add(key: [2], elements: [Self.element(8)]))))
        #expect(table.tell(.add(key: [2], elements: [Self.element(7)])) == .integer(0))
        #expect(table.tell(.add(key: [2], elements: [Self.element(7), [9]])) == .integer(1))
        #expect(table.tell(.remove(key: [2], elements: [Self.element(7), [0]])) == .integer(1))
        #expect(table.tell(.add(key: [2], elements: [Self.element(8)])) == .integer(1))
        #expect(table.store.weight([2]) == 7 * (SizeLimit.element + (1 << 20)) + SizeLimit.element + 1)
        let steps = [Command.set(key: [3], value: [1]), .append(key: [1], elements: [Self.megabyte])]
        #expect(Self.isTooLarge(table.tell(.transaction(steps))))
        #expect(table.store.register([3]) == nil, "all or none")
        // Whoever starts from a snapshot counts the same.
        var copy = Store(position: table.store.position)
        table.store.rows.flatMap(\.parts).forEach { copy.load($0) }
        #expect([[1], [2]].allSatisfy { copy.weight($0) == table.store.weight($0) })
        #expect(table.tell(.delete(key: [1])) == .integer(1))
        #expect(table.tell(.append(key: [1], elements: [Self.megabyte])) == .integer(1))
    }

    @Test("an entry that changes too much is refused: pages with much on them, statements about many rows")
    func entries() {
        var table = Table()
        let page = PageImage.number(of: [])
        let keys = (0..<UInt32.max).lazy.map { number in
            (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
        }
        .filter { PageImage.number(of: $0) == page }
        let sameOnes = Array(keys.prefix(17))
        for key in sameOnes { #expect(table.tell(.set(key: key, value: Self.megabyte)) == .ok) }
        table.recording.format = .wal
        #expect(Self.isTooLarge(table.tell(.set(key: sameOnes[0], value: [1]))))
        table.recording.format = .statement
        for number in 0..<17 { _ = table.tell(.set(key: Array("a\(number)".utf8), value: [1])) }
        _ = table.tell(.set(key: Array("big".utf8), value: Self.megabyte))
        #expect(Self.isTooLarge(table.tell(.statement(Array("UPDATE a* SET value = big".utf8)))))
        #expect(!table.tell(.statement(Array("UPDATE a* SET value = big LIMIT 3".utf8))).isFailure)
    }

    @Test("an answer that would be too large is refused, and a transaction with it does nothing")
    func answers() {
        var table = Table()
        _ = table.tell(.set(key: [1], value: Self.megabyte))
        let keys = [[UInt8]](repeating: [1], count: 17)
        #expect(Self.isTooLarge(table.tell(.getAll(keys: keys))))
        #expect(!table.tell(.getAll(keys: Array(keys.prefix(15)))).isFailure)
        #expect(
            Self.isTooLarge(table.tell(.transaction([.set(key: [2], value: [1])] + keys.map { .get(key: $0) }))))
        #expect(table.store.register([2]) == nil)
    }

    @Test("a snapshot of whatever size is cut into pieces that frames can carry")
    func pieces() {
        var store = Store(position: Position(timeline: 1, lsn: 1))
        for key in 1...3 as ClosedRange<UInt8> {
            store.apply(.append(key: [key], elements: (1...7).map { Self.element($0) }), at: store.position)
        }
        for number in 0..<2000 as Range<UInt32> {
            store.apply(
                .put(key: Array("k\(number)".utf8), value: Array(Self.megabyte.prefix(2000))), at: store.position)
        }
        var sender = SnapshotSender(store: store)
        var copy = Store(position: store.position)
        while let piece = sender.nextPiece() {
            #expect(SingleLeaderMessage.snapshotRows(piece).encoded(epoch: 1).payload.count < 3 << 20)
            piece.forEach { copy.load($0) }
        }
        #expect(copy.count == store.count && copy.list([1]) == store.list([1]))
    }

    @Test("several leaders: siblings, records and a device's writes have limits")
    func multi() {
        var world = MultiWorld { $0.policy = .siblings }
        for number in 1...7 {
            let reply = world.ask("n1", .set(key: [1], value: Self.element(number)))
            #expect(reply == .ok)
        }
        let last = world.ask("n1", .set(key: [1], value: Self.element(8)))
        #expect(Self.isTooLarge(last))
        // Who puts one value in the place of all has room.
        let read = world.world.request("n1", .get(key: [1]))
        world.world.run(milliseconds: 20)
        let context = world.world.answers[read]?.details?.context
        let next = world.world.request("n1", .set(key: [1], value: Self.megabyte), context: context)
        world.world.run(milliseconds: 20)
        #expect(world.world.answers[next]?.reply == .ok)
        // Each key's value travels whole.
        var whole = MultiWorld { $0.policy = .merge }
        for key in 1...3 as ClosedRange<UInt8> {
            for number in 1...6 { _ = whole.ask("n1", .append(key: [key], elements: [Self.element(number)])) }
        }
        let all = whole.ask("n1", .transaction((1...3).map { .append(key: [$0], elements: [[1]]) }))
        #expect(Self.isTooLarge(all))
        let one = whole.ask("n1", .append(key: [1], elements: [[1]]))
        #expect(one == .integer(7))
    }

    @Test("a device brings what it wrote in messages that frames can carry")
    func device() {
        var world = MultiWorld(centres: [DataCentre(name: "e", leader: "n1")], devices: ["n2": "n1"]) {
            $0.isTentative = true
        }
        world.order("n2", .offline)
        for number in 1...5 { _ = world.ask("n2", .set(key: [UInt8(number)], value: Self.element(number))) }
        #expect(world.replica("n2")?.device.unsent(100).count == 1)
        world.order("n2", .online)
        world.settle(milliseconds: 2000)
        #expect(world.replica("n2")?.device.pending.isEmpty == true)
        let value = world.ask("n1", .get(key: [5]))
        #expect(value == .value(Self.element(5)))
    }

    @Test(
        "without a leader a set grows up to the limit, whoever is asked", arguments: ["n1", "n2", "n3", "n4", "n5"])
    func quorumSets(name: NodeName) {
        var cluster = QuorumCluster(5) { $0.antiEntropy = nil }
        let seven = (1...7).map { Self.element($0) }
        let first = cluster.ask(name, .add(key: [1], elements: Array(seven.prefix(4))))?.reply
        let second = cluster.ask(name, .add(key: [1], elements: Array(seven.suffix(3))))?.reply
        #expect(first == .integer(4) && second == .integer(3))
        cluster.world.run(milliseconds: 100)
        let third = cluster.ask(name, .add(key: [1], elements: [Self.element(8)]))?.reply
        #expect(Self.isTooLarge(third))
        #expect(cluster.ask(name, .members(key: [1]))?.reply == .elements(seven))
        let again = cluster.ask(name, .remove(key: [1], elements: [seven[0]]))?.reply
        #expect(again == .integer(1))
    }

    @Test("without a leader too much at once is refused: requests still under way count, and long keys")
    func quorumMore() {
        var cluster = QuorumCluster(1)
        let requests = (1...9).map { number in
            cluster.world.request("n1", .add(key: [1], elements: [Self.element(number)]))
        }
        cluster.world.run(milliseconds: 100)
        let replies = requests.map { cluster.world.answers[$0]?.reply }
        #expect(replies.prefix(7).allSatisfy { $0 == .integer(1) })
        #expect(replies.suffix(2).allSatisfy(Self.isTooLarge))
        let key = [UInt8](repeating: 1, count: 60_000)
        let many = (0..<300).map { [UInt8($0 % 256), UInt8($0 / 256)] }
        #expect(Self.isTooLarge(cluster.ask("n1", .add(key: key, elements: many))?.reply))
        for number in 1...17 {
            #expect(cluster.ask("n1", .set(key: [9, UInt8(number)], value: Self.megabyte))?.reply == .ok)
        }
        let keys = (1...17).map { [9, UInt8($0)] as [UInt8] }
        #expect(Self.isTooLarge(cluster.ask("n1", .getAll(keys: keys))?.reply))
        #expect(cluster.ask("n1", .getAll(keys: Array(keys.prefix(15))))?.reply.isFailure == false)
    }

    @Test("without a leader siblings have a limit")
    func quorumSiblings() {
        var cluster = QuorumCluster {
            $0.versions = .dvv
            $0.antiEntropy = nil
        }
        for number in 1...7 {
            #expect(cluster.ask("n1", .set(key: [1], value: Self.element(number)))?.reply == .ok)
        }
        #expect(Self.isTooLarge(cluster.ask("n1", .set(key: [1], value: Self.element(8)))?.reply))
        let read = cluster.ask("n1", .get(key: [1]))
        let next = cluster.ask("n1", .set(key: [1], value: [1]), context: read?.details?.context)
        #expect(next?.reply == .ok)
    }

    @Test("much that a replica lacks comes in parts, whether it joins or only was away", arguments: [true, false])
    func quorumParts(isEmpty: Bool) {
        var cluster = QuorumCluster { $0.antiEntropy = 200_000_000 }
        cluster.world.crash("n3")
        cluster.world.run(milliseconds: 700)
        let value = Array(Self.megabyte.prefix(100_000))
        for number in 0..<40 {
            #expect(cluster.ask("n1", .set(key: Array("k\(number)".utf8), value: value))?.reply == .ok)
        }
        if isEmpty { cluster.world.wipe("n3") }
        cluster.world.largestMessage = 0
        cluster.world.start("n3")
        for _ in 0..<100 where cluster.node("n3")?.store.count != 40 { cluster.world.run(milliseconds: 50) }
        #expect(cluster.node("n3")?.store.count == 40)
        #expect((100_000..<500_000).contains(cluster.world.largestMessage))
    }

    @Test("what lies in one leaf and is too much for one comparison comes bit by bit")
    func oneLeaf() {
        let configuration = QuorumConfiguration(name: "n1", cluster: "c", members: ["n1", "n2"])
        var store = QuorumStore(configuration)
        let value = QuorumValue(bytes: Array(Self.megabyte.prefix(50_000)), written: 1)
        let cell = QuorumCell.stamped(Stamp(time: 1, replica: "n1"), value)
        for number in 0..<100 {
            store.merge(QuorumEntry(key: Array("k\(number)".utf8), element: nil, cell: cell))
        }
        let leaves = Array(0..<QuorumLimit.leaves)
        let range = store.entries(range: 0, leaves: leaves).isEmpty ? 1 : 0
        let first = store.first(of: leaves, range: range)
        #expect(!first.isEmpty && first.count < leaves.count)
        #expect(store.entries(range: range, leaves: first).weight < 2 * QuorumLimit.comparisonBytes)
        let page = store.page(range: range, from: QuorumCursor())
        #expect(page.next != nil && page.entries.weight < 2 * QuorumLimit.batchBytes)
    }
}
