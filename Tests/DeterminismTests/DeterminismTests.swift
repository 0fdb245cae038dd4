import Determinism
import Testing

@Suite("Seeded randomness")
struct DeterminismTests {
    @Test("the numbers of a seed never change, in no build and on no platform")
    func golden() {
        var random = SeededRandom(seed: 42)
        let numbers = (0..<3).map { _ in random.next() }
        #expect(numbers == [0xBDD7_3226_2FEB_6E95, 0x28EF_E333_B266_F103, 0x4752_6757_130F_9F52])
    }

    @Test("the same seed gives the same numbers, another seed others")
    func same() {
        func numbers(_ seed: UInt64) -> [UInt64] {
            var random = SeededRandom(seed: seed)
            return (0..<20).map { _ in random.next() }
        }
        #expect(numbers(7) == numbers(7))
        #expect(numbers(7) != numbers(8))
    }

    @Test("a split source and its origin go separate ways")
    func split() {
        var origin = SeededRandom(seed: 1)
        var other = origin.split()
        let first = (0..<20).map { _ in origin.next() }
        let second = (0..<20).map { _ in other.next() }
        #expect(Set(first).isDisjoint(with: second))
    }

    @Test("a named source depends on its name and on the seed, not on what was drawn elsewhere")
    func named() {
        func first(_ name: String, _ seed: UInt64) -> UInt64 {
            var random = SeededRandom.named(name, seed: seed)
            return random.next()
        }
        #expect(first("faults", 1) == first("faults", 1))
        #expect(Set([first("faults", 1), first("faults", 2), first("clients", 1)]).count == 3)
    }

    @Test("numbers below a bound reach all of them and no others")
    func below() {
        var random = SeededRandom(seed: 3)
        var counts = [Int](repeating: 0, count: 6)
        for _ in 0..<6000 { counts[random.below(6)] += 1 }
        #expect(counts.allSatisfy { (800...1200).contains($0) })
        let least = random.below(1)
        #expect(least == 0)
    }

    @Test("chances come out as asked")
    func chance() {
        var random = SeededRandom(seed: 4)
        let hits = (0..<10_000).count { _ in random.chance(1, in: 4) }
        #expect((2300...2700).contains(hits))
        let never = random.chance(0, in: 4)
        let always = random.chance(4, in: 4)
        #expect(!never && always)
    }

    @Test("shuffling keeps the elements, and choosing takes one of them")
    func shuffled() {
        var random = SeededRandom(seed: 5)
        let elements = Array(0..<50)
        let shuffled = random.shuffled(elements)
        #expect(shuffled != elements)
        #expect(shuffled.sorted() == elements)
        let choice = random.choose(elements[10...20])
        #expect((10...20).contains(choice))
    }
}
