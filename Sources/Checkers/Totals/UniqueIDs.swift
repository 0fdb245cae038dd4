import HistoryModel

/// No identifier is given out twice: all answers of `generate` differ. Each key has identifiers of its own.
struct UniqueIDs {
    private struct Identifier: Hashable {
        var key: KeyID
        var value: Value
    }

    static let functions: Set<String> = ["generate", "generate-id"]

    static func draft(_ history: History, _ options: CheckOptions) -> VerdictDraft {
        var draft = VerdictDraft(.uniqueIDs, options, algorithm: "each identifier against all others (exact)")
        let columns = history.columns
        let isGenerate = history.functions.map { functions.contains($0) }
        var given: [Identifier: (first: Int, second: Int?, count: Int)] = [:]
        for ordinal in 0..<columns.count
        where columns.outcome[ordinal] == .ok && isGenerate[Int(columns.function[ordinal].number)] {
            guard !columns.answer[ordinal].isNull else {
                draft.doubt("operation \(history.operations[ordinal].index) was answered without an identifier")
                continue
            }
            draft.count("ids-given")
            let id = Identifier(key: columns.key[ordinal], value: history.values.value(columns.answer[ordinal]))
            if let known = given[id] {
                given[id] = (known.first, known.second ?? ordinal, known.count + 1)
            } else {
                given[id] = (ordinal, nil, 1)
            }
        }
        let repeated = given.compactMap { id, uses in
            uses.second.map { (id: id, first: uses.first, second: $0, count: uses.count) }
        }.sorted { $0.second < $1.second }
        for uses in repeated {
            let text = String(decoding: JSONText.bytes(uses.id.value), as: UTF8.self)
            draft.report(
                Anomaly(
                    .duplicateID, key: history.operations[uses.first].key,
                    [
                        Anomaly.Step(history.operations[uses.first].index, .earlierRead),
                        Anomaly.Step(history.operations[uses.second].index, .violatingRead),
                    ], detail: "\(text), \(uses.count) times"))
        }
        return draft
    }
}
