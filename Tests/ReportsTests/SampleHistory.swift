import HistoryModel

/// A made-up cluster: one leader, replicas that lag, a partition and a kill. Deterministic, like the real thing to
/// look at.
struct SampleHistory {
    static let second: Int64 = 1_000_000_000

    private struct Write {
        var time: Int64
        var value: Int64
    }

    private var state: UInt64
    private var written: [String: [Write]] = [:]
    private var operations: [(Event, Event)] = []
    let length: Int64
    let partition: ClosedRange<Int64>
    let outage: ClosedRange<Int64>

    init(seed: UInt64, seconds: Int64) {
        state = seed
        length = seconds * Self.second
        partition = length * 3 / 10...length / 2
        outage = length * 7 / 10...length * 7 / 10 + Self.second * 13 / 10
    }

    private mutating func random(_ bound: Int64) -> Int64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int64((state >> 33) % UInt64(bound))
    }

    /// The events of `clients` processes that work without rest, each pausing up to `pause` nanoseconds.
    mutating func events(clients: Int, pause: Int64) -> [Event] {
        var turns = (0..<clients).map { (time: Int64($0) * 700_000, process: $0, next: Int64(1)) }
        while let place = turns.indices.min(by: { turns[$0].time < turns[$1].time }) {
            guard turns[place].time < length else { break }
            let end = act(&turns[place], clients: clients)
            turns[place].time = end + 400_000 + random(pause)
        }
        dump()
        return numbered()
    }

    private mutating func act(
        _ turn: inout (time: Int64, process: Int, next: Int64), clients: Int
    ) -> Int64 {
        let isWrite = random(10) < 3
        let node = isWrite ? "n1" : "n\(1 + random(3))"
        let owner = isWrite ? turn.process : (random(2) == 0 ? turn.process : Int(random(Int64(clients))))
        let key = "s\(owner % 100)"
        var invocation = Event(
            index: 0, time: turn.time, process: .client(turn.process), type: .invoke,
            f: isWrite ? "write" : "read", key: key, node: node)
        if isWrite {
            invocation.value = .int(turn.next)
            turn.next += 1
        }
        var completion = invocation
        completion.type = .ok
        let took = 350_000 + random(900_000) + (random(40) == 0 ? random(20_000_000) : 0)
        completion.time = turn.time + took
        finish(&completion, isWrite: isWrite)
        if completion.type == .info { turn.process += clients }
        operations.append((invocation, completion))
        return completion.time
    }

    /// Each node is asked for all it holds, after the last operation.
    private mutating func dump() {
        let last = operations.map(\.1.time).max() ?? length
        let pairs = written.sorted { $0.key < $1.key }.map { key, writes in
            Value.list([.string(key), .int(writes.last?.value ?? 0)])
        }
        for number in 1...3 {
            var event = Event(
                index: 0, time: last + Int64(number) * 5_000_000, process: .client(900), type: .invoke, f: "dump",
                node: "n\(number)", meta: ["final": true])
            let invocation = event
            event.type = .ok
            event.time += 2_000_000
            event.value = .list(pairs)
            operations.append((invocation, event))
        }
    }

    private mutating func finish(_ completion: inout Event, isWrite: Bool) {
        let key = completion.key ?? ""
        if completion.node == "n1", outage.contains(completion.time) {
            completion.type = isWrite && random(3) == 0 ? .info : .fail
            completion.error =
                completion.type == .info ? "timeout no reply within 500 ms" : "refused connection refused"
            completion.time += completion.type == .info ? 500_000_000 : 30_000_000
        } else if isWrite {
            written[key, default: []].append(Write(time: completion.time, value: completion.value.int ?? 0))
        } else {
            let seen = completion.time - lag(of: completion.node ?? "", at: completion.time)
            let value = written[key, default: []].last { $0.time <= seen }?.value
            completion.value = value.map { .int($0) } ?? .null
        }
        completion.meta = ["node": .string(completion.node ?? ""), "tli": 1]
    }

    /// Only what is cut off lags.
    private func lag(of node: String, at time: Int64) -> Int64 {
        node == "n2" && partition.contains(time) ? time - partition.lowerBound : 0
    }

    private func numbered() -> [Event] {
        var events = operations.flatMap { [$0.0, $0.1] } + nemesis
        // Stable: an invocation stands before its completion.
        events = events.enumerated().sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }
            .map(\.element)
        for place in events.indices { events[place].index = place }
        return events
    }

    private var nemesis: [Event] {
        let faults: [(String, String, ClosedRange<Int64>, String)] = [
            ("p1", "partition", partition, "n2"), ("k1", "kill", outage, "n1"),
        ]
        return faults.flatMap { name, kind, window, node in
            [("fault-start", window.lowerBound), ("fault-end", window.upperBound)].map { f, time in
                Event(
                    index: 0, time: time, process: .nemesis, type: .info, f: f,
                    value: ["fault": .string(name), "kind": .string(kind), "nodes": [.string(node)]])
            }
        }
    }
}
