import Determinism
import Faults
import Testing

@Suite("Schedules")
struct FaultScheduleTests {
    private func transcript(_ faults: [PlannedFault], until seconds: Int = 20) -> String {
        FaultSchedule(faults).steps(until: .seconds(seconds))
            .map { "\($0.time.words) \($0.action.rawValue) \($0.id)" }.joined(separator: ", ")
    }

    private func fault(_ id: String, at: Int, end: FaultEnd, every: Duration? = nil) -> PlannedFault {
        PlannedFault(id: id, kind: .pause, target: .one, at: .seconds(at), end: end, every: every)
    }

    @Test("faults overlap, and at one moment ends come before starts")
    func overlap() {
        let faults = [
            fault("a", at: 5, end: .after(.seconds(6))), fault("b", at: 8, end: .after(.seconds(3))),
            fault("c", at: 11, end: .after(.seconds(1))),
        ]
        #expect(
            transcript(faults)
                == "5 s start a, 8 s start b, 11 s end a, 11 s end b, 11 s start c, 12 s end c")
    }

    @Test("a fault that repeats has numbered occurrences")
    func repeats() {
        let faults = [fault("p", at: 1, end: .after(.milliseconds(500)), every: .seconds(8))]
        #expect(
            transcript(faults)
                == "1 s start p.1, 1.5 s end p.1, 9 s start p.2, 9.5 s end p.2, 17 s start p.3, 17.5 s end p.3")
    }

    @Test("ends after the clients' time, at the last phase or never are not in the schedule")
    func ends() {
        let faults = [
            fault("late", at: 18, end: .after(.seconds(3))), fault("exact", at: 19, end: .after(.seconds(1))),
            fault("open", at: 2, end: .lastPhase), fault("dead", at: 3, end: .never),
            fault("beyond", at: 20, end: .after(.seconds(1))),
        ]
        #expect(
            transcript(faults)
                == "2 s start open, 3 s start dead, 18 s start late, 19 s start exact, 20 s end exact")
    }

    @Test("the number of occurrences has a limit")
    func limit() {
        let faults = [fault("p", at: 0, end: .after(.nanoseconds(1)), every: .nanoseconds(2))]
        #expect(FaultSchedule(faults).steps(until: .seconds(20)).count == FaultSchedule.occurrenceLimit * 2)
    }

    @Test("a fault whose nodes are chosen says what is done to whom")
    func resolved() throws {
        var random = SeededRandom(seed: 1)
        let kill = PlannedFault(id: "k", kind: .kill, target: .leader, at: .seconds(12), end: .after(.seconds(3)))
        let applied = try kill.resolve(nodes: ["n1", "n2"], leader: "n2", random: &random)
        #expect(applied.nodes == ["n2"] && applied.grudge == nil && applied.detail == "kill -9 n2")
        #expect("\(kill)" == "kill -9 of leader, at 12 s, restarted after 3 s")
        let cut = PlannedFault(
            id: "cut", kind: .partition(.isolateLeader, .peer), target: .all, at: .seconds(5), end: .lastPhase)
        let grudge = try cut.resolve(as: "cut.1", nodes: ["n1", "n2"], leader: "n1", random: &random)
        #expect(grudge.id == "cut.1" && grudge.grudge?.peers.count == 2)
        #expect("\(cut)" == "partition of peer traffic: the leader from the rest, at 5 s, until the last phase")
    }

    @Test(
        "durations in words",
        arguments: [
            (Duration.zero, "0 s"), (.nanoseconds(7), "7 ns"), (.milliseconds(50), "50 ms"),
            (.milliseconds(1500), "1.5 s"), (.seconds(90), "90 s"), (.seconds(120), "2 min"),
            (.microseconds(1050), "1.05 ms"),
        ])
    func words(duration: Duration, text: String) {
        #expect(duration.words == text)
    }
}
