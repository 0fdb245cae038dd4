import Checkers
import HistoryModel
import Testing

@testable import Reports

@Suite struct StalenessTextTests {
    @Test func `staleness is told with its distribution, and read by read where that is wanted`() throws {
        let history = try History(
            notation: "p0 w x 1 ok | p0 w x 2 ok at=1000 | p1 r x 2 ok at=2000 | p1 r x 1 ok at=5000000")
        let text = StalenessText.render(staleness(history), listsReads: true)
        #expect(
            text == """

                staleness, observed lower bounds; order of versions: single-writer versions on 1 key
                  2 reads judged, 1 behind (50.0 %)
                  versions behind  median 0, p90 1, p99 1, max 1
                  time behind      median 0 ns, p90 5 ms, p99 5 ms, max 5 ms
                  versions: 0: 1; 1: 1
                  time: 0 ns: 1; below 8.39 ms: 1
                  operation 6 of key "x": 1 version and 5 ms behind, without operation 2

                """)
    }

    @Test func `where nobody knows the order of versions nothing is said`() throws {
        let history = try History(notation: "p0 w x \"a\" ok | p1 w x \"b\" ok | p1 r x \"a\" ok")
        #expect(StalenessText.render(staleness(history)).contains("no read could be judged"))
    }
}
