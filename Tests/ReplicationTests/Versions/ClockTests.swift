import Determinism
import Testing

@testable import Replication

@Suite("Clocks of stamps")
struct ClockTests {
    /// Members whose wall clocks differ by up to `bound`, sending each other messages at random.
    private struct Members {
        static let bound: Int64 = 100
        var clocks = (0..<4).map { _ in HybridClock(bound: Self.bound) }
        var lamport = (0..<4).map { _ in LamportClock() }
        let offsets: [Int64]
        var now: Int64 = 1_000
        var random: SeededRandom
        var under: [(from: Int, HybridClock.Reading, Int64)] = []

        init(seed: UInt64) {
            var random = SeededRandom(seed: seed)
            offsets = (0..<4).map { _ in Int64(random.below(Int(Self.bound) + 1)) }
            self.random = random
        }

        func wall(_ member: Int) -> Int64 { now + offsets[member] }
    }

    @Test("hybrid: effects are later than causes, near the wall clock, the counter small", arguments: 0..<20)
    func hybrid(seed: UInt64) throws {
        var members = Members(seed: seed)
        for _ in 0..<500 {
            members.now += Int64(members.random.below(3))
            let member = members.random.below(4)
            let before = members.clocks[member].reading
            var cause = before
            var causeNumber = members.lamport[member].time
            if !members.under.isEmpty, members.random.chance(1, in: 2) {
                let (_, reading, number) = members.under.remove(at: members.random.below(members.under.count))
                try members.clocks[member].receive(reading, wall: members.wall(member))
                members.lamport[member].receive(number)
                cause = max(cause, reading)
                causeNumber = max(causeNumber, number)
            }
            let reading = members.clocks[member].next(wall: members.wall(member))
            let number = members.lamport[member].next()
            #expect(reading > cause)
            #expect(number > causeNumber)
            #expect(reading.time >= members.wall(member))
            #expect(reading.time - members.wall(member) <= Members.bound)
            members.under.append((member, reading, number))
        }
    }

    @Test("hybrid: a time further ahead than clocks may differ is refused and leaves no trace")
    func refusal() throws {
        var clock = HybridClock(bound: 100)
        let first = clock.next(wall: 1_000)
        try clock.receive(HybridClock.Reading(time: 1_100, counter: 7), wall: 1_000)
        #expect(clock.next(wall: 1_001) == HybridClock.Reading(time: 1_100, counter: 8))
        #expect(first < clock.reading)
        for far in [1_102, Int64.max] {
            #expect(throws: HybridClock.TooFarAhead.self) {
                try clock.receive(HybridClock.Reading(time: far, counter: 0), wall: 1_001)
            }
        }
        #expect(throws: HybridClock.TooFarAhead.self) {
            try clock.receive(HybridClock.Reading(time: 5, counter: 0), wall: .min)
        }
        try clock.receive(HybridClock.Reading(time: .min, counter: 0), wall: 1_001)
        #expect(clock.next(wall: 1_001) == HybridClock.Reading(time: 1_100, counter: 9))
        #expect(clock.next(wall: 2_000) == HybridClock.Reading(time: 2_000, counter: 0))
    }

    @Test("hybrid: a full counter carries over")
    func carry() {
        var clock = HybridClock(bound: 0, from: HybridClock.Reading(time: 5, counter: .max))
        #expect(clock.next(wall: 1) == HybridClock.Reading(time: 6, counter: 0))
        var last = HybridClock(bound: 0, from: HybridClock.Reading(time: .max, counter: .max))
        #expect(last.next(wall: 1) == last.reading)
    }

    @Test("wall: two stamps of one time differ, and a clock that goes back takes them along")
    func wall() {
        var stamps = WallStamps()
        let first = stamps.next(wall: 10, replica: "n1")
        let second = stamps.next(wall: 10, replica: "n1")
        let third = stamps.next(wall: 9, replica: "n1")
        #expect(first < second)
        #expect(third < first)
        #expect(Stamp(time: 10, replica: "n1") < Stamp(time: 10, replica: "n2"))
        #expect(Stamp(time: 10, counter: 1, replica: "n1") > Stamp(time: 10, replica: "n2"))
    }
}
