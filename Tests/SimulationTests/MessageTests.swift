import Replication
import Systems
import Testing
import Workloads

@testable import Simulation

/// The network as messages that stand alone meet it.
@Suite struct MessageTests {
    private func arrivals(_ change: (inout NetworkModel) -> Void) throws -> [UInt8] {
        let file = try #require(WorkloadFile.scenarios.first)
        var model = NetworkModel()
        change(&model)
        let cluster = try SimulatedCluster(
            file.workload.plan(seed: 1), NodeSingle(options: NodeSingleOptions()), model)
        let target = cluster.nodes[1]
        cluster.start(target)
        let listener = Listener()
        target.member = listener.member
        for number in UInt8(0)..<200 {
            cluster.time.at(Int64(number) * 10_000) {
                cluster.post(PeerMessage(kind: number), from: cluster.nodes[0], to: target)
            }
        }
        cluster.time.run(until: 100_000_000)
        return (target.member as? Listener.Member)?.heard ?? []
    }

    private struct Listener {
        struct Member: Replica {
            var name: NodeName { "n2" }
            var heard: [UInt8] = []

            mutating func step(_ input: ReplicaInput, at time: NodeTime) -> [ReplicaEffect] {
                if case .received("n1", let message) = input { heard.append(message.kind) }
                return []
            }

            var nextWake: Moment { .max }
            var status: ReportValue { .null }
            var info: [(name: String, value: String)] { [] }
            var dump: ReportValue { .null }
            func log(from: LSN, to: LSN) -> ReportValue { .null }
            var contentHash: UInt64 { 0 }
            var unrest: [String] { [] }
        }

        let member = Member()
    }

    @Test func `they overtake one another, and all arrive once on a good network`() throws {
        let heard = try arrivals { _ in }
        #expect(heard != heard.sorted() && heard.sorted() == Array(0..<200))
    }

    @Test func `some are lost or doubled on a bad one, about as many as it says`() throws {
        let lossy = try arrivals { $0.lossShare = 200 }
        #expect((140...180).contains(lossy.count) && Set(lossy).count == lossy.count)
        let doubled = try arrivals { $0.duplicateShare = 200 }
        #expect((220...260).contains(doubled.count) && Set(doubled).count == 200)
    }
}
