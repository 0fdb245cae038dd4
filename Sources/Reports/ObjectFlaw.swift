import Checkers
import HistoryModel

/// Why the operations of a queue, a stack, a lock, a set or a register fit into no order, said from those of the proof alone.
struct ObjectFlaw {
    /// What gives it away.
    let teller: Operation
    /// What happened, without the full stop.
    let sentence: String

    /// `nil` if the proof is of another kind, or too long for one sentence.
    init?(in operations: [Operation], detail: String?) {
        let found =
            Self.unwritten(operations, detail) ?? Self.lock(operations, detail) ?? Self.element(operations)
            ?? Self.container(operations)
        guard let found else { return nil }
        (teller, sentence) = found
    }

    private typealias Flaw = (teller: Operation, sentence: String)

    private static func who(_ operation: Operation) -> String {
        "Process \(operation.process.words) \(operation.deed)"
    }

    private static func value(_ value: Value) -> String { Words.value(value, limit: 40) }

    // MARK: Registers

    private static func unwritten(_ operations: [Operation], _ detail: String?) -> Flaw? {
        switch detail {
        case "nobody wrote what it saw":
            guard let read = operations.last else { return nil }
            return (read, "\(who(read)), which nobody ever wrote")
        case "nobody wrote what this cas replaced":
            guard let swap = operations.first(where: { $0.f == "cas" }), let old = swap.argument.list?.first else {
                return nil
            }
            let doubt = swap.outcome == .ok ? "" : ", and what it left was read"
            return (swap, "\(who(swap))\(doubt), but \(value(old)) was never there: nobody wrote it")
        default: return nil
        }
    }

    // MARK: Locks

    private static func lock(_ operations: [Operation], _ detail: String?) -> Flaw? {
        let acquisitions = operations.filter { $0.f == "acquire" || $0.f == "lock" }
        guard let last = operations.last else { return nil }
        switch detail {
        case "both held the lock at one time":
            guard acquisitions.count == 2 else { return nil }
            let first = acquisitions[0]
            return (
                acquisitions[1],
                "\(who(acquisitions[1])) while process \(first.process.words) held it (operation \(first.index))"
            )
        case "it held the lock already": return (last, "\(who(last)), which it held already")
        case "it did not hold the lock":
            return (last, "\(who(last)), which it did not hold: a lock is held by the process that acquired it")
        case "the first never gave the lock back":
            guard let first = acquisitions.first, let second = acquisitions.last else { return nil }
            return (
                second, "\(who(second)), which process \(first.process.words) had and never gave back"
            )
        case "both have the same token", "the tokens say otherwise":
            guard let later = acquisitions.last, let earlier = acquisitions.first, acquisitions.count > 1,
                let token = earlier.result.int
            else { return nil }
            return (later, "\(who(later)), though operation \(earlier.index) had got \(token) before")
        default: return nil
        }
    }

    // MARK: Sets

    private static func element(_ operations: [Operation]) -> Flaw? {
        guard
            let asked = operations.last(where: { ["contains", "remove"].contains($0.f) && $0.result.bool != nil }),
            operations.allSatisfy({
                $0.argument == asked.argument && ["add", "insert", "remove", "contains"].contains($0.f)
            })
        else { return nil }
        let adds = operations.filter { $0.f == "add" || $0.f == "insert" }
        let removes = operations.filter { $0.f == "remove" && $0.index != asked.index && $0.result != false }
        if asked.result == true {
            if adds.isEmpty { return (asked, "\(who(asked)), but nobody ever added it") }
            if adds.allSatisfy({ asked.isOver(before: $0) }) {
                return (asked, "\(who(asked)) before anybody added it")
            }
            guard let gone = removes.last(where: { $0.isOver(before: asked) }) else { return nil }
            return (asked, "\(who(asked)), although operation \(gone.index) had removed it")
        }
        for asked in operations where asked.result == false && asked.f != "add" && asked.f != "insert" {
            guard let add = adds.last(where: { $0.isOver(before: asked) }) else { continue }
            let had = "\(who(asked)), although operation \(add.index) had added it"
            let later = operations.first { $0.result == true && $0.f == "contains" && asked.isOver(before: $0) }
            if let later, adds.count == 1 { return (asked, "\(had) and operation \(later.index) still found it") }
            guard removes.allSatisfy({ asked.isOver(before: $0) }) else { continue }
            let end = removes.first.map { " and only operation \($0.index) removed it" }
            return (asked, had + (end ?? " and nobody had removed it"))
        }
        return nil
    }

