import HistoryModel
import RunStore

/// What the nodes themselves logged, and what the nemesis did to them.
enum NodeEventSection {
    /// How many events of a node are shown.
    static let limit = 200

    static func markup(_ run: StoredRun) -> Markup {
        let grouped = Dictionary(grouping: run.nodeEvents, by: \.node)
        let names = grouped.keys.sorted()
        guard !names.isEmpty || !run.history.nemesis.isEmpty else { return "" }
        return """
            <section id="events"><h2>Node events</h2>\(nemesis(run.history.nemesis))
            \(names.map { node($0, grouped[$0] ?? []) })</section>

            """
    }

    private static func nemesis(_ events: [Event]) -> Markup {
        guard !events.isEmpty else { return "" }
        let rows: [Markup] = events.prefix(limit).map { event in
            """
            <tr><td class="n">\(Words.time(event.time))</td><td>\(event.f)</td>\
            <td><code>\(Words.value(event.value, limit: 240))</code></td></tr>

            """
        }
        return table("What was done to the system", rows, total: events.count, time: "Time")
    }

    private static func node(_ name: String, _ events: [NodeEvent]) -> Markup {
        let rows: [Markup] = events.prefix(limit).map { event in
            let fields = event.fields.map { "\($0.name) \(Words.value($0.value, limit: 80))" }
            return """
                <tr><td class="n">\(clock(event.time))</td><td>\(Words.cut(event.event, 80))</td>\
                <td>\(Words.cut(fields.joined(separator: ", "), 300))</td></tr>

                """
        }
        return table(name, rows, total: events.count, time: "Its clock")
    }

    /// A node's clock reading as it wrote it: its start is not the run's.
    private static func clock(_ time: Value) -> String {
        time.string ?? time.int.map { Words.time($0) } ?? ""
    }

    private static func table(_ title: String, _ rows: [Markup], total: Int, time: Markup) -> Markup {
        let rest = total - rows.count
        let more: Markup =
            rest > 0 ? "<p class=\"muted\">\(Words.count(rest)) more are in the run's files.</p>" : ""
        return """
            <details><summary>\(title) <span class="muted">\(Words.count(total, "event"))</span></summary>
            <div class="scroll" tabindex="0" role="group" aria-label="Table, scrolls sideways"><table><thead><tr>
            <th>\(time)</th><th>Event</th><th>Details</th></tr></thead><tbody>\(rows)</tbody></table></div>\(more)</details>

            """
    }
}
