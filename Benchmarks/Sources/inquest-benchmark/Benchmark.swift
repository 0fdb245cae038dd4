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
    /// The histories of known verdict to judge instead of made ones, by their paths below `../shared/data`.
    var shared: @Sendable () -> [SharedHistory] = { [] }
    var isShared = false
    /// How often the shared histories are judged.
    var rounds = 1
    /// Whether a bad history is reduced to its smallest part, which other checkers do not do.
    var reducesEvidence = true
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
        Benchmark(
            name: "etcd-logs", size: 50, guarantees: ["linearizable"], checkTarget: 10,
            shared: { SharedHistory.etcd }, isShared: true, input: { _ in [] }),
        Benchmark(
            name: "etcd-logs-again", size: 50, guarantees: ["linearizable"], checkTarget: 10,
            shared: { SharedHistory.etcd }, isShared: true, rounds: 20, input: { _ in [] }),
        Benchmark(
            name: "etcd-logs-decided", size: 50, guarantees: ["linearizable"], checkTarget: 10,
            shared: { SharedHistory.etcd }, isShared: true, rounds: 20, reducesEvidence: false, input: { _ in [] }),
        Benchmark(
            name: "cas-14-info-bad", size: 1, guarantees: ["linearizable"], checkTarget: 50, memoryTarget: 50,
            shared: { [SharedHistory(path: "generated/casib_0.03.jsonl", isLinearizable: false)] }, isShared: true,
            input: { _ in [] }),
    ]

    /// The fastest of some rounds: the first pays for what a program sets up once.
    func runShared() throws -> Measurement {
        var fastest = try sharedRound()
        for _ in 1..<rounds {
            let next = try sharedRound()
            if next.check < fastest.check { fastest = next }
        }
        return fastest
    }

    /// Reads the shared histories and judges them; the times are sums.
    private func sharedRound() throws -> Measurement {
        var sum = Measurement(parse: 0, check: 0, peak: 0, bytes: 0, operations: 0, verdicts: "as known")
        let histories = shared()
        for shared in histories {
            let bytes = try shared.bytes()
            let begin = cpuTime()
            let history = try HistoryFormat.read(bytes).history
            let parsed = cpuTime()
            var options = CheckOptions(guarantees: [.linearizable])
            options.reducesEvidence = reducesEvidence
            let verdict = check(history, options)[0]
            sum.parse += parsed - begin
            sum.check += cpuTime() - parsed
            sum.bytes += bytes.count
            sum.operations += history.operations.count
            let isKnown = verdict.judgement == (shared.isLinearizable ? .valid : .invalid)
            if !isKnown { sum.verdicts = "WRONG on \(shared.path)" }
        }
        if histories.isEmpty { sum.verdicts = "no shared data" }
        sum.peak = peakMemory()
        return sum
    }

    /// Makes the input, parses it and judges it.
    func run(size: Int) throws -> Measurement {
        if isShared { return try runShared() }
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
