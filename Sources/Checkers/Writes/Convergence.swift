import HistoryModel

/// After healing all replicas hold the same: the last dumps of all nodes are equal, sets in any order.
///
/// Dumps taken while a fault keeps replicas apart, or keys still being written, show no lasting difference.
struct Convergence {
    private let accesses: Accesses
    private var draft: VerdictDraft

    static func draft(_ accesses: Accesses, _ options: CheckOptions) -> VerdictDraft {
        Convergence(accesses, options).draft
    }

    private init(_ accesses: Accesses, _ options: CheckOptions) {
        self.accesses = accesses
        draft = VerdictDraft(.convergence, options, algorithm: "last dump of each node, key by key")
        var last: [String: Dump] = [:]
        for dump in accesses.dumps {
            guard let node = dump.node else {
                draft.doubt("operation \(accesses.index(dump.operation)) is a dump without node: name the node")
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
        let healing = Healing(accesses.history)
        let isHealed = dumps.allSatisfy { healing.isHealed(accesses.operation($0.value.operation)) }
        let busy = busyKeys(dumps.map(\.value))
        for (node, dump) in dumps.dropFirst() {
            compare(dumps[0], (node, dump), isHealed: isHealed, busy: busy)
        }
    }

    /// Nodes that were asked and never answered.
    private mutating func findSilent(_ answered: [String: Dump]) {
        var silent: Set<String> = []
        for operation in accesses.history.operations where operation.f == "dump" {
            if let node = operation.node, answered[node] == nil { silent.insert(node) }
        }
        for node in silent.sorted() {
            draft.doubt("the dump of \(node) was not answered: see why the node did not answer, and check again")
        }
    }

    /// Keys with an update that overlaps the dumps in time.
    private func busyKeys(_ dumps: [Dump]) -> Set<String> {
        let start = dumps.map { accesses.operation($0.operation).invocation.time }.min() ?? 0
        let end = dumps.compactMap { accesses.operation($0.operation).completion?.time }.max() ?? 0
        var busy: Set<String> = []
        for update in accesses.updates where update.outcome != .fail {
            let operation = accesses.operation(update.operation)
            guard operation.invocation.time <= end, operation.completion.map({ $0.time >= start }) ?? true else {
                continue
            }
            if let key = operation.key { busy.insert(key) }
        }
        return busy
    }

    private mutating func compare(
        _ left: (key: String, value: Dump), _ right: (key: String, value: Dump), isHealed: Bool, busy: Set<String>
    ) {
        let differing = Set(left.value.keys).union(right.value.keys).sorted().filter {
            held(left.value, $0) != held(right.value, $0)
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
                    Anomaly.Step(accesses.index(left.value.operation), .finalRead),
                    Anomaly.Step(accesses.index(right.value.operation), .finalRead),
                ],
                detail: "key \"\(key)\": \(left.key) has \(Self.text(held(left.value, key))), \(right.key) has "
                    + Self.text(held(right.value, key))
                    + (lasting.count > 1 ? "; \(lasting.count) keys differ" : "")))
    }

    /// A key that no client touched may be a set.
    private func held(_ dump: Dump, _ key: String) -> Value {
        dump[key, isSet: accesses.keyNumber(key).map { accesses.keys[$0].isSet } ?? true]
    }

    private static func text(_ value: Value) -> String {
        let text = String(decoding: JSONText.bytes(value), as: UTF8.self)
        return text.utf8.count > 200 ? String(text.prefix(200)) + "..." : text
    }
}
