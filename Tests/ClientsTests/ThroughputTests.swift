import Clients
import Foundation
import HistoryModel
import Testing

/// Not a check but a measurement: `INQUEST_MEASURE=1 swift test -c release -Xswiftc -enable-testing`.
@Suite("Throughput", .serialized, .enabled(if: ProcessInfo.processInfo.environment["INQUEST_MEASURE"] != nil))
struct ThroughputTests {
    @Test("operations per second without pipelining", arguments: [1, 8, 32])
    func throughput(processes: Int) async throws {
        let seconds = 3.0
        try await RedisServer.with { server in
            let topology = Topology(["n1": server.address], leader: "n1")
            let cpu = clock()
            let end = ContinuousClock.now + .seconds(seconds)
            let done = await withTaskGroup(of: Int.self) { group in
                for process in 0..<processes {
                    group.addTask { await work(process, topology, until: end) }
                }
                return await group.reduce(0, +)
            }
            let used = Double(clock() - cpu) / Double(CLOCKS_PER_SEC)
            print(
                "MEASURED processes \(processes): \(Int(Double(done) / seconds)) ops/s, "
                    + "\(Int(Double(done) / used)) ops per CPU second of the client side")
            #expect(done > 0)
        }
    }

    /// One process writes and reads in turn; gives the number of its operations.
    private func work(_ process: Int, _ topology: Topology, until end: ContinuousClock.Instant) async -> Int {
        let client = RESPClient(process: process, dialect: RedisDialect(), topology: topology, seed: 1)
        let read = OperationRequest(f: "read", key: "k\(process)")
        var number = 0
        while ContinuousClock.now < end {
            number += 1
            let write = OperationRequest(f: "write", key: "k\(process)", value: .int(Int64(number)))
            let reply = await client.invoke(
                number.isMultiple(of: 2) ? write : read, deadline: .now + .seconds(5))
            guard reply.type == .ok else {
                Issue.record("\(reply)")
                break
            }
        }
        await client.close()
        return number
    }
}
