import HistoryModel

/// The picture of an anomaly: processes as rows, operations as bars, faults as shades behind them.
struct TimelineFigure {
    private static let width = 1040.0
    private static let left = 96.0
    private static let right = 16.0
    private static let rowHeight = 28.0
    private static let tallRowHeight = 58.0

    private let excerpt: TimelineExcerpt
    private let lanes: FaultLanes
    /// Makes the picture's ids unique on the page.
    private let name: String
    private let lead: String
    private let processRows: [(process: ProcessID, items: [TimelineExcerpt.Item], y: Double, height: Double)]
    private let top: Double
    private let bottom: Double

    init?(_ words: AnomalyWords, in index: OperationIndex, name: String) {
        guard
            let excerpt = TimelineExcerpt(
                words, in: index, x: Self.left, width: Self.width - Self.left - Self.right)
        else { return nil }
        self.excerpt = excerpt
        self.name = name
        lead = words.lead
        lanes = FaultLanes(
            index.faultWindows.filter { excerpt.scale.shows($0.start, $0.end ?? .max) }, limit: 6)
        top = lanes.height
        var y = top
        var rows: [(process: ProcessID, items: [TimelineExcerpt.Item], y: Double, height: Double)] = []
        for row in excerpt.rows {
            let isTall = row.items.contains { $0.step != nil }
            let height = isTall ? Self.tallRowHeight : Self.rowHeight
            rows.append((row.process, row.items, y, height))
            y += height
        }
        processRows = rows
        bottom = y
    }

    /// The picture with its legend, the line that says what is focused, and the table that says the same in words.
    var markup: Markup {
        """
        <figure class="timeline"><div class="scroll" tabindex="0" role="group" aria-label="Timeline, scrolls sideways">
        <svg viewBox="0 0 1040 \(bottom + 30)" role="group" aria-label="Timeline of processes: \(lead)">
        \(lanes.markup(bottom: bottom, right: Self.width - Self.right, x: excerpt.scale.x))\(axis)\(processRows.map(row))\(breaks)</svg></div>
        <p class="readout" aria-live="polite">Point at a bar, or move to it with Tab and the arrow keys, to read the operation.</p>
        \(legend)
        \(OperationTable.markup(excerpt.rows.flatMap(\.items)))</figure>

        """
    }

    /// What the picture's marks mean: those that it has.
    private var legend: Markup {
        let items = processRows.flatMap(\.items)
        func has(_ outcome: EventType) -> Bool { items.contains { $0.operation.outcome == outcome } }
        let keys: [(isShown: Bool, style: Markup, words: Markup)] = [
            (has(.ok), "ok", "ok"), (has(.info), "info", "info: unknown"),
            (has(.fail), "fail", "fail: did not happen"),
            (items.contains { !$0.isRelated }, "far", "on another key"), (true, "proof", "part of the proof"),
            (items.contains { $0.step?.isTelling == true }, "proof telling", "gives it away"),
            (!lanes.isEmpty, "fault", "fault active"),
        ]
        let shown: [Markup] = keys.filter(\.isShown).map {
            "<span><i class=\"key \($0.style)\"></i>\($0.words)</span>"
        }
        return "<figcaption class=\"legend\">\(shown)</figcaption>"
    }

    private var axis: Markup {
        var markup = Markup()
        var labels = AxisLabels(limit: Self.width)
        for segment in excerpt.scale.segments {
            let ticks = TimeTicks(from: segment.start, to: segment.end, width: segment.width)
            for time in ticks.times {
                let x = excerpt.scale.x(time)
                markup += "<line class=\"grid\" x1=\"\(x)\" x2=\"\(x)\" y1=\"\(top)\" y2=\"\(bottom)\"/>"
                let label = ticks.label(time)
                guard let middle = labels.place(label, at: x) else { continue }
                markup += "<text class=\"tick\" x=\"\(middle)\" y=\"\(bottom + 18)\">\(label)</text>"
            }
        }
        return markup
    }

