import Determinism
import Testing

@testable import Replication

/// Replicas that write with and without reading, and take in each other's states, at random.
private struct Siblings {
    typealias Versions = DottedVersions<Int>

    var replicas: [NodeName: Versions] = ["a": Versions(), "b": Versions(), "c": Versions()]
    var random: SeededRandom
    /// For each write the set of writes that its client had read, with those that these had read in turn.
    var pasts: [Int: Set<Int>] = [:]
    var dots: [Int: Dot] = [:]
    /// What clients have read: a context, and the writes in it.
    var contexts: [(VersionVector, Set<Int>)] = [(VersionVector(), [])]
    /// All states that ever were.
    var states: [Versions] = [Versions()]

    init(seed: UInt64) { random = SeededRandom(seed: seed) }

    mutating func act() {
        let name = random.choose(["a", "b", "c"])
        var versions = replicas[name] ?? Versions()
        switch random.below(3) {
        case 0:
            let context = random.choose(contexts)
            let value = pasts.count
            pasts[value] = context.1
            dots[value] = versions.put(value, at: name, after: context.0)
        case 1:
            let read = versions.values.reduce(into: Set<Int>()) { $0.formUnion((pasts[$1] ?? []).union([$1])) }
            contexts.append((versions.context, read))
        default: versions.merge(replicas[random.choose(["a", "b", "c"])] ?? Versions())
        }
        replicas[name] = versions
        states.append(versions)
    }
}

@Suite("Version vectors and dots")
struct VersionTests {
    @Test(
        "a context is text, and comes back as it was, however many writes there were",
        arguments: [1, 127, 128, 70_000])
    func contexts(number: UInt64) {
        var vector = VersionVector()
        vector.insert(Dot(replica: "n1", number: number))
        vector.insert(Dot(replica: "n#2", number: 3))
        let text = ClientContext.text(vector)
        #expect(String(validating: text, as: UTF8.self) != nil)
        #expect(ClientContext.vector(text) == vector)
        #expect(ClientContext.vector(Array("n1".utf8)) == nil)
    }

    @Test("vectors: a merge is commutative, associative, idempotent, and covers both")
    func vectors() {
        var random = SeededRandom(seed: 1)
        func vector() -> VersionVector {
            VersionVector([
                "a": UInt64(random.below(3)), "b": UInt64(random.below(3)), "c": UInt64(random.below(3)),
            ])
        }
        for _ in 0..<2_000 {
            let (x, y, z) = (vector(), vector(), vector())
            let both = x.merged(with: y)
            #expect(both == y.merged(with: x))
            #expect(both.merged(with: z) == x.merged(with: y.merged(with: z)))
            #expect(both.merged(with: x) == both)
            #expect(both.covers(x) && both.covers(y))
            #expect((x.order(to: y) == .concurrent) == (both != x && both != y))
            #expect((x.order(to: y) == .before) == (y.order(to: x) == .after))
            #expect((x.order(to: y) == .equal) == (x == y))
        }
    }

    @Test(
        "siblings: a merge of any states that occur is commutative, associative and idempotent", arguments: 0..<20)
    func merges(seed: UInt64) {
        var world = Siblings(seed: seed)
        for _ in 0..<60 { world.act() }
        for _ in 0..<500 {
            let x = world.random.choose(world.states)
            let y = world.random.choose(world.states)
            let z = world.random.choose(world.states)
            #expect(x.merged(with: y) == y.merged(with: x))
            #expect(x.merged(with: y).merged(with: z) == x.merged(with: y.merged(with: z)))
            #expect(x.merged(with: x) == x)
        }
    }

    @Test(
        "siblings: in the end exactly those writes are left that no client had read before it wrote",
        arguments: 0..<50)
    func survivors(seed: UInt64) {
        var world = Siblings(seed: seed)
        for _ in 0..<60 { world.act() }
        let all = world.replicas.keys.sorted().reduce(into: DottedVersions<Int>()) {
            $0.merge(world.replicas[$1] ?? DottedVersions())
        }
        let replaced = world.pasts.values.reduce(into: Set<Int>()) { $0.formUnion($1) }
        #expect(Set(all.values) == Set(world.pasts.keys).subtracting(replaced))
        #expect(Set(world.dots.values).count == world.dots.count)
    }

    @Test("two clients that write at one server with one context are told apart")
    func sameContext() {
        var versions = DottedVersions<String>()
        versions.put("x", at: "a", after: VersionVector())
        let read = versions.context
        versions.put("y", at: "a", after: read)
        versions.put("z", at: "a", after: read)
        #expect(versions.values == ["y", "z"])
        versions.put("all", at: "b", after: versions.context)
        #expect(versions.values == ["all"])
        versions.remove(after: versions.context)
        #expect(versions.values.isEmpty)
    }

    @Test("codecs: read back as written, refused when cut off or with bytes too many")
    func codecs() throws {
        var world = Siblings(seed: 3)
        for _ in 0..<40 { world.act() }
        for state in world.states {
            var writer = ByteWriter()
            writer.versions(state) { $0.number(UInt64($1)) }
            writer.stamp(Stamp(time: -5, counter: .max, replica: "n1"))
            var reader = ByteReader(writer.bytes)
            #expect(
                try reader.versions { (from: inout ByteReader) throws(DecodingFailure) in Int(try from.number()) }
                    == state)
            #expect(try reader.stamp() == Stamp(time: -5, counter: .max, replica: "n1"))
            #expect(reader.isAtEnd)
            for length in writer.bytes.indices {
                #expect(throws: DecodingFailure.self) { try Self.read(Array(writer.bytes[..<length])) }
            }
        }
    }

    @Test("codecs: what no replica writes is refused: no order, no number 0, siblings outside their context")
    func refusals() {
        #expect(throws: DecodingFailure.self) { try Self.vector([2, 1, 98, 1, 1, 97, 1]) }
        #expect(throws: DecodingFailure.self) { try Self.vector([1, 1, 97, 0]) }
        #expect(throws: DecodingFailure.self) { try Self.read([1, 1, 97, 1, 7, 0, 0, 0, 0]) }
        var random = SeededRandom(seed: 5)
        for _ in 0..<5_000 {
            let bytes = (0..<random.below(30)).map { _ in UInt8(random.below(4)) }
            _ = try? Self.read(bytes)
        }
    }

    private static func vector(_ bytes: [UInt8]) throws -> VersionVector {
        var reader = ByteReader(bytes)
        return try reader.vector()
    }

    private static func read(_ bytes: [UInt8]) throws {
        var reader = ByteReader(bytes)
        _ = try reader.versions { (from: inout ByteReader) throws(DecodingFailure) in
            Int(truncatingIfNeeded: try from.number())
        }
        _ = try reader.stamp()
        try reader.finish()
    }
}
