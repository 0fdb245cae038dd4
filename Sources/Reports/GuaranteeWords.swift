import Checkers
import RunStore

extension Guarantee {
    /// What it promises, for someone who has not read the literature.
    var meaning: String {
        switch self {
        case .linearizable:
            "Each key behaves like one copy: one order that respects real time explains every answer."
        case .readYourWrites: "A session sees its own acknowledged writes."
        case .monotonicReads: "What a session reads of a key never goes back in time."
        case .monotonicWrites: "The writes of a session are ordered as it made them."
        case .writesFollowReads: "A write is ordered after what its session had read before."
        case .consistentPrefixNode:
            "An atomic read of several keys shows a state that the node's timeline really went through."
        case .consistentPrefixSession: "No session sees an effect and afterwards misses its cause."
        case .noLostWrites: "Every acknowledged write is there at the end, or was overwritten by a later one."
        case .noDirtyReads: "Nothing was read that was rolled back later, or that nobody wrote."
        case .convergence: "After healing, all replicas hold the same."
        case .noStaleReads: "A read sees all that was acknowledged, or had been seen, before it began."
        case .boundedStaleness: "No read is further behind than it may be."
        case .noDuplicates: "Nothing is there, or comes out, more often than it was put there."
        case .totalQueue: "What goes into a queue comes out of it, and nothing else does."
        case .uniqueIDs: "No identifier is given out twice."
        case .bank: "Transfers between accounts change no total."
        case .counter: "A counter lies between what was surely added and what may have been added."
        case .calendar: "A slot has one holder, and whoever was told that it is theirs is that one."
        case .conflictAudit: "What was written without knowledge of each other is kept, or merged by who knew both."
        case .loginspect: "What nodes say of leaders, votes and positions of the log fits together."
        case .liveness: "Once everything is healed, operations are answered and replicas catch up."
        case .readCommitted: "A transaction reads only what others committed, and never goes back within itself."
        case .readAtomic: "A transaction sees all or nothing of another one."
        case .causal: "What is seen brings along what led to it, and one order of writes decides for everybody."
        case .prefixConsistency: "Every transaction reads the state after a prefix of one order of commits."
        case .snapshotIsolation: "Transactions read from snapshots, and no update is lost."
        case .strongSessionSnapshotIsolation:
            "Transactions read from snapshots that hold what their session committed, and no update is lost."
        case .strongSnapshotIsolation:
            "Transactions read from snapshots that hold all that had been committed, and no update is lost."
        case .serializable: "Transactions behave as if executed one after the other."
        case .strongSessionSerializable:
            "Transactions behave as if executed one after the other, in the order of each session."
        case .strictSerializable:
            "Transactions behave as if executed one after the other, each between its beginning and its end."
        case .weakCausal: "What is seen brings all that led to it along."
        case .sequential: "One order of all operations that keeps each session's explains every answer."
        case .consistentPrefix: "Every read shows the state after a prefix of one order of all writes."
        case .noLongFork: "No two reads see two writes in opposite orders."
        case .pram: "Everybody sees what a session did in the order in which it did it."
        }
    }
}

extension Verdict {
    /// What is violated: the guarantee, or several of which nobody can say which one is.
    var violatedName: String {
        violatedTogether.isEmpty
            ? guarantee.rawValue : violatedTogether.map(\.rawValue).joined(separator: " with ")
    }
}

extension KeptIsolation {
    /// What transactions can rely on and what not, in one line.
    var sentence: String {
        let kept = strongestKept.isEmpty ? "none" : Words.list(strongestKept.map(\.rawValue))
        let broken = weakestBroken.isEmpty ? "none" : Words.list(weakestBroken.map(\.rawValue))
        return "isolation of transactions: strongest level kept: \(kept); weakest broken: \(broken)"
    }
}

extension Judgement {
    /// The sign that stands beside the word, so that colour is never all there is.
    var sign: String {
        switch self {
        case .valid: "✓"
        case .invalid: "✗"
        case .unknown: "?"
        }
    }
}

extension ExitCode {
    /// The exit code as a headline.
    var headline: String {
        switch self {
        case .met: "Every expectation was met"
        case .violation: "The outcome is not what was expected"
        case .unknown: "No verdict can be relied on yet"
        case .harness: "The harness failed"
        case .usage: "The command was not understood"
        case .malformed: "The input is malformed"
        }
    }
}

extension VerdictFile {
    /// The outcome in one line; more telling than the exit code alone.
    var headline: String {
        let violated = verdicts.filter { $0.judgement == .invalid }
        let unexpected = violated.filter { expectations[$0.guarantee] == .valid }
        switch exitCode {
        case .violation where !unexpected.isEmpty:
            let names = unexpected.map(\.violatedName)
            return "Violated: "
                + Words.list(names.indices.filter { names.firstIndex(of: names[$0]) == $0 }.map { names[$0] })
        case .violation: return "An expected violation did not appear"
        case .met where violated.isEmpty: return "Every guarantee held"
        case .met:
            return "Every expectation was met, \(Words.count(violated.count, "expected violation")) included"
        default: return exitCode.headline
        }
    }
}
