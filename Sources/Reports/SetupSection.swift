import RunStore

/// What was run, where and with what, and how to run it again.
enum SetupSection {
    /// The most characters of the workload file that are shown.
    static let workloadLimit = 40_000

    static func markup(_ run: StoredRun) -> Markup {
        guard let record = run.record else { return "" }
        return """
            <section id="setup"><h2>Run it again</h2><div class="command"><pre tabindex="0"><code>\(record.command)</code></pre>\
            <button class="copy" type="button" hidden>Copy</button></div>
            <p class="muted">The seed <code>\(record.seed)</code> decides every random choice of the plan.</p></section>
            <section><h2>Set-up</h2><div class="pair">\(nodes(record))\(versions(record))</div>
            \(options(record))\(phases(record))\(workload(record))</section>

            """
    }

    private static func nodes(_ record: RunRecord) -> Markup {
        let rows: [Markup] = record.nodes.prefix(100).map {
            "<tr><th scope=\"row\">\($0.name)</th><td>\($0.host)</td><td><code>\($0.address)</code></td></tr>\n"
        }
        return """
            <div><h3>Nodes</h3><table><thead><tr><th>Node</th><th>Host</th><th>Address</th></tr></thead>
            <tbody>\(rows)</tbody></table></div>
            """
    }

    private static func versions(_ record: RunRecord) -> Markup {
        let binaries: [Markup] = record.binaries.prefix(50).map {
            "<tr><th scope=\"row\">\($0.name)</th><td><code class=\"hash\">\($0.sha256)</code></td></tr>\n"
        }
        return """
            <div><h3>Programs</h3><table><tbody><tr><th scope="row">Inquest</th><td>\(record.controllerVersion)</td></tr>
            <tr><th scope="row">Kernel</th><td>\(record.kernel)</td></tr><tr><th scope="row">Clients</th>\
            <td>\(Words.count(record.clients, "process", plural: "processes"))</td></tr>\(binaries)</tbody></table></div>
            """
    }

    private static func options(_ record: RunRecord) -> Markup {
        guard !record.system.options.isEmpty else { return "" }
        let rows: [Markup] = record.system.options.sorted { $0.key < $1.key }.map {
            "<tr><th scope=\"row\">\($0.key)</th><td><code>\(Words.cut($0.value, 300))</code></td></tr>\n"
        }
        return
            "<details><summary>Options of \(record.system.name)</summary><table><tbody>\(rows)</tbody></table></details>\n"
    }

    private static func phases(_ record: RunRecord) -> Markup {
        guard !record.phases.isEmpty else { return "" }
        let rows: [Markup] = record.phases.prefix(100).map {
            """
            <tr><th scope="row">\($0.name)</th><td class="n">\(Words.time($0.start))</td>\
            <td class="n">\(Words.duration($0.end - $0.start))</td></tr>

            """
        }
        return """
            <details><summary>Phases</summary><table><thead><tr><th>Phase</th><th>From</th><th>Took</th></tr></thead>
            <tbody>\(rows)</tbody></table></details>

            """
    }

    private static func workload(_ record: RunRecord) -> Markup {
        guard !record.workload.isEmpty else { return "" }
        return """
            <details><summary>Workload file <span class="muted">\(record.workloadPath)</span></summary>
            <pre tabindex="0"><code>\(Words.cut(record.workload, workloadLimit))</code></pre></details>

            """
    }
}
