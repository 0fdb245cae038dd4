import AgentProtocol
import Testing

@testable import AgentRuntime

@Suite("Clocks that lie")
struct ClockMotionTests {
    private static let second: Int64 = 1_000_000_000

    @Test("each lie is a function of time")
    func lies() {
        let s = Self.second
        #expect(ClockMotion(.offset(-10 * s), at: 5).ahead(at: 99 * s) == -10 * s)
        let half = ClockMotion(.rate(500_000), at: 10 * s)
        #expect(half.ahead(at: 10 * s) == 0 && half.ahead(at: 14 * s) == -2 * s)
        let jumped = ClockMotion(.jump(3 * s), at: 14 * s, from: half)
        #expect(jumped.ahead(at: 20 * s) == s)
        let fast = ClockMotion(.rate(3_000_000), at: 20 * s, from: jumped)
        #expect(fast.ahead(at: 21 * s) == 3 * s)
        let strobe = ClockMotion(.strobe(by: s, every: s / 10), at: 0, from: fast)
        #expect([0, s / 10, s / 5, s / 10 * 3].map(strobe.ahead) == [0, s, 0, s])
        #expect(ClockMotion(.none, at: 0, from: fast).ahead(at: s) == 0)
    }

    @Test(
        "what stands in a file of libfaketime",
        arguments: [
            (Int64(0), "+0.000000\n"), (1_500_000_000, "+1.500000\n"), (-250_000_000, "-0.250000\n"),
            (-3_600_000_001_000, "-3600.000001\n"),
        ])
    func text(ahead: Int64, text: String) {
        #expect(FakeClocks.offset(ahead) == text)
    }

    @Test("a time that stands still is written to the microsecond")
    func moment() {
        #expect(FakeClocks.moment(1_700_000_000_012_345_678) == "1700000000.012345\n")
    }
}
