import HistoryModel

/// The sets of a history as registers: one for each element that anybody added or saw, which an add writes and which a
/// read of the set shows as written or as still `null`.
///
/// So whatever holds of reads and writes holds of sets: to see an element is to read it, to miss it is to read `null`.
struct SetCells {
    /// By key: every element, in the order in which they first appear.
    private(set) var elements: [String: [ValueRef]] = [:]
    /// By key: why its adds say nothing about single elements.
    private(set) var problems: [String: String] = [:]
    private var known: [String: Set<ValueRef>] = [:]
    /// Lists and objects have a reference at every place: the first one stands for all that are equal.
    private var composites: [Value: ValueRef] = [:]
    private let values: ValueStore

    /// So many facts about elements may reads of one set show in all, present and missing ones together.
    static let factLimit = 20_000_000

    init(_ history: History) {
        values = history.values
        guard history.functions.contains("add") else { return }
        for operation in history.operations where operation.f == "add" {
            addElement(operation.argumentRef, operation.key ?? "")
        }
        var reads: [String: Int] = [:]
        for operation in history.operations {
            for key in written(operation) where known[key] != nil {
                problems[key] = "some add to it and some write"
            }
            guard operation.outcome == .ok else { continue }
            for (key, value) in self.reads(operation) where known[key] != nil {
                reads[key, default: 0] += 1
                for element in values.elements(value) ?? [] { addElement(element, key) }
                if !value.isList, !value.isNull {
                    problems[key] = "it is added to, and a read of it shows no elements"
                }
            }
        }
        for (key, all) in elements where all.count * (reads[key] ?? 0) > Self.factLimit {
            problems[key] = "its reads show too much: \(reads[key] ?? 0) reads of \(all.count) elements"
        }
    }

    /// Whether the elements of a key are judged one by one.
    func isSet(_ key: String) -> Bool { !elements.isEmpty && elements[key] != nil && problems[key] == nil }

    /// The reference that stands for an element.
    func canonical(_ ref: ValueRef) -> ValueRef {
        ref.isScalar ? ref : composites[values.value(ref)] ?? ref
    }

    private mutating func addElement(_ ref: ValueRef, _ key: String) {
        if !ref.isScalar {
            let value = values.value(ref)
            if composites[value] == nil { composites[value] = ref }
        }
        if known[key, default: []].insert(canonical(ref)).inserted {
            elements[key, default: []].append(canonical(ref))
        }
    }

    /// The keys that are written as a whole.
    private func written(_ operation: HistoryModel.Operation) -> [String] {
        switch operation.f {
        case "write", "cas", "append": [operation.key ?? ""]
        case "txn":
            (operation.argument.list ?? []).compactMap { micro in
                guard let parts = micro.list, parts.count > 1, parts[0] != "r" else { return nil }
                return MicroRead.keyName(parts[1])
            }
        default: []
        }
    }

    private func reads(_ operation: HistoryModel.Operation) -> [(key: String, value: ValueRef)] {
        if operation.f == "read" { return [(operation.key ?? "", operation.resultRef)] }
        guard operation.f == "txn" else { return [] }
        return (MicroRead.all(operation.resultRef, values) ?? []).map { ($0.key, $0.value) }
    }
}
