import HistoryModel

/// How far each read is behind what was known before it began, spelled out.
struct NaiveStaleness {
    struct Read: Hashable {
        var operation: Int
        var key: String?
        var versions: Int
        var nanoseconds: Int64
    }

    /// Which of two values of a key is later.
    enum Order {
        case numbers
        /// The numbers that the system gave, by value.
        case given([Value: Int64])
        case realTime
        case elements
    }

    private let operations: [HistoryModel.Operation]

    init(_ history: History) { operations = history.operations.filter { $0.outcome != .fail } }

    /// What each answered operation shows of a key: values of a register, elements of a set or list.
    private func shown(_ operation: HistoryModel.Operation, _ key: String?) -> [Value] {
        guard operation.outcome == .ok else { return [] }
        switch operation.f {
        case "read" where operation.key == key: return operation.result.list ?? [operation.result]
        case "cas" where operation.key == key: return operation.argument.list ?? []
        case "write" where operation.key == key, "add" where operation.key == key,
            "append" where operation.key == key:
            return [operation.argument]
        case "txn":
            return (operation.result.list ?? []).compactMap(\.list).filter { $0[1].string == key }
                .flatMap { $0[2].list ?? [$0[2]] }
        default: return []
        }
    }

    private func reads(_ operation: HistoryModel.Operation, _ key: String?) -> [Value] {
        guard operation.outcome == .ok else { return [] }
        switch operation.f {
        case "read" where operation.key == key: return [operation.result]
        case "cas" where operation.key == key:
            // One that puts back what was there reads its own write.
            let pair = operation.argument.list ?? []
            return pair.count == 2 && pair[0] != pair[1] ? [pair[0]] : []
        case "txn":
            let micros = (operation.result.list ?? []).compactMap(\.list).filter { $0[1].string == key }
            let written = micros.filter { $0[0] != "r" }.map { $0[2] }
            return micros.filter { $0[0] == "r" && !written.contains($0[2]) }.map { $0[2] }
        default: return []
        }
    }

    /// The invocation of the write of a value.
    private func call(_ value: Value, _ key: String?) -> Int64? {
        operations.first { operation in
            switch operation.f {
            case "write", "add", "append": return operation.key == key && operation.argument == value
            case "cas": return operation.key == key && operation.argument.list?.last == value
            case "txn":
                return ((operation.outcome == .ok ? operation.result : operation.argument).list ?? [])
                    .compactMap(\.list).contains { $0[0] != "r" && $0[1].string == key && $0[2] == value }
            default: return false
            }
        }?.invocation.time
    }

    /// Since when a value is known.
    private func known(_ value: Value, _ key: String?) -> Int64 {
        operations.filter { operation in
            shown(operation, key).contains(value)
                && (operation.result.list != nil && operation.f == "read" || isSomebodys(value, operation, key))
        }.compactMap { $0.completion?.time }.min() ?? .max
    }

    func all(_ key: String?, _ order: Order) -> [Read] {
        let values = Set(operations.flatMap { shown($0, key) + written($0, key) }).filter { call($0, key) != nil }
        return operations.flatMap { operation in
            reads(operation, key).filter { isSomebodys($0, operation, key) }
                .map { read($0, operation, key, Array(values), order) }
        }
    }

    /// False for a value of a register that nobody had written.
    private func isSomebodys(_ value: Value, _ reader: HistoryModel.Operation, _ key: String?) -> Bool {
        value.isNull || value.list != nil
            || call(value, key).map { $0 <= reader.completion?.time ?? .max } ?? false
    }

    private func written(_ operation: HistoryModel.Operation, _ key: String?) -> [Value] {
        operation.key == key && operation.f == "write" ? [operation.argument] : []
    }

    private func read(
        _ seen: Value, _ operation: HistoryModel.Operation, _ key: String?, _ values: [Value], _ order: Order
    ) -> Read {
        let call = operation.invocation.time
        let newer = values.filter { isNewer($0, than: seen, key, order) }
        // Whoever knows a later version knows the earlier ones, where there are numbers.
        let since = newer.map { value -> Int64 in
            let later = newer.filter { $0 == value || isRanked(order) && isNewer($0, than: value, key, order) }
            return later.map { known($0, key) }.min() ?? .max
        }.filter { $0 < call }
        return Read(
            operation: operation.index, key: key, versions: since.count,
            nanoseconds: since.min().map { call - $0 } ?? 0)
    }

    private func isRanked(_ order: Order) -> Bool {
        switch order {
        case .numbers, .given: true
        case .realTime, .elements: false
        }
    }

    private func isNewer(_ value: Value, than seen: Value, _ key: String?, _ order: Order) -> Bool {
        switch order {
        case .elements: return !(seen.list ?? []).contains(value)
        case .numbers: return seen.isNull || (value.int ?? 0) > (seen.int ?? 0)
        case .given(let numbers):
            guard let number = numbers[value] else { return false }
            return seen.isNull || number > numbers[seen] ?? .max
        case .realTime: return seen.isNull || self.call(value, key) ?? 0 > known(seen, key)
        }
    }

    /// The numbers that answers give to the values of a key.
    func given(_ key: String?) -> [Value: Int64] {
        var numbers: [Value: Int64] = [:]
        for operation in operations where operation.outcome == .ok && operation.key == key {
            guard let number = operation.meta["version"]?.int else { continue }
            for value in operation.f == "cas" ? [operation.argument.list?.last ?? .null] : shown(operation, key) {
                numbers[value] = number
            }
        }
        return numbers
    }
}
