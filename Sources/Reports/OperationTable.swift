import HistoryModel

/// The operations of a picture as a table, for those who cannot see it or want the exact numbers.
enum OperationTable {
    static func markup(_ items: [TimelineExcerpt.Item]) -> Markup {
        let ordered = items.sorted { $0.operation.index < $1.operation.index }
        return """
            <details><summary>These \(Words.count(items.count, "operation")) as a table</summary>
            <div class="scroll" tabindex="0" role="group" aria-label="Table, scrolls sideways"><table><thead><tr>
            <th>Operation</th><th>Process</th><th>Node</th><th>What</th><th>Start</th><th>Took</th><th>Ended</th>
            <th>In the proof</th></tr></thead><tbody>\(ordered.map(row))</tbody></table></div></details>

            """
    }

    private static func row(_ item: TimelineExcerpt.Item) -> Markup {
        let operation = item.operation
        let took = operation.completion.map { Words.duration($0.time - operation.invocation.time) } ?? "open"
        let role = item.step.map { "\($0.number): \($0.roleWords)" } ?? ""
        return """
            <tr\(item.step == nil ? "" : " class=\"proof\"" as Markup)><td class="n">\(operation.index)</td>\
            <td class="n">\(operation.process.words)</td><td>\(operation.node ?? "")</td><td>\(operation.deed)</td>\
            <td class="n">\(Words.fineTime(operation.invocation.time))</td><td class="n">\(took)</td>\
            <td>\(operation.ending)</td><td>\(role)</td></tr>

            """
    }
}