    // MARK: Queues, stacks and priority queues

    private static let insertions: Set = ["enqueue", "enq", "push", "insert"]
    private static let removals: Set = ["dequeue", "deq", "pop", "poll", "poll-max"]

    private static func container(_ operations: [Operation]) -> Flaw? {
        let puts = operations.filter { insertions.contains($0.f) }
        let takes = operations.filter { removals.contains($0.f) && $0.outcome == .ok }
        let looks = operations.filter { $0.f == "peek" && $0.outcome == .ok }
        guard puts.count + takes.count + looks.count == operations.count,
            let teller = (takes + looks).max(by: isEarlier)
        else { return nil }
        return surplus(puts, takes + looks, takes) ?? missed(teller, puts, takes, operations)
    }

    private static func isEarlier(_ first: Operation, _ second: Operation) -> Bool { first.index < second.index }

    /// What nobody had put in, or not as often.
    private static func surplus(_ puts: [Operation], _ sights: [Operation], _ takes: [Operation]) -> Flaw? {
        for sight in sights where !sight.result.isNull {
            let own = puts.filter { $0.argument == sight.result }
            if own.isEmpty { return (sight, "\(who(sight)), which nobody had put in") }
            if own.allSatisfy({ sight.isOver(before: $0) }) {
                return (sight, "\(who(sight)), which was put in only later (operation \(own[0].index))")
            }
            let taken = takes.filter { $0.result == sight.result }
            guard taken.count > own.count, let last = taken.max(by: isEarlier) else { continue }
            return (
                last,
                "\(who(last)): taken out \(Words.count(taken.count, "time")), put in \(Words.count(own.count, "time"))"
            )
        }
        return nil
    }

    /// What should have come instead.
    private static func missed(
        _ teller: Operation, _ puts: [Operation], _ takes: [Operation], _ operations: [Operation]
    ) -> Flaw? {
        // What had been put in before for certain, less all that may have been taken out by then.
        var there = puts.filter { $0.isOver(before: teller) }
        for take in takes where take.index != teller.index && !teller.isOver(before: take) {
            if let place = there.firstIndex(where: { $0.argument == take.result }) { there.remove(at: place) }
        }
        let name = operations.allSatisfy { $0.f != "push" && $0.f != "pop" } ? "queue" : "stack"
        guard !teller.result.isNull else {
            guard let left = there.first else { return nil }
            return (
                teller,
                "\(who(teller)), although \(value(left.argument)) was in it since operation \(left.index)"
            )
        }
        let own = puts.filter { $0.argument == teller.result }
        let better: Operation?
        let why: String
        if puts.contains(where: { $0.f == "insert" }) {
            better = there.first { ($0.argument.int ?? .min) > (teller.result.int ?? .max) }
            why = "which is larger, was in it since"
        } else if name == "stack" {
            better = there.first { put in own.allSatisfy { $0.isOver(before: put) } }
            why = "which lay above it, was there since"
        } else {
            better = there.first { put in own.allSatisfy { put.isOver(before: $0) } }
            why = "which was put in before it, was in it since"
        }
        guard let better, better.argument != teller.result else { return nil }
        return (teller, "\(who(teller)), although \(value(better.argument)), \(why) operation \(better.index)")
    }
}
