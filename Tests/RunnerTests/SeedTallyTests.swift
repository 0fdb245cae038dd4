import RunStore
import Testing

@testable import Runner

@Suite("What many seeds come to")
struct SeedTallyTests {
    @Test(
        "what more than half of the seeds leave open is unknown, unless it was seen to break",
        arguments: [
            (RunStore.Expectation.valid, 10, 0, 0, nil),
            (.valid, 5, 0, 5, nil),
            (.valid, 4, 0, 5, ExitCode.unknown),
            (.valid, 0, 0, 1, .unknown),
            (.valid, 4, 1, 5, .violation),
            (.invalid, 0, 1, 9, nil),
            (.invalid, 5, 0, 5, .violation),
            (.invalid, 4, 0, 5, .unknown),
            (.any, 3, 2, 5, nil),
            (.any, 2, 2, 5, .unknown),
        ])
    func flaw(expected: RunStore.Expectation, valid: Int, invalid: Int, unknown: Int, flaw: ExitCode?) {
        let count = SeedTally.Count(
            guarantee: .linearizable, expected: expected, valid: valid, invalid: invalid, unknown: unknown)
        #expect(count.flaw == flaw)
    }
}
