import Checkers
import HistoryModel
import Testing

/// Cases that small random histories hardly ever have.
extension RandomHistoryTests {
    private func verdict(
        _ guarantee: Guarantee, _ line: String, versions: [Int: Int64] = [:], timelines: [Int: Int64] = [:]
    ) throws -> Verdict {
        var events = try HistoryNotation.events(line)
        for (index, version) in versions { events[index + 1].meta = ["version": .int(version)] }
        for (index, timeline) in timelines { events[index + 1].meta = ["tli": .int(timeline)] }
        return check(try History(events), CheckOptions(guarantees: [guarantee]))[0]
    }

    @Test("the highest version that a session wrote counts, and not the lowest")
    func sessionsCaseHighestWrite() throws {
        let line = "p0 w x 3 ok | p0 w x 1 ok | p0 w x 2 ok"
        #expect(try verdict(.monotonicWrites, line, versions: [0: 1, 2: 3, 4: 2]).judgement == .invalid)
        #expect(try verdict(.monotonicWrites, line, versions: [0: 1, 2: 2, 4: 3]).judgement == .valid)
    }

    @Test("versions count only if all acknowledged writes have one")
    func sessionsCaseGap() throws {
        let line = "p0 w x 3 ok | p0 w x 1 ok | p1 w x 2 ok"
        #expect(try verdict(.monotonicWrites, line, versions: [0: 2, 2: 1]).judgement == .unknown)
        #expect(try verdict(.monotonicWrites, line, versions: [0: 2, 2: 1, 4: 3]).judgement == .invalid)
    }

    @Test("versions that only reads tell count")
    func sessionsCaseToldByReads() throws {
        let line = "p0 w x 5 ok | p1 w x 3 ok | p2 r x 3 ok | p2 r x 5 ok"
        #expect(try verdict(.monotonicReads, line, versions: [4: 7, 6: 5]).judgement == .invalid)
        #expect(try verdict(.monotonicReads, line, versions: [4: 5, 6: 7]).judgement == .valid)
    }

    @Test("a write does not bring along what its session read only later")
    func sessionsCaseReadLater() throws {
        let later =
            "p0 w y 1 ok | p1 w x 1 ok | p1 r y 1 ok | p2 r x 1 ok | p2 w z 1 ok | p3 t z=1,y=null ok"
        #expect(try verdict(.writesFollowReads, later).judgement == .unknown)
        let before =
            "p0 w y 1 ok | p1 r y 1 ok | p1 w x 1 ok | p2 r x 1 ok | p2 w z 1 ok | p3 t z=1,y=null ok"
        #expect(try verdict(.writesFollowReads, before).judgement == .invalid)
    }

    @Test("an element that is shown is not missing, whatever was lost with another timeline")
    func sessionsCaseTimelines() throws {
        let line = "p0 add s 1 ok | p0 add s 2 ok | p0 w y 1 ok | p1 t y=1,s=[2] ok"
        func judgement(_ first: Int64) throws -> Judgement {
            try verdict(.consistentPrefixNode, line, timelines: [0: first, 2: 2, 4: 2, 6: 2]).judgement
        }
        #expect(try judgement(1) != .invalid)
        #expect(try judgement(2) == .invalid)
    }
}
