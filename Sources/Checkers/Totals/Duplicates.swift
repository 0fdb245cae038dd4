import HistoryModel

/// Nothing is there more often than it was put there: a read shows no element of a set twice, and none of a list more often
/// than it can have been appended by then; what was put once into a queue comes out once.
struct Duplicates {
    private let history: History
    private var draft: VerdictDraft

    static func draft(_ objects: HistoryObjects, _ options: CheckOptions) -> VerdictDraft {
        var checker = Duplicates(objects.history, options)
        var builder = ObjectBuilder(objects)
        var numbers = ValueNumbers(objects.history)
        for (number, object) in objects.objects.enumerated() {
            switch object.kind {
            case .queue, .stack, .priorityQueue: checker.check(object, Traffic(objects, number, &numbers))
            case .set, .list:
                if let problem = object.problem {
                    checker.draft.doubt("\(object.title) cannot be judged: \(problem)")
                } else {
                    checker.check(object, builder.build(number))
                }
            default: break
            }
        }
        return checker.draft
    }

    private init(_ history: History, _ options: CheckOptions) {
        self.history = history
        draft = VerdictDraft(.noDuplicates, options, algorithm: "each element counted (exact)")
    }

    private func index(_ operation: Int32) -> Int { history.operations[Int(operation)].index }

    // Queues and their kin.

    private mutating func check(_ object: KeyedObject, _ traffic: Traffic) {
        draft.count("elements-seen", traffic.takes.count)
        for finding in traffic.outgoing().duplicated {
            let puts = finding.puts.map { Anomaly.Step(index($0), .seenWrite) }
            // One drain may have brought back all copies.
            let earlier = Set(finding.earlier).subtracting([finding.take.operation]).sorted()
            draft.report(
                Anomaly(
                    .duplicatedElement, key: object.name,
                    puts + earlier.map { Anomaly.Step(index($0), .earlierRead) }
                        + [Anomaly.Step(index(finding.take.operation), .violatingRead)],
                    detail: text(traffic.values[finding.take.value])))
        }
    }

    private func text(_ value: ValueRef) -> String {
        String(decoding: JSONText.bytes(history.values.value(value)), as: UTF8.self)
    }

    // Sets and lists.

    /// Each value is told once, by the first read that shows it too often.
    private mutating func check(_ object: KeyedObject, _ operations: ObjectOperations) {
        var updates = [[Int]](repeating: [], count: operations.valueCount)
        for position in operations.function.indices where operations.argument[position] >= 0 {
            updates[operations.argument[position]].append(position)
        }
        var told = [Bool](repeating: false, count: operations.valueCount)
        var count = [Int32](repeating: 0, count: operations.valueCount)
        for position in operations.function.indices where operations.function[position] == .read {
            let elements = operations.elements[position]
            draft.count("elements-seen", elements.count)
            for element in elements {
                count[element] += 1
                guard count[element] > 1, !told[element] else { continue }
                let possible = updates[element].prefix { operations.call[$0] <= operations.ret[position] }
                let isList = object.kind == .list
                guard count[element] > (isList ? max(1, possible.count) : 1) else { continue }
                told[element] = true
                report(object, operations, position, element, isList ? possible.map(\.self) : [])
            }
            for element in elements { count[element] = 0 }
        }
    }

    private mutating func report(
        _ object: KeyedObject, _ operations: ObjectOperations, _ read: Int, _ element: Int32, _ updates: [Int]
    ) {
        let answer = history.columns.answer[Int(operations.operation[read])]
        let place = operations.elements[read].firstIndex(of: element).map {
            $0 - operations.elements.range(read).lowerBound
        }
        let value = place.flatMap { history.values.elements(answer)?.dropFirst($0).first }
        draft.report(
            Anomaly(
                .duplicatedElement, key: object.name,
                updates.map { Anomaly.Step(index(operations.operation[$0]), .seenWrite) }
                    + [Anomaly.Step(index(operations.operation[read]), .violatingRead)],
                detail: value.map { text($0) }))
    }
}
