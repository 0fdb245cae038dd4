import RunStore

/// Each fault from plan to healing, with who saw what.
enum FaultSection {
    static let limit = 60
    static let evidenceLimit = 24

    static func markup(_ run: StoredRun) -> Markup {
        guard !run.faults.isEmpty else { return "" }
        let rest = run.faults.count - limit
        return """
            <section id="faults"><h2>Faults</h2><p class="muted">A fault counts as proven when something other than \
            what applied it saw its effect.</p><div class="cards wide">\(run.faults.prefix(limit).map(card))</div>
            \(rest > 0 ? "<p>\(Words.count(rest, "further fault")): see faults.jsonl.</p>" as Markup : "")</section>

            """
    }

    private static func card(_ fault: FaultRecord) -> Markup {
        let nodes = fault.nodes.isEmpty ? "no node" : Words.list(fault.nodes)
        return """
            <article class="card fault"><header><h3>\(fault.id) <span class="muted">\(fault.kind)</span></h3>\
            \(chip(fault.outcome))<span class="expect">\(fault.isRequired ? "required" : "optional")</span></header>
            <p>\(Words.cut(fault.description, 600))</p>
            <dl class="times"><div><dt>On</dt><dd>\(nodes)</dd></div><div><dt>Planned</dt><dd>\(Words.time(fault.plannedAt))</dd></div>
            <div><dt>Applied</dt><dd>\(fault.appliedAt.map(Words.time) ?? "never")</dd></div>
            <div><dt>Healed</dt><dd>\(fault.healedAt.map(Words.time) ?? "never")</dd></div></dl>
            \(evidence(fault))</article>

            """
    }

    private static func chip(_ outcome: FaultRecord.Outcome) -> Markup {
        switch outcome {
        case .proven: "<span class=\"chip valid\"><span aria-hidden=\"true\">✓</span> proven</span>"
        case .notProven: "<span class=\"chip unknown\"><span aria-hidden=\"true\">?</span> not proven</span>"
        case .notApplied: "<span class=\"chip broken\"><span aria-hidden=\"true\">!</span> not applied</span>"
        }
    }

    private static func evidence(_ fault: FaultRecord) -> Markup {
        guard !fault.evidence.isEmpty else { return "<p class=\"reason\">Nobody saw any effect of it.</p>" }
        let items: [Markup] = fault.evidence.prefix(evidenceLimit).map { evidence in
            let style: Markup = evidence.holds ? "holds" : "fails"
            return """
                <li class="\(style)"><span class="when">\(evidence.when.rawValue)</span> <b>\(evidence.observer)</b>, \
                \(evidence.subject): \(Words.cut(evidence.observation, 400))\
                \(evidence.holds ? "" : " (not what was to be seen)")</li>

                """
        }
        let rest = fault.evidence.count - items.count
        let more: Markup = rest > 0 ? "<li>\(Words.count(rest, "further observation"))</li>" : ""
        return "<ul class=\"evidence\">\(items)\(more)</ul>"
    }
}
