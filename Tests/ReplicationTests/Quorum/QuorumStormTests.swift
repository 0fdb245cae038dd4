import Determinism
import Testing

@testable import Replication

@Suite("Leaderless stores under random faults")
struct QuorumStormTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var versions: QuorumConfiguration.Versions
        var members = 3
        /// Whether disks are lost, one at a time.
        var losesDisks = false
        var testDescription: String {
            "\(versions.rawValue), \(members) members\(losesDisks ? ", lost disks" : "")"
        }
    }

    /// Few; more were run by hand.
    static let seeds: Range<UInt64> = 0..<8

    static let cases = [
        Case(versions: .wall), Case(versions: .hlc), Case(versions: .abd), Case(versions: .abd, members: 5),
        Case(versions: .hlc, members: 4),
    ]
    static let losses = [
        Case(versions: .hlc, losesDisks: true), Case(versions: .abd, members: 5, losesDisks: true),
    ]

    /// One register as a client must find it that does one thing after the other: what it is, and what it may become by
    /// writes of which nobody knows what came of them.
    struct Register {
        var value: Int?
        var open: Set<Int> = []

        mutating func allows(_ read: Int?) -> Bool {
            if read == value { return true }
            guard let read, open.remove(read) != nil else { return false }
            value = read
            return true
        }
    }

    struct Storm {
        let test: Case
        var cluster: QuorumCluster
        var random: SeededRandom
        var registers: [String: Register] = ["a": Register(), "b": Register(), "c": Register()]
        var elements: Set<Int> = []
        var next = 0
        var answered = 0
        var wrong: [String] = []

        init(_ test: Case, seed: UInt64, mutants: Set<Mutant> = []) {
            self.test = test
            cluster = QuorumCluster(test.members, seed: seed) {
                $0.versions = test.versions
                $0.snapshotEvery = 20
                $0.antiEntropy = test.losesDisks ? 3_000_000_000 : 700_000_000
                $0.mutants = mutants
            }
            random = SeededRandom.named("quorum storm", seed: seed)
        }

        mutating func run(steps: Int) {
            for _ in 0..<steps {
                if random.chance(1, in: 6) { disturb() }
                if test.losesDisks, random.chance(1, in: 10) { loseDisk() }
                act()
            }
        }

        private mutating func disturb() {
            let name = random.choose(cluster.world.names)
            let other = random.choose(cluster.world.names)
            let dead = cluster.world.names.filter { cluster.world.replica($0) == nil }
            switch random.below(11) {
            case 0, 1: if dead.count < 2 { cluster.world.crash(name) }
            case 2...4: dead.forEach { cluster.world.start($0) }
            case 5: cluster.world.isolate(name, both: random.chance(2, in: 3))
            case 6, 7: cluster.world.cuts = []
            case 8: cluster.order(name, "apply", isClosed: random.chance(1, in: 2))
            case 9 where name != other: cluster.order(name, "ship:\(other)", isClosed: random.chance(1, in: 2))
            default: cluster.world.lossPercent = random.below(3) * 10
            }
            cluster.world.doublePercent = random.below(3) * 10
        }

        /// Two copies outlive the loss of one, and of another one once the first has all again.
        private mutating func loseDisk() {
            guard cluster.world.names.allSatisfy({ cluster.node($0)?.isComplete == true }) else { return }
            let name = random.choose(cluster.world.names)
            cluster.world.crash(name)
            cluster.world.wipe(name)
            if random.chance(1, in: 2) { cluster.world.start(name) }
        }

        private mutating func act() {
            guard let name = cluster.world.names.filter({ cluster.world.replica($0) != nil }).randomOne(&random)
            else {
                return
            }
            let key = random.choose(["a", "b", "c"])
            switch random.below(4) {
            case 0: write(name, key)
            case 1: add(name)
            case 2: list(name)
            default: read(name, key)
            }
        }

        mutating func write(_ name: NodeName, _ key: String) {
            next += 1
            switch cluster.set(name, key, next) {
            case .ok:
                registers[key]?.value = next
                answered += 1
            case .failed: break
            default: registers[key]?.open.insert(next)
            }
        }

        mutating func read(_ name: NodeName, _ key: String) {
            guard case .value(let bytes)? = cluster.get(name, key) else { return }
            answered += 1
            let found = bytes.flatMap { Int(String(decoding: $0, as: UTF8.self)) }
            let expected = registers[key]
            if registers[key]?.allows(found) != true {
                wrong.append("\(key): \(String(describing: found)) at \(name), \(String(describing: expected))")
            }
        }

        private mutating func add(_ name: NodeName) {
            next += 1
            let element = Array(String(next).utf8)
            if case .integer? = cluster.ask(name, .add(key: [115], elements: [element]))?.reply {
                elements.insert(next)
                answered += 1
            }
        }

        mutating func list(_ name: NodeName) {
            guard case .elements(let found)? = cluster.ask(name, .members(key: [115]))?.reply else { return }
            let missing = elements.subtracting(found.compactMap { Int(String(decoding: $0, as: UTF8.self)) })
            if !missing.isEmpty { wrong.append("elements \(missing.sorted()) are missing at \(name)") }
        }
    }

    @Test("one who does one thing after the other finds what it left", arguments: cases, seeds)
    func sequential(test: Case, seed: UInt64) { storm(test, seed) }

    /// If reads ask members that have lost their disk, seed 113 shows it with hybrid clocks.
    @Test("who has lost a disk has it all again before a read relies on it", arguments: losses, UInt64(110)..<116)
    func lostDisks(test: Case, seed: UInt64) { storm(test, seed) }

    private func storm(_ test: Case, _ seed: UInt64) {
        var storm = Storm(test, seed: seed)
        storm.run(steps: 80)
        storm.cluster.heal()
        storm.cluster.settle()
        #expect(storm.cluster.unrest.isEmpty)
        for name in storm.cluster.world.names {
            for key in ["a", "b", "c"] { storm.read(name, key) }
            storm.list(name)
        }
        #expect(storm.wrong.isEmpty, "\(test.testDescription), seed \(seed): \(storm.wrong.prefix(3))")
        #expect(storm.answered > 5)
        if test.members == 3 {
            let hashes = Set(storm.cluster.world.names.compactMap { storm.cluster.world.replica($0)?.contentHash })
            #expect(hashes.count == 1)
        }
    }

    @Test(
        "the same check catches bugs",
        arguments: [Mutant.noReadRepair, .weakQuorum, .timeoutAsFail, .repairOlderWins])
    func bugs(mutant: Mutant) {
        let caught = (0..<20).contains { seed in
            var storm = Storm(Case(versions: .hlc), seed: UInt64(seed), mutants: [mutant])
            storm.run(steps: 120)
            return !storm.wrong.isEmpty
        }
        #expect(caught)
    }
}

extension [NodeName] {
    fileprivate func randomOne(_ random: inout SeededRandom) -> NodeName? { isEmpty ? nil : random.choose(self) }
}
