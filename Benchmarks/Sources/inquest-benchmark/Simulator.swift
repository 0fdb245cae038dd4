import Determinism

/// Clients that call an object which applies each operation at one instant between call and return.
///
/// What it records is linearizable by construction, and the same for the same seed.
struct Simulator {
    /// What a client is about to do, and what came of it.
    struct Operation {
        var f: String
        var key = "0"
        /// JSON of what is asked.
        var argument: String
        /// JSON of what came back, once it was applied.
        var result = "null"
        var outcome = "ok"
    }

    /// Where a client's operation stands.
    private enum Phase { case idle, called, applied }

    private struct Client {
        var phase = Phase.idle
        var operation = Operation(f: "", argument: "null")
        var number: Int
    }

    private(set) var random: SeededRandom
    private var clients: [Client]
    private var lines: [UInt8] = []
    private var time: Int64 = 0
    private var nextProcess: Int

    /// The lines of a history of so many operations, about 3 in 4 of them overlapping with another.
    ///
    /// `invoke` draws an operation of a client; `apply` does it and answers; an outcome of `info` makes the process a new one.
    static func history(
        operations: Int, clients: Int, seed: UInt64,
        invoke: (inout SeededRandom, Int) -> Operation, apply: (inout Operation, Int) -> Void
    ) -> [UInt8] {
        var simulator = Simulator(clients: clients, seed: seed)
        simulator.lines.reserveCapacity(operations * 160)
        var started = 0
        var open = 0
        while started < operations || open > 0 {
            let who = simulator.random.below(clients)
            simulator.time += Int64(simulator.random.below(20_000) + 1)
            switch simulator.clients[who].phase {
            case .idle where started < operations:
                simulator.clients[who].operation = invoke(&simulator.random, who)
                simulator.write(who, "invoke")
                simulator.clients[who].phase = .called
                started += 1
                open += 1
            case .idle: break
            case .called:
                apply(&simulator.clients[who].operation, who)
                simulator.clients[who].phase = .applied
            case .applied:
                simulator.write(who, simulator.clients[who].operation.outcome)
                simulator.clients[who].phase = .idle
                if simulator.clients[who].operation.outcome == "info" {
                    simulator.clients[who].number = simulator.nextProcess
                    simulator.nextProcess += 1
                }
                open -= 1
            }
        }
        return simulator.lines
    }

    private init(clients: Int, seed: UInt64) {
        random = SeededRandom(seed: seed)
        self.clients = (0..<clients).map { Client(number: $0) }
        nextProcess = clients
    }

    private mutating func write(_ who: Int, _ type: String) {
        let client = clients[who]
        let value = type == "ok" ? client.operation.result : client.operation.argument
        lines.append(
            contentsOf:
                #"{"process":\#(client.number),"type":"\#(type)","f":"\#(client.operation.f)","key":"\#(client.operation.key)","value":\#(value),"time":\#(time)}"#
                .utf8)
        lines.append(UInt8(ascii: "\n"))
    }
}
