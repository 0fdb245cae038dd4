import HistoryModel

/// Definitions spelled out without any cleverness, for small histories: what the checkers are compared with.
struct NaiveHistory {
    let operations: [HistoryModel.Operation]
    /// Sessions: a process up to its first info.
    let session: [Int]
    /// By operation: the register writes that came before it as far as the history proves, itself excluded.
    private(set) var before: [Set<Int>]
    /// By operation: what its session knew at its end, itself included.
    private var known: [Set<Int>]
    let sets: Set<String>

    init(_ history: History) {
        operations = Array(history.operations)
        var session: [Int] = []
        var current: [ProcessID: Int] = [:]
        var count = 0
        for operation in operations {
            if current[operation.process] == nil {
                current[operation.process] = count
                count += 1
            }
            session.append(current[operation.process] ?? 0)
            if operation.outcome == .info { current[operation.process] = nil }
        }
        self.session = session
        sets = Set(
            operations.filter { $0.f == "add" || $0.f == "append" || $0.result.list != nil && $0.f == "read" }
                .compactMap(\.key))
        before = operations.map { _ in [] }
        known = before
        replay(history, count)
    }

    /// Lets every session learn, event after event.
    private mutating func replay(_ history: History, _ sessions: Int) {
        var knowledge = [Set<Int>](repeating: [], count: sessions)
        var begun: Set<Int> = []
        for event in history.events where event.process != .nemesis {
            let number =
                operations.lastIndex { $0.process == event.process && $0.index <= event.index } ?? 0
            let operation = operations[number]
            if event.type == .invoke {
                before[number] = knowledge[session[number]]
                if operation.f == "cas", operation.outcome != .fail, let old = operation.argument.list?.first,
                    let writer = writer(of: old, operation.key, number), begun.contains(writer)
                {
                    before[number].formUnion(before[writer].union([writer]))
                }
                begun.insert(number)
            } else if event.type == .ok {
                for (key, value) in answers(number) {
                    guard let writer = writer(of: value, key, number) else { continue }
                    knowledge[session[number]].formUnion(before[writer].union([writer]))
                }
                if operation.f == "cas" { before[number] = knowledge[session[number]] }
                if isWrite(number) { knowledge[session[number]].insert(number) }
            }
        }
    }

    /// Whether what is older goes in circles, because somebody saw what came after it, or hangs on a cas of unknown outcome that
    /// saw what began later: then these definitions, which go through the events once, do not tell.
    var isAbsurd: Bool {
        operations.indices.contains { number in
            guard isWrite(number) else { return false }
            if before[number].contains(where: { before[$0].contains(number) }) { return true }
            guard operations[number].f == "cas", let old = operations[number].argument.list?.first,
                let writer = writer(of: old, operations[number].key, number)
            else { return false }
            return isInCircle(number) || writer > number && operations[number].outcome != .ok
        }
    }

    /// Whether each cas of a circle saw what the one before it wrote.
    private func isInCircle(_ start: Int) -> Bool {
        var place: Int? = start
        for _ in operations {
            guard let number = place, operations[number].f == "cas", isWrite(number) else { return false }
            place = writer(of: operations[number].argument.list?.first ?? .null, operations[number].key, number)
            if place == start { return true }
        }
        return false
    }

    func isWrite(_ number: Int) -> Bool {
        let operation = operations[number]
        return (operation.f == "write" || operation.f == "cas") && operation.outcome != .fail
    }

    /// What an ok operation shows of registers.
    func answers(_ number: Int) -> [(String?, Value)] {
        let operation = operations[number]
        guard operation.outcome == .ok else { return [] }
        switch operation.f {
        case "read" where !sets.contains(operation.key ?? ""): return [(operation.key, operation.result)]
        case "cas": return [(operation.key, operation.argument.list?.first ?? .null)]
        case "txn":
            return (operation.result.list ?? []).compactMap { micro in
                micro.list.map { ($0[1].string, $0[2]) }
            }
        default: return []
        }
    }

    func written(_ number: Int) -> Value {
        let operation = operations[number]
        return operation.f == "cas" ? operation.argument.list?.last ?? .null : operation.argument
    }

    /// The only operation that can have written what `reader` saw.
    func writer(of value: Value, _ key: String?, _ reader: Int) -> Int? {
        let candidates = operations.indices.filter {
            isWrite($0) && operations[$0].key == key && written($0) == value && canSee(reader, $0)
        }
        return candidates.count == 1 && value != .null ? candidates[0] : nil
    }

    /// False if the update was invoked only after the reader had its answer.
    func canSee(_ reader: Int, _ update: Int) -> Bool {
        guard operations[reader].outcome == .ok, let end = operations[reader].completion else { return true }
        return operations[update].invocation.time <= end.time
    }

    /// True if `value` is older than what `write` wrote, as far as the history proves.
    func isOlder(_ value: Value, _ key: String?, _ reader: Int, than write: Int) -> Bool {
        if let writer = writer(of: value, key, reader) { return writer != write && before[write].contains(writer) }
        let mayBeNull = operations.indices.contains {
            isWrite($0) && operations[$0].key == key && written($0) == .null && canSee(reader, $0)
        }
        return value == .null && !mayBeNull
    }

    /// True if the first had certainly ended when the second began.
    func ended(_ first: Int, before second: Int) -> Bool {
        guard operations[first].outcome == .ok, let end = operations[first].completion else { return false }
        let start = operations[second].invocation
        return end.time < start.time || end.process == start.process && end.index < start.index
    }
}
