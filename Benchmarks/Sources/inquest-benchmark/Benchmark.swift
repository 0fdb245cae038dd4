import Checkers
import HistoryModel

/// One input, what is judged on it, and the target of the project.
struct Benchmark: Sendable {
    var name: String
    /// Operations or transactions.
    var size: Int
    var guarantees: [String]
    /// The most CPU milliseconds for checking alone, and with parsing; the most megabytes.
    var checkTarget: Double?
    var totalTarget: Double?
    var memoryTarget: Double?
    /// The verdict that each guarantee must get.
    var expected = "valid"
    var input: @Sendable (Int) -> [UInt8]

    static let all: [Benchmark] = [
        Benchmark(
            name: "register-unique", size: 1_000_000, guarantees: ["linearizable"], checkTarget: 500,
            input: { Inputs.uniqueRegister($0) }),
        Benchmark(
            name: "register-unique-bad", size: 1_000_000, guarantees: ["linearizable"], checkTarget: 500,
            expected: "invalid", input: { Inputs.uniqueRegister($0, isBad: true) }),
        Benchmark(
            name: "cas-5-values", size: 100_000, guarantees: ["linearizable"], checkTarget: 200, memoryTarget: 100,
            input: { Inputs.casRegister($0) }),
        Benchmark(
            name: "cas-5-values-bad", size: 100_000, guarantees: ["linearizable"], checkTarget: 200,
            memoryTarget: 100, expected: "invalid", input: { Inputs.casRegister($0, isBad: true) }),
        Benchmark(
            name: "queue", size: 1_000_000, guarantees: ["linearizable"], checkTarget: 1500,
            input: { Inputs.queue($0) }),
        Benchmark(
            name: "causal", size: 100_000, guarantees: ["causal"], checkTarget: 400,
            input: { Inputs.registerTransactions($0) }),
        Benchmark(
            name: "register-transactions", size: 100_000, guarantees: ["strict-serializable"],
            input: { Inputs.registerTransactions($0) }),
        Benchmark(
            name: "register-snapshots", size: 10_000, guarantees: ["snapshot-isolation", "prefix-consistency"],
            input: { Inputs.registerTransactions($0) }),
        Benchmark(
            name: "orders", size: 100_000, guarantees: ["weak-causal", "causal", "sequential"],
            input: { Inputs.sessions($0) }),
        Benchmark(
            name: "orders-of-transactions", size: 100_000,
            guarantees: ["weak-causal", "sequential", "consistent-prefix"],
            input: { Inputs.registerTransactions($0) }),
        Benchmark(
            name: "list-append", size: 100_000, guarantees: ["strict-serializable"], totalTarget: 800,
            input: { Inputs.listAppend($0) }),
        Benchmark(
            name: "sessions", size: 10_000_000, guarantees: ["read-your-writes", "monotonic-reads"],
            checkTarget: 5000, input: { Inputs.sessions($0) }),
    ]

    /// Makes the input, parses it and judges it.
    func run(size: Int) throws -> Measurement {
        let guarantees = try self.guarantees.map { name in
            guard let guarantee = Guarantee(rawValue: name) else { throw BenchmarkError.unknownGuarantee(name) }
            return guarantee
        }
        let bytes = input(size)
        let begin = cpuTime()
        let history = try JSONLines.read(bytes).history
        let parsed = cpuTime()
        let verdicts = check(history, CheckOptions(guarantees: guarantees))
        let checked = cpuTime()
        return Measurement(
            parse: parsed - begin, check: checked - parsed, peak: peakMemory(), bytes: bytes.count,
            operations: history.operations.count,
            verdicts: verdicts.map(\.judgement.rawValue).joined(separator: ","))
    }
}

enum BenchmarkError: Error { case unknownGuarantee(String) }
