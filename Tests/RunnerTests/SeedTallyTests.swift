import Checkers
import RunStore
import Testing

@testable import Runner

@Suite("What many seeds come to")
struct SeedTallyTests {
    /// How often something was valid, invalid and unknown.
    struct Case: Sendable {
        var expected: RunStore.Expectation
        var valid = 0
        var invalid = 0
        var unknown = 0
        var flaw: ExitCode?
    }

    static let cases: [Case] = [
        Case(expected: .valid, valid: 10),
        Case(expected: .valid, valid: 5, unknown: 5),
        Case(expected: .valid, valid: 4, unknown: 5, flaw: .unknown),
        Case(expected: .valid, unknown: 1, flaw: .unknown),
        Case(expected: .valid, valid: 4, invalid: 1, unknown: 5, flaw: .violation),
        Case(expected: .invalid, invalid: 1, unknown: 9),
        Case(expected: .invalid, valid: 5, unknown: 5, flaw: .violation),
        Case(expected: .invalid, valid: 4, unknown: 5, flaw: .unknown),
        Case(expected: .any, valid: 3, invalid: 2, unknown: 5),
        Case(expected: .any, valid: 2, invalid: 2, unknown: 5, flaw: .unknown),
    ]

    @Test("what more than half of the seeds leave open is unknown, unless it was seen to break", arguments: cases)
    func flaw(_ example: Case) {
        let count = SeedTally.Count(
            guarantee: .linearizable, expected: example.expected, valid: example.valid, invalid: example.invalid,
            unknown: example.unknown)
        #expect(count.flaw == example.flaw)
    }
}
