import Checkers
import HistoryModel

/// The commonest way not to be linearizable, found inside a proof: a read that misses an update that was over before it
/// began. The rest of the proof then only supports it, and a reader should look at these first.
struct StaleRead {
    let read: Operation
    /// The write or add that was over and was not seen.
    let missed: Operation
    /// The older write whose value was seen; `nil` if nothing was seen.
    let seen: Operation?

    /// The first stale read among the operations; `nil` if the proof is of another kind.
    init?(in operations: [Operation]) {
        guard let stale = Self.ofRegister(operations) ?? Self.ofSet(operations) else { return nil }
        self = stale
    }

    private init(_ read: Operation, missed: Operation, seen: Operation?) {
        (self.read, self.missed, self.seen) = (read, missed, seen)
    }

    private static func ofSet(_ operations: [Operation]) -> StaleRead? {
        for read in operations where read.f == "read" && read.outcome == .ok {
            guard read.result.isNull || read.result.list != nil else { continue }
            let missed = operations.last { add in
                add.f == "add" && add.key == read.key && add.isOver(before: read)
                    && read.result.list?.contains(add.argument) != true
            }
            if let missed { return StaleRead(read, missed: missed, seen: nil) }
        }
        return nil
    }

    private static func ofRegister(_ operations: [Operation]) -> StaleRead? {
        let writes = operations.filter { $0.f == "write" && $0.outcome == .ok }
        for read in operations where read.f == "read" && read.outcome == .ok {
            let seen = writes.first { $0.key == read.key && $0.argument == read.result }
            guard seen != nil || read.result.isNull else { continue }
            let missed = writes.last { write in
                write.key == read.key && write.isOver(before: read) && seen.map { $0.isOver(before: write) } ?? true
            }
            if let missed { return StaleRead(read, missed: missed, seen: seen) }
        }
        return nil
    }

    /// What an operation is in this proof, whatever part it had in a longer one.
    func role(of operation: Operation?) -> Anomaly.Role {
        switch operation?.index {
        case read.index: .violatingRead
        case missed.index: .expectedWrite
        case seen?.index: .seenWrite
        default: .conflicting
        }
    }
}

extension Operation {
    /// Whether it was acknowledged before another one began.
    func isOver(before other: Operation) -> Bool {
        guard outcome == .ok, let completion else { return false }
        return completion.time < other.invocation.time
    }
}
