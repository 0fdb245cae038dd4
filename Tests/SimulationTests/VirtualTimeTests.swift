import Testing

@testable import Simulation

@Suite struct VirtualTimeTests {
    @Test func `things happen in the order of time, and of one moment in the order in which they were planned`() {
        let time = VirtualTime()
        var seen: [String] = []
        time.at(20) { seen.append("c") }
        time.at(10) {
            seen.append("a")
            time.after(0) { seen.append("b at \(time.now)") }
        }
        time.at(20) { seen.append("d") }
        time.run(until: 15)
        #expect(seen == ["a", "b at 10"] && time.now == 15)
        time.run(until: 20)
        #expect(seen == ["a", "b at 10", "c", "d"])
    }

    @Test func `a condition ends the waiting at once, and what is past is done now`() {
        let time = VirtualTime()
        var count = 0
        for moment in 1...10 { time.at(Int64(moment)) { count += 1 } }
        #expect(time.run(until: 100) { count == 4 } && time.now == 4)
        #expect(!time.run(until: 6) { count == 9 } && time.now == 6)
        time.at(1) { count = 100 }
        time.run(until: 6)
        #expect(count == 100 && time.now == 6)
    }

    @Test func `nothing to do for ever is no time`() {
        let time = VirtualTime()
        time.at(5) {}
        #expect(!time.run(until: .max) { false })
        #expect(time.now == 5)
    }
}
