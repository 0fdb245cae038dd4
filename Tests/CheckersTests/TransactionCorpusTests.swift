import Checkers
import HistoryModel
import Testing

@Suite(
    "Transactions with known verdicts",
    .enabled(if: TransactionCorpus.isPresent, "the shared histories are not beside this package (../shared/data)"))
struct TransactionCorpusTests {
    @Test(
        "the strongest of three levels is the one that the folder names",
        arguments: TransactionCorpus.files(in: "causal-awdit"))
    func sessions(path: String) throws {
        let levels: [Guarantee] = [.readCommitted, .readAtomic, .causal]
        let verdicts = check(try TransactionCorpus.sessions(path), CheckOptions(guarantees: levels))
        let kept = ["none": 0, "read-committed": 1, "read-atomic": 2, "causal": 3][path.split(separator: "/")[1]]
        for (number, verdict) in verdicts.enumerated() {
            let isKept = number < (kept ?? 0)
            #expect(isKept ? verdict.judgement != .invalid : verdict.judgement == .invalid, "\(verdict)")
        }
    }

    @Test("a huge knot of transactions is serializable, and not in real time")
    func hugeKnot() throws {
        let verdicts = check(
            try TransactionCorpus.edn("elle/huge-scc.edn"),
            CheckOptions(guarantees: [.serializable, .strictSerializable]))
        #expect(verdicts[0].judgement == .valid, "\(verdicts[0])")
        #expect(verdicts[1].judgement == .invalid)
        #expect(
            Set(verdicts[1].anomalies.map(\.kind)) == [.singleAntiDependencyRealTime, .antiDependencyCycleRealTime])
    }

    @Test("write skew breaks serializability and not snapshot isolation")
    func withoutSingle() throws {
        let verdicts = check(
            try TransactionCorpus.edn("elle/si-without-g-single.edn"),
            CheckOptions(guarantees: [.snapshotIsolation, .serializable]))
        #expect(verdicts[0].judgement == .valid)
        #expect(verdicts[1].anomalies.map(\.kind) == [.antiDependencyCycle])
    }

    @Test("generated list-append keeps every level, and a stale read put in breaks the strict ones")
    func generated() throws {
        let good = check(
            try TransactionCorpus.lines("generated/append_10000.jsonl"),
            CheckOptions(guarantees: Guarantee.isolation))
        #expect(good.allSatisfy { $0.judgement == .valid })
        let bad = check(
            try TransactionCorpus.lines("generated/append_10000_bad.jsonl"),
            CheckOptions(guarantees: Guarantee.isolation))
        for verdict in bad {
            let isStrict = [.strongSnapshotIsolation, .strictSerializable].contains(verdict.guarantee)
            #expect(verdict.judgement == (isStrict ? .invalid : .valid))
            #expect(verdict.anomalies.map(\.kind) == (isStrict ? [.singleAntiDependencyRealTime] : []))
        }
    }
}
