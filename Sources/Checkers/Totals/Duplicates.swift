import HistoryModel

/// Nothing is there more often than it was put there: a read shows no element of a set twice, and none of a list more often
/// than it can have been appended by then; what was put once into a queue comes out once.
struct Duplicates {
    private let history: History
    private var draft: VerdictDraft

    /// Asks for the accesses of the history where transactions put elements there, or others are taken out.
    static func draft(_ objects: HistoryObjects, _ options: CheckOptions, _ table: () -> AccessTable)
        -> VerdictDraft
    {
        var checker = Duplicates(objects.history, options)
        var builder = ObjectBuilder(objects)
        var numbers = ValueNumbers(objects.history)
        var others: [KeyedObject] = []
        for (number, object) in objects.objects.enumerated() {
            switch object.kind {
            case .queue, .stack, .priorityQueue: checker.check(object, Traffic(objects, number, &numbers))
            case .set, .list:
                guard object.problem == nil else {
                    others.append(object)
                    continue
                }
                let operations = builder.build(number)
                checker.check(object.name, isList: object.kind == .list, operations) { read, element in
                    let shown = operations.elements.range(read)
                    let place = shown.first { operations.elements.numbers[$0] == element }
                    let answer = objects.history.columns.answer[Int(operations.operation[read])]
                    return place.flatMap {
                        objects.history.values.elements(answer)?.dropFirst($0 - shown.lowerBound).first
                    }
                }
            default: if object.problem != nil { others.append(object) }
            }
        }
        if !others.isEmpty { checker.check(others, table()) }
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

    /// Each value is told once, by the first read that shows it too often; `value` says what the element of a read is.
    private mutating func check(
        _ name: String?, isList: Bool, _ operations: ObjectOperations, value: (Int, Int32) -> ValueRef?
    ) {
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
                guard count[element] > (isList ? max(1, possible.count) : 1) else { continue }
                told[element] = true
                let steps =
                    (isList ? Array(possible) : []).map {
                        Anomaly.Step(index(operations.operation[$0]), .seenWrite)
                    }
                    + [Anomaly.Step(index(operations.operation[position]), .violatingRead)]
                let detail = value(position, element).map(text)
                draft.report(Anomaly(.duplicatedElement, key: name, steps, detail: detail))
            }
            for element in elements { count[element] = 0 }
        }
    }

    /// Judges what `HistoryObjects` leaves aside, as far as it is made of sets and lists.
    private mutating func check(_ objects: [KeyedObject], _ table: AccessTable) {
        let numbers = Dictionary(
            zip(table.keys.names, table.keys.names.indices), uniquingKeysWith: { first, _ in first })
        var isJudged = [Bool](repeating: false, count: table.keys.count)
        for object in objects {
            let key = numbers[object.name].flatMap { [.set, .list].contains(table.keys.kind[$0]) ? $0 : nil }
            if let key {
                draft.doubtProblem(table.keys, key)
                isJudged[key] = table.keys.problem[key] == nil
            } else if object.kind == .set || object.kind == .list, let problem = object.problem {
                draft.doubt("\(object.title) cannot be judged: \(problem)")
            }
        }
        for (key, shown) in ShownLists.all(table, isJudged) {
            check(table.keys.names[key], isList: table.keys.kind[key] == .list, shown.operations) {
                table.value(of: shown.elements[Int($1)])
            }
        }
    }
}

/// What is put into one set or list and read of it, by transactions, too.
private struct ShownLists {
    /// Only with what counting takes.
    private(set) var operations = ObjectOperations()
    /// By the numbers of the operations.
    private(set) var elements: [Int32] = []

    /// Those of some keys.
    static func all(_ table: AccessTable, _ isWanted: [Bool]) -> [(key: Int, ShownLists)] {
        var all = isWanted.map { _ in ShownLists() }
        var numbers = [Int32](repeating: -1, count: table.elementCount)
        for row in table.rowsByOperation().map(Int.init) {
            for access in table.accesses(row) where isWanted[Int(table.key[access])] {
                all[Int(table.key[access])].add(access, row, table, &numbers)
            }
        }
        return isWanted.indices.filter { isWanted[$0] }.map { ($0, all[$0]) }
    }

    private mutating func add(_ access: Int, _ row: Int, _ table: AccessTable, _ numbers: inout [Int32]) {
        let isRead = table.kind[access] == .readAll
        operations.operation.append(table.operation[row])
        operations.call.append(table.call[row])
        operations.ret.append(table.ret[row])
        operations.function.append(isRead ? .read : .append)
        operations.argument.append(isRead ? -1 : number(table.version[access], &numbers))
        guard isRead else { return }
        for element in table.list(access) {
            operations.elements.append(number(element, &numbers), at: operations.count - 1)
        }
    }

    private mutating func number(_ element: Int32, _ numbers: inout [Int32]) -> Int32 {
        if numbers[Int(element)] < 0 {
            numbers[Int(element)] = Int32(elements.count)
            elements.append(element)
            operations.valueCount = elements.count
        }
        return numbers[Int(element)]
    }
}
