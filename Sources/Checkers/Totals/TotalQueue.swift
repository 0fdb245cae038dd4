import HistoryModel

/// What goes in comes out: every element whose insertion was acknowledged before the queue was empty for good was removed,
/// and nothing was removed that nobody put in. Says nothing of order, and judges stacks and priority queues as well.
///
/// The queue is empty for good where a drain, or a removal that found nothing, began after every removal that found
/// something. A removal of unknown outcome may have taken any one element, a drain any number.
struct TotalQueue {
    private let history: History
    private var draft: VerdictDraft

    /// An element whose insertion was acknowledged and that did not come out.
    private struct Missing {
        var put: Traffic.Put
        /// The answer that says that nothing was left, the first one to end.
        var empty: Traffic.Empty
    }

    static func draft(_ objects: HistoryObjects, _ options: CheckOptions) -> VerdictDraft {
        var checker = TotalQueue(objects.history, options)
        var numbers = ValueNumbers(objects.history)
        for number in objects.objects.indices where objects.objects[number].kind?.isContainer ?? false {
            checker.check(objects.objects[number], Traffic(objects, number, &numbers))
        }
        return checker.draft
    }

    private init(_ history: History, _ options: CheckOptions) {
        self.history = history
        draft = VerdictDraft(
            .totalQueue, options, algorithm: "elements in and out; removals of unknown outcome excuse one each")
    }

    private mutating func check(_ object: KeyedObject, _ traffic: Traffic) {
        let (unexpected, duplicated) = traffic.outgoing()
        draft.count("elements-removed", traffic.takes.count)
        draft.count("elements-duplicated", duplicated.count)
        draft.count("elements-recovered", recovered(traffic))
        for finding in unexpected { report(object, finding, traffic) }
        checkLost(object, traffic)
    }

    /// Elements that came out although nobody knew whether they had gone in.
    private func recovered(_ traffic: Traffic) -> Int {
        var acknowledged = [Int](repeating: 0, count: traffic.values.count)
        var possible = acknowledged
        var removed = acknowledged
        for put in traffic.puts {
            possible[put.value] += 1
            if put.ret != .max { acknowledged[put.value] += 1 }
        }
        for take in traffic.takes { removed[take.value] += 1 }
        return removed.indices.reduce(0) {
            $0 + max(0, min(removed[$1], possible[$1]) - acknowledged[$1])
        }
    }

    private mutating func report(_ object: KeyedObject, _ finding: Traffic.Unexpected, _ traffic: Traffic) {
        let failed = finding.failed.map { [Anomaly.Step(index($0), .seenWrite)] } ?? []
        draft.report(
            Anomaly(
                .unexpectedElement, key: object.name,
                failed + [Anomaly.Step(index(finding.take.operation), .violatingRead)],
                detail: (finding.failed == nil ? "nobody had put in " : "refused was ")
                    + text(finding.take.value, traffic)))
    }

    /// What went in after the queue was empty for good may still be in it.
    private mutating func checkLost(_ object: KeyedObject, _ traffic: Traffic) {
        let empties = traffic.lastEmpties()
        guard let last = empties.last else { return }
        draft.count("elements-drained", traffic.puts.count { $0.ret < last.call })
        // By place: of the answers from there on the first to end.
        let first = empties.indices.reversed().reduce(into: [Traffic.Empty]()) { found, place in
            found.append(found.last.map { $0.ret <= empties[place].ret ? $0 : empties[place] } ?? empties[place])
        }
        let lost = traffic.missing().compactMap { put -> Missing? in
            let later = empties.partitioningIndex { $0.call > put.ret }
            return later < empties.count ? Missing(put: put, empty: first[empties.count - 1 - later]) : nil
        }
        for element in unexcused(lost, traffic) { report(object, element, traffic) }
    }

    /// Those that no removal of unknown outcome can have taken: one that was invoked before nothing was left may have taken
    /// any one of them.
    private func unexcused(_ lost: [Missing], _ traffic: Traffic) -> [Missing] {
        let drained = traffic.openDrains.min() ?? .max
        var used = 0
        return lost.sorted { ($0.empty.ret, $0.put.operation) < ($1.empty.ret, $1.put.operation) }.filter {
            element in
            if drained <= element.empty.ret { return false }
            guard used < traffic.openTakes.count, traffic.openTakes[used] <= element.empty.ret else { return true }
            used += 1
            return false
        }
    }

    private mutating func report(_ object: KeyedObject, _ lost: Missing, _ traffic: Traffic) {
        draft.report(
            Anomaly(
                .lostElement, key: object.name,
                [
                    Anomaly.Step(index(lost.put.operation), .expectedWrite),
                    Anomaly.Step(index(lost.empty.operation), .finalRead),
                ], detail: text(lost.put.value, traffic)))
    }

    private func index(_ operation: Int32) -> Int { history.operations[Int(operation)].index }

    private func text(_ value: Int32, _ traffic: Traffic) -> String {
        String(decoding: JSONText.bytes(history.values.value(traffic.values[value])), as: UTF8.self)
    }
}

extension Traffic {
    /// Acknowledged puts that did not come out. Of several of one value those that were acknowledged last: whatever excuses
    /// an earlier one excuses them.
    fileprivate func missing() -> [Put] {
        var left = [Int](repeating: 0, count: values.count)
        for take in takes { left[take.value] += 1 }
        let acknowledged = puts.filter { $0.ret != .max }.sorted {
            ($0.ret, $0.operation) < ($1.ret, $1.operation)
        }
        return acknowledged.filter { put in
            guard left[put.value] > 0 else { return true }
            left[put.value] -= 1
            return false
        }
    }

    /// The answers that say that nothing was left for good, by invocation.
    fileprivate func lastEmpties() -> [Empty] {
        let last = takes.map(\.call).max() ?? -1
        return empties.filter { $0.call >= last }
    }
}
