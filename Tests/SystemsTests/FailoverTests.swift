import Testing

@testable import Systems

@Suite("Failover and catching up")
struct FailoverTests {
    private let system = NodeSingle(options: NodeSingleOptions())

    private func status(_ node: String, _ role: String, _ timeline: Int, _ lsn: Int, applied: Int? = nil) -> String
    {
        """
        {"id":"\(node)","role":"\(role)","timeline":\(timeline),"lsn":\(lsn),"applied":\(applied ?? lsn),"leader":null}
        """
    }

    private func members(_ answers: [String?]) -> [(ClusterMember, RecordingHost)] {
        zip(Fixture.sites, answers).map { site, answer in
            let host = RecordingHost(printing: answer ?? "", status: answer == nil ? 1 : 0, error: "down")
            return (ClusterMember(site: site, host: host), host)
        }
    }

    private func words(_ host: RecordingHost) async -> [String] {
        await host.commands.map { $0.dropFirst(3).joined(separator: " ") }
    }

    @Test("the follower with the highest timeline, then position, is promoted and the reachable others follow it")
    func chooses() async throws {
        let all = members([
            status("n1", "follower", 1, 90), status("n2", "follower", 2, 10), status("n3", "follower", 2, 11),
        ])
        #expect(try await system.failOver(among: all.map(\.0)) == "n3")
        #expect(await words(all[2].1) == ["status", "promote"])
        #expect(await words(all[0].1) == ["status", "follow n3"])
        #expect(await words(all[1].1) == ["status", "follow n3"])
    }

    @Test("of equals the first by name; who leads or does not answer is no candidate")
    func ties() async throws {
        let all = members([status("n1", "leader", 9, 9), status("n2", "follower", 1, 5), nil])
        #expect(try await system.failOver(among: all.map(\.0)) == "n2")
        #expect(await words(all[2].1) == ["status"])
        let equal = members([status("n1", "follower", 1, 5), status("n2", "follower", 1, 5), nil])
        #expect(try await system.failOver(among: equal.map(\.0)) == "n1")
    }

    @Test("with no candidate the error says why none answers")
    func none() async throws {
        let all = members([nil, nil, nil])
        let error = await #expect(throws: SystemError.self) { try await system.failOver(among: all.map(\.0)) }
        #expect(error?.code == .noCandidate)
        #expect(error?.message.contains("down") == true)
    }

    @Test("all have caught up when each follower has applied the leader's log on its timeline")
    func caughtUp() async throws {
        let all = members([
            status("n1", "leader", 2, 40), status("n2", "follower", 2, 40), status("n3", "follower", 2, 41),
        ])
        try await system.waitUntilCaughtUp(all.map(\.0), leader: "n1", deadline: .seconds(5))
    }

    @Test("who was taken out of the group is not waited for")
    func outsiders() async throws {
        let leading = status("n1", "leader", 2, 40).dropLast()
        for (group, isWaitedFor) in [("\"n1\",\"n2\"", false), ("\"n1\",\"n2\",\"n3\"", true)] {
            let all = members([
                leading + ",\"voters\":[\(group)],\"learners\":[]}", status("n2", "follower", 2, 40),
                status("n3", "follower", 1, 7),
            ])
            let waiting = { () async -> SystemError.Code? in
                do throws(SystemError) {
                    try await system.waitUntilCaughtUp(all.map(\.0), leader: "n1", deadline: .milliseconds(80))
                    return nil
                } catch {
                    return error.code
                }
            }
            let code = await waiting()
            #expect(code == (isWaitedFor ? .deadline : nil))
        }
    }

    @Test("one that stays behind, on another timeline or leading is named, and by how much")
    func behind() async throws {
        let cases = [
            (status("n3", "follower", 2, 40, applied: 38), "it has applied 38 of 40"),
            (status("n3", "follower", 1, 50), "it is on timeline 1, the leader n1 on 2"),
            (status("n3", "leader", 2, 40), "it leads as well"),
        ]
        for (third, reason) in cases {
            let all = members([status("n1", "leader", 2, 40), status("n2", "follower", 2, 40), third])
            let error = await #expect(throws: SystemError.self) {
                try await system.waitUntilCaughtUp(all.map(\.0), leader: "n1", deadline: .milliseconds(80))
            }
            #expect(error?.code == .deadline)
            #expect(error?.node == "n3")
            #expect(error?.message.hasSuffix(reason) == true, "\(String(describing: error))")
        }
    }
}
