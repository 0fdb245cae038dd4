import Foundation
import NodeRuntime
import Replication
import Synchronization

/// A design for tests: it greets all others at each order to repair, and counts the greetings.
struct PingDesign: NodeDesign {
    static let program = "node-ping"
    static let usage = ""
    static let optionNames: Set<String> = []

    init() {}
    init(_ words: OptionWords, _ setting: NodeSetting) throws(NodeError) {}

    func member(_ setting: NodeSetting, _ stored: StoredState) throws(DecodingFailure) -> any Replica {
        Member(name: setting.name, others: setting.others)
    }

    struct Member: Replica {
        let name: NodeName
        let others: [NodeName]
        var heard: [NodeName: Int64] = [:]
        var abandoned: Int64 = 0
        var ticks: Int64 = 0
        var time = NodeTime(monotonic: 0, wall: 0)

        mutating func step(_ input: ReplicaInput, at time: NodeTime) -> [ReplicaEffect] {
            precondition(time.monotonic >= self.time.monotonic, "the monotonic clock ran backwards")
            self.time = time
            switch input {
            case .tick:
                ticks += 1
                return []
            case .received(let name, let message):
                heard[name, default: 0] += Int64(message.payload.count)
                return []
            case .abandoned:
                abandoned += 1
                return []
            case .admin(let id, .repair):
                return others.map { .send(to: $0, PeerMessage(kind: 0, epoch: 9, payload: [1, 2])) }
                    + [.adminReply(id, .done)]
            case .admin(let id, .sync):
                let message = PeerMessage(kind: 0, payload: [UInt8](repeating: 0, count: 33 << 20))
                return others.map { .send(to: $0, message) } + [.adminReply(id, .done)]
            case .admin(_, .failpoint(let name, _)):
                return [.crash("at \(name)"), .record(ReplicaEvent("after", nil, "never"))]
            default: return []
            }
        }

        /// It wants to be woken every 10 ms.
        var nextWake: Moment { time.monotonic + 10_000_000 }
        var status: ReportValue {
            .object(
                [
                    .init("id", .string(name)), .init("abandoned", .number(abandoned)),
                    .init("ticks", .number(ticks)),
                    .init("wall", .number(time.wall / 1_000_000_000)),
                ]
                    + others.map { .init($0, .number(heard[$0] ?? 0)) })
        }
        var info: [(name: String, value: String)] { [] }
        var dump: ReportValue { .null }
        func log(from: LSN, to: LSN) -> ReportValue { .null }
        var contentHash: UInt64 { 0 }
        var unrest: [String] { [] }
    }
}
