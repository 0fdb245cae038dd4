import Determinism

/// The histories of CHECKERS.md section E, made by seed.
enum Inputs {
    /// One register, every value written once; half reads. With `isBad`, one stale read at nine tenths.
    static func uniqueRegister(_ count: Int, isBad: Bool = false, seed: UInt64 = 1) -> [UInt8] {
        var next = 0
        var state = "null"
        var old = "null"
        var applied = 0
        return Simulator.history(
            operations: count, clients: 5, seed: seed,
            invoke: { random, _ in
                guard random.chance(1, in: 2) else { return .init(f: "read", argument: "null") }
                next += 1
                return .init(f: "write", argument: "\(next)")
            },
            apply: { operation, _ in
                applied += 1
                if applied == count / 2 { old = state }
                if operation.f == "write" { state = operation.argument }
                operation.result = isBad && operation.f == "read" && applied >= count * 9 / 10 ? old : state
                if isBad, operation.f == "read", applied >= count * 9 / 10 { applied = -count }
            })
    }

    /// One CAS register with five values: a third each of reads, writes and cas; failed cas are `fail`.
    static func casRegister(_ count: Int, isBad: Bool = false, seed: UInt64 = 2) -> [UInt8] {
        var state = "null"
        var applied = 0
        return Simulator.history(
            operations: count, clients: 5, seed: seed,
            invoke: { random, _ in
                switch random.below(3) {
                case 0: .init(f: "read", argument: "null")
                case 1: .init(f: "write", argument: "\(random.below(5))")
                default: .init(f: "cas", argument: "[\(random.below(5)),\(random.below(5))]")
                }
            },
            apply: { operation, _ in
                applied += 1
                switch operation.f {
                case "read":
                    let isWrong = isBad && applied >= count * 9 / 10
                    operation.result = isWrong ? "9" : state
                    if isWrong { applied = -count }
                case "write":
                    state = operation.argument
                    operation.result = state
                default:
                    let sides = operation.argument.dropFirst().dropLast().split(separator: ",")
                    operation.result = operation.argument
                    if sides[0] == state { state = String(sides[1]) } else { operation.outcome = "fail" }
                }
            })
    }

    /// A FIFO queue; as many dequeues as enqueues, an empty one answers `null`.
    static func queue(_ count: Int, seed: UInt64 = 3) -> [UInt8] {
        var next = 0
        var held: [String] = []
        var head = 0
        return Simulator.history(
            operations: count, clients: 5, seed: seed,
            invoke: { random, _ in
                guard random.chance(1, in: 2) else { return .init(f: "dequeue", argument: "null") }
                next += 1
                return .init(f: "enqueue", argument: "\(next)")
            },
            apply: { operation, _ in
                operation.result = operation.argument
                if operation.f == "enqueue" {
                    held.append(operation.argument)
                } else if head < held.count {
                    operation.result = held[head]
                    head += 1
                }
            })
    }

    /// Single-writer counter keys: each client writes its own ascending numbers and reads anybody's.
    static func sessions(_ count: Int, clients: Int = 20, seed: UInt64 = 4) -> [UInt8] {
        var numbers = [Int](repeating: 0, count: clients)
        var state = [String](repeating: "null", count: clients)
        return Simulator.history(
            operations: count, clients: clients, seed: seed,
            invoke: { random, who in
                guard random.chance(1, in: 4) else {
                    return .init(f: "read", key: "\(random.below(clients))", argument: "null")
                }
                numbers[who] += 1
                return .init(f: "write", key: "\(who)", argument: "\(numbers[who])")
            },
            apply: { operation, who in
                operation.result = operation.argument
                if operation.f == "write" {
                    state[who] = operation.argument
                } else {
                    operation.result = state[Int(operation.key) ?? 0]
                }
            })
    }

    /// Serializable transactions on lists: ten active keys, at most 128 appends a key, one to four micro-operations.
    static func listAppend(_ count: Int, seed: UInt64 = 5) -> [UInt8] {
        transactions(count, seed: seed, write: "append", activeKeys: 10, appendsPerKey: 128)
    }

    /// Serializable transactions on registers with unique values.
    static func registerTransactions(_ count: Int, seed: UInt64 = 6) -> [UInt8] {
        transactions(count, seed: seed, write: "w", activeKeys: 10, appendsPerKey: 128)
    }

    private static func transactions(
        _ count: Int, seed: UInt64, write: String, activeKeys: Int, appendsPerKey: Int
    ) -> [UInt8] {
        var keys = Array(0..<activeKeys)
        var appended = [Int](repeating: 0, count: activeKeys)
        var nextKey = activeKeys
        var state: [Int: String] = [:]
        var plans = [[(isRead: Bool, key: Int, value: Int)]](repeating: [], count: 20)
        return Simulator.history(
            operations: count, clients: 20, seed: seed,
            invoke: { random, who in
                var plan: [(isRead: Bool, key: Int, value: Int)] = []
                for _ in 0..<(1 + random.below(4)) {
                    let slot = random.below(activeKeys)
                    guard random.chance(1, in: 2) else {
                        plan.append((true, keys[slot], 0))
                        continue
                    }
                    appended[slot] += 1
                    plan.append((false, keys[slot], appended[slot]))
                    if appended[slot] == appendsPerKey {
                        keys[slot] = nextKey
                        appended[slot] = 0
                        nextKey += 1
                    }
                }
                let text = plan.map { step in
                    step.isRead ? "[\"r\",\(step.key),null]" : "[\"\(write)\",\(step.key),\(step.value)]"
                }
                let argument = "[" + text.joined(separator: ",") + "]"
                plans[who] = plan
                return .init(f: "txn", argument: argument)
            },
            apply: { operation, who in
                var parts: [String] = []
                for step in plans[who] {
                    let held = state[step.key]
                    if step.isRead {
                        let seen = held.map { write == "append" ? "[\($0)]" : $0 } ?? "null"
                        parts.append("[\"r\",\(step.key),\(seen)]")
                    } else {
                        let old = write == "append" ? held.map { "\($0)," } ?? "" : ""
                        state[step.key] = "\(old)\(step.value)"
                        parts.append("[\"\(write)\",\(step.key),\(step.value)]")
                    }
                }
                operation.result = "[" + parts.joined(separator: ",") + "]"
            })
    }
}
