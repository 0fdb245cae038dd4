import HistoryModel

/// After healing all replicas hold the same: the last dumps of all nodes are equal, sets in any order.
///
/// Dumps taken while a fault keeps replicas apart, or keys still being written, show no lasting difference.
struct Convergence {
    private let table: AccessTable
    private let history: History
    /// The kinds of the keys that clients touched.
    private let kinds: [String: KeyTable.Kind]
    private var draft: VerdictDraft

    static func draft(_ table: AccessTable, _ history: History, _ options: CheckOptions) -> VerdictDraft {
        Convergence(table, history, options).draft
    }

    private init(_ table: AccessTable, _ history: History, _ options: CheckOptions) {
        self.table = table
        self.history = history
        kinds = Dictionary(
            zip(table.keys.names, table.keys.kind).compactMap { name, kind in name.map { ($0, kind) } },
            uniquingKeysWith: { first, _ in first })
        draft = VerdictDraft(.convergence, options, algorithm: "last dump of each node, key by key")
        var last: [String: Dump] = [:]
        for dump in Dump.all(history) {
            guard let node = dump.node else {
                draft.doubt("operation \(index(dump)) is a dump without node: name the node")
                continue
            }
            last[node] = dump
        }
        let dumps = last.sorted { $0.key < $1.key }
        findSilent(last)
        draft.count("dumps", dumps.count)
        draft.count("keys-compared", Set(dumps.flatMap { $0.value.keys }).count)
        guard dumps.count > 1 else {
            if dumps.count == 1 { draft.doubt("only one node was dumped: dump at least two") }
            return
        }
        let healing = Healing(history)
        let isHealed = dumps.allSatisfy { healing.isHealed(history.operations[$0.value.operation]) }
        let busy = busyKeys(dumps.map(\.value))
        for (node, dump) in dumps.dropFirst() {
            compare(dumps[0], (node, dump), isHealed: isHealed, busy: busy)
        }
    }

    /// Nodes that were asked and never answered.
    private mutating func findSilent(_ answered: [String: Dump]) {
        var silent: Set<String> = []
        for operation in history.operations where operation.f == "dump" {
            if let node = operation.node, answered[node] == nil { silent.insert(node) }
        }
        for node in silent.sorted() {
            draft.doubt("the dump of \(node) was not answered: see why the node did not answer, and check again")
        }
    }

    private func index(_ dump: Dump) -> Int { history.operations[dump.operation].index }

    /// Keys with an update that overlaps the dumps in time.
    private func busyKeys(_ dumps: [Dump]) -> Set<String> {
        let start = dumps.map { history.call($0.operation) }.min() ?? 0
        let end = dumps.map { history.end($0.operation) }.max() ?? 0
        let columns = history.columns
        let isReading = history.functions.map { $0 == "read" || $0 == "dump" || $0 == "txn" }
        var busy: Set<String> = []
        for ordinal in 0..<columns.count
        where columns.outcome[ordinal] != .fail && !isReading[Int(columns.function[ordinal].number)] {
            guard history.call(ordinal) <= end, history.end(ordinal) >= start, columns.key[ordinal] != .none else {
                continue
            }
            busy.insert(history.keys[Int(columns.key[ordinal].number)])
        }
        // What transactions write.
        for row in 0..<table.count where table.call[row] <= end && history.end(Int(table.operation[row])) >= start {
            for access in table.accesses(row) where table.kind[access] == .write || table.kind[access] == .append {
                if let name = table.keys.names[Int(table.key[access])] { busy.insert(name) }
            }
        }
        return busy
    }

    private mutating func compare(
        _ left: (key: String, value: Dump), _ right: (key: String, value: Dump), isHealed: Bool, busy: Set<String>
    ) {
        let differing = Set(left.value.keys).union(right.value.keys).sorted().filter {
            held(left.value, $0) != held(right.value, $0) && left.value.speaks(of: $0) && right.value.speaks(of: $0)
        }
        guard !differing.isEmpty else { return }
        let lasting = differing.filter { !busy.contains($0) }
        guard isHealed, let key = lasting.first else {
            let why = isHealed ? "while they were being written" : "while a fault was active"
            draft.doubt(
                "\(left.key) and \(right.key) differ in \(differing.count) keys, but were dumped \(why): "
                    + "heal, stop the clients, wait, and dump then")
            return
        }
        draft.report(
            Anomaly(
                .divergedReplicas, key: key,
                [
                    Anomaly.Step(index(left.value), .finalRead),
                    Anomaly.Step(index(right.value), .finalRead),
                ],
                detail: "key \"\(key)\": \(left.key) has \(Self.text(held(left.value, key))), \(right.key) has "
                    + Self.text(held(right.value, key))
                    + (lasting.count > 1 ? "; \(lasting.count) keys differ" : "")))
    }

    /// A key that no client touched may be a set.
    private func held(_ dump: Dump, _ key: String) -> Value {
        dump[key, isSet: kinds[key].map { $0 != .register && $0 != .list } ?? true]
    }

    private static func text(_ value: Value) -> String {
        let text = String(decoding: JSONText.bytes(value), as: UTF8.self)
        return text.utf8.count > 200 ? String(text.prefix(200)) + "..." : text
    }
}
