import HistoryModel

/// What queues, banks, counters and identifiers promise, spelled out over the operations of one small history.
struct NaiveTotals {
    private let operations: [HistoryModel.Operation]

    init(_ history: History) { operations = Array(history.operations) }

    private func call(_ number: Int) -> Int64 { operations[number].invocation.time }

    private func ret(_ number: Int) -> Int64 {
        operations[number].outcome == .ok ? operations[number].completion?.time ?? .max : .max
    }

    private func all(_ f: String, _ outcomes: [EventType] = [.ok, .info]) -> [Int] {
        operations.indices.filter { operations[$0].f == f && outcomes.contains(operations[$0].outcome) }
    }

    /// What came out, with the operation that took it.
    private var taken: [(number: Int, value: Value)] {
        all("dequeue", [.ok]).map { ($0, operations[$0].result) }.filter { $0.1 != .null }
            + all("drain", [.ok]).flatMap { number in
                (operations[number].result.list ?? []).map { (number, $0) }
            }
    }

    /// Puts that can have been what a removal took.
    private func sources(_ take: (number: Int, value: Value)) -> [Int] {
        all("enqueue").filter { operations[$0].argument == take.value && call($0) <= ret(take.number) }
    }

    /// Whether each of the things can be given one of its choices, all different.
    private func canAssign(_ choices: [[Int]], _ used: Set<Int> = []) -> Bool {
        guard let first = choices.first else { return true }
        return first.contains { !used.contains($0) && canAssign(Array(choices.dropFirst()), used.union([$0])) }
    }

    /// Something came out that nobody had put in, or something stayed in for good.
    func losesElements() -> Bool { taken.contains { sources($0).isEmpty } || staysIn() }

    /// No assignment of acknowledged elements to removals explains the answer that nothing was left.
    private func staysIn() -> Bool {
        let last = taken.map { call($0.number) }.max() ?? .min
        let empties = operations.indices.filter { number in
            operations[number].outcome == .ok && call(number) >= last
                && (operations[number].f == "drain"
                    || operations[number].f == "dequeue" && operations[number].result == .null)
        }
        let judged = all("enqueue", [.ok]).compactMap { put -> (put: Int, until: Int64)? in
            empties.filter { call($0) > ret(put) }.map(ret).min().map { (put, $0) }
        }
        let places = Array(taken.enumerated())
        let choices = judged.map { put, until -> [Int] in
            let known = places.filter { $0.element.value == operations[put].argument }.map { -1 - $0.offset }
            let open = operations.indices.filter { number in
                operations[number].outcome == .info && call(number) <= until
                    && ["dequeue", "drain"].contains(operations[number].f)
            }
            // A drain may have taken any number.
            return known
                + open.flatMap { number in
                    operations[number].f == "drain"
                        ? (0..<20).map { 1000 * (number + 1) + $0 } : [number]
                }
        }
        return !canAssign(choices)
    }

    /// Something is there more often than it was put there.
    func hasDuplicates() -> Bool {
        if operations.contains(where: { $0.f == "enqueue" || $0.f == "dequeue" || $0.f == "drain" }) {
            let known = taken.filter { !sources($0).isEmpty }
            return !canAssign(known.map { sources($0) })
        }
        return all("read", [.ok]).contains { read in
            let list = operations[read].result.list ?? []
            return Set(list).contains { value in
                let shown = list.count { $0 == value }
                let appended = all("append").count { operations[$0].argument == value && call($0) <= ret(read) }
                return shown > max(1, appended)
            }
        }
    }

    func repeatsIDs() -> Bool {
        let ids = all("generate", [.ok]).map { operations[$0].result }
        return Set(ids).count < ids.count
    }

    /// Two sums, a balance below zero, or none.
    func breaksBank() -> Bool {
        let reads = all("read", [.ok]).map { read -> [Value] in
            guard case .object(let members) = operations[read].result else {
                return (operations[read].result.list ?? []).compactMap { $0.list?.last }
            }
            return members.map(\.value)
        }
        let sums = Set(reads.filter { !$0.contains(.null) }.map { $0.reduce(0) { $0 + ($1.int ?? 0) } })
        return sums.count > 1 || reads.contains { $0.contains(.null) || $0.contains { ($0.int ?? 0) < 0 } }
    }

    /// No one holder of the slot explains what everybody was told, and the end.
    func breaksCalendar() -> Bool {
        let asked = all("reserve", [.ok, .info, .fail])
        guard !asked.isEmpty else { return false }
        let rejected = all("rejected", [.ok]).map { operations[$0].argument }
        let firm = all("reserve", [.ok]).filter { operations[$0].completion?.meta["tentative"] == nil }
        let believed = all("reserve", [.ok]).filter {
            firm.contains($0) || !rejected.contains(operations[$0].argument)
        }
        let ends = operations.indices.filter { number in
            operations[number].outcome == .ok && operations[number].invocation.meta["final"] == true
                && operations[number].f == "read"
        }
        let isStrange = all("read", [.ok]).contains { read in
            let holder = operations[read].result
            return holder != .null
                && !all("reserve").contains { operations[$0].argument == holder && call($0) <= ret(read) }
        }
        let holders = [.null] + asked.map { operations[$0].argument }
        let hasOne = holders.contains { holder in firm.allSatisfy { operations[$0].argument == holder } }
        let isKept = ends.allSatisfy { end in
            believed.allSatisfy { ret($0) >= call(end) || operations[$0].argument == operations[end].result }
        }
        return isStrange || !hasOne || !isKept
    }

    /// No choice of the additions that need not have happened by then explains an answer. With both signs the bounds alone
    /// count: what lies between them is not judged.
    func exceedsCounter() -> Bool {
        // Nothing else tells a counter from a register or a set.
        guard operations.contains(where: { $0.f == "add" }),
            operations.contains(where: { $0.f == "read" && $0.result.int != nil })
        else { return false }
        return all("read", [.ok]).contains { read in
            let value = operations[read].result.int ?? 0
            let certain = all("add", [.ok]).filter { ret($0) < call(read) }
            let open = all("add").filter { call($0) <= ret(read) && !certain.contains($0) }
            let sum = certain.reduce(0) { $0 + (operations[$1].argument.int ?? 0) }
            let sums = (0..<(1 << open.count)).map { choice in
                open.indices.reduce(sum) {
                    $0 + (choice >> $1 & 1 == 1 ? operations[open[$1]].argument.int ?? 0 : 0)
                }
            }
            return value < sums.min() ?? sum || value > sums.max() ?? sum
        }
    }
}