    /// Where time was cut out.
    private var breaks: Markup {
        let segments = excerpt.scale.segments
        return zip(segments, segments.dropFirst()).reduce(into: Markup()) { markup, pair in
            let x = pair.0.x + pair.0.width
            let cut = Words.duration(pair.1.start - pair.0.end)
            markup += """
                <g class="break"><title>\(cut) left out</title><rect x="\(x)" y="\(top)" \
                width="\(TimelineScale.gap)" height="\(bottom - top)"/><text class="cut" transform="\
                translate(\(x + TimelineScale.gap / 2 + 4) \((top + bottom) / 2)) rotate(-90)">\(cut)</text></g>
                """
        }
    }

    private func row(
        _ row: (process: ProcessID, items: [TimelineExcerpt.Item], y: Double, height: Double)
    ) -> Markup {
        let isTall = row.height == Self.tallRowHeight
        let middle = row.y + row.height / 2
        var slots = LabelSlots()
        // What belongs to the proof is drawn last, above its neighbours.
        let items = row.items.filter { $0.step == nil } + row.items.filter { $0.step != nil }
        return """
            <g class="row"><line class="rule" x1="0" x2="1040" y1="\(row.y)" y2="\(row.y)"/>\
            <text class="\(isTall ? "who proof" : "who")" x="4" y="\(middle + 4)">process \(row.process.words)</text>\
            \(items.map { bar($0, middle: middle, &slots) })</g>

            """
    }

    private func bar(
        _ item: TimelineExcerpt.Item, middle: Double, _ slots: inout LabelSlots
    ) -> Markup {
        let from = excerpt.scale.x(item.operation.invocation.time)
        let width = max(5, excerpt.scale.x(item.end) - from)
        let isProof = item.step != nil
        let height = isProof ? 16.0 : 12.0
        let kind: Markup =
            switch item.operation.outcome {
            case .ok: "ok"
            case .fail: "fail"
            default: "info"
            }
        let emphasis: Markup =
            isProof
            ? (item.step?.isTelling == true ? " proof telling" : " proof") : item.isRelated ? " near" : ""
        return """
            <g class="op \(kind)\(emphasis)" id="\(name)-\(item.operation.index)" tabindex="\(isProof ? 0 : -1)" \
            role="img" aria-label="\(item.words)"><title>\(item.words)</title><rect x="\(from)" \
            y="\(middle - height / 2)" width="\(width)" height="\(height)" rx="3"/>\
            \(label(item, x: from, middle: middle, &slots))</g>
            """
    }

    private func label(
        _ item: TimelineExcerpt.Item, x: Double, middle: Double, _ slots: inout LabelSlots
    ) -> Markup {
        guard let step = item.step else { return "" }
        let text = "\(step.number) · \(item.operation.label())"
        let width = Double(text.count) * 7.2
        // A label ends where its part of the time does: the mark of a cut would hide the rest.
        let part = excerpt.scale.segments.last { $0.x <= x + 0.5 }
        let end = min(part.map { $0.x + $0.width } ?? .infinity, Self.width - Self.right)
        let start = max(Self.left, part?.x ?? 0, min(x, end - width))
        let isAbove = slots.takeAbove(from: start, to: start + width)
        return "<text class=\"label\" x=\"\(start)\" y=\"\(isAbove ? middle - 13 : middle + 23)\">\(text)</text>"
    }
}

/// Keeps the labels of one row from lying on each other: one goes above its bar, the next below if it must.
private struct LabelSlots {
    private var above = -Double.infinity
    private var below = -Double.infinity

    mutating func takeAbove(from start: Double, to end: Double) -> Bool {
        let isAbove = start >= above || (start < below && above <= below)
        if isAbove { above = end + 8 } else { below = end + 8 }
        return isAbove
    }
}

extension TimelineExcerpt.Item {
    /// Its number and role in the proof, and the operation in one line.
    var words: String {
        step.map { "\($0.number), \($0.roleWords). " + operation.sentence } ?? operation.sentence
    }
}
