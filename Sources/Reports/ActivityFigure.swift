import HistoryModel
import RunStore

/// Throughput and latency over time, with the faults behind both.
struct ActivityFigure {
    private static let left = 74.0
    private static let width = 950.0
    private static let panelHeight = 150.0

    private let activity: ActivityBuckets
    private let lanes: FaultLanes
    private let phases: PhaseStrip
    private let rates: PlotArea
    private let latencies: PlotArea

    init(_ activity: ActivityBuckets, windows: [FaultWindow], phases: [PhaseRecord] = []) {
        self.activity = activity
        self.phases = PhaseStrip(phases, from: activity.start, to: activity.end)
        lanes = FaultLanes(windows, limit: 40)
        let top = lanes.height
        let highest = activity.buckets.map { activity.rate($0.all) }.max() ?? 1
        rates = PlotArea(
            top: top + 26, height: Self.panelHeight, scale: .linear(upTo: max(1, highest)))
        let medians = activity.buckets.compactMap { $0.latency.quantile(0.5) }
        let lowest = medians.min() ?? 1_000
        latencies = PlotArea(
            top: top + 26 + Self.panelHeight + 50, height: Self.panelHeight,
            scale: .logarithmic(from: Double(lowest), to: Double(max(lowest, activity.total.latency.largest))))
    }

    var markup: Markup {
        let bottom = latencies.bottom
        return """
            <figure class="activity"><div class="scroll" tabindex="0" role="group" aria-label="Charts, scroll sideways">
            <svg viewBox="0 0 1040 \(bottom + 42 + phases.height)" role="group" aria-label="Throughput and latency over time">
            \(lanes.markup(bottom: bottom, right: 1036, x: x))\(timeAxis(bottom))\(phases.markup(top: bottom + 42, x: x))
            <text class="panel" x="0" y="\(rates.top - 14)">Operations per second</text>\(grid(rates) { Words.count($0) })
            \(throughput)
            <text class="panel" x="0" y="\(latencies.top - 14)">Latency of ok operations</text>\
            \(grid(latencies) { Words.duration(Int64($0)) })
            \(line(1, "most"))\(line(0.95, "p95"))\(line(0.5, "p50"))
            \(targets(bottom))</svg></div>
            <figcaption class="legend"><span><i class="key ok"></i>ok</span><span><i class="key info"></i>info: unknown</span>
            <span><i class="key fail"></i>fail: did not happen</span><span><i class="key line p50"></i>median</span>
            <span><i class="key line p95"></i>95th percentile</span><span><i class="key line most"></i>slowest</span>
            <span><i class="key fault"></i>fault active</span></figcaption>
            \(table)</figure>

            """
    }

    private func x(_ time: Int64) -> Double {
        Self.left + min(1, max(0, Double(time - activity.start) / Double(activity.end - activity.start)))
            * Self.width
    }

    private func timeAxis(_ bottom: Double) -> Markup {
        let ticks = TimeTicks(from: activity.start, to: activity.end, width: Self.width, room: 90)
        let title: Markup = """
            <text class="tick title" x="\(Self.left + Self.width / 2)" y="\(bottom + 35)">Time since the start of the run</text>
            """
        var labels = AxisLabels(limit: 1040)
        return ticks.times.reduce(into: title) { markup, time in
            let label = ticks.label(time)
            markup +=
                "<line class=\"grid\" x1=\"\(x(time))\" x2=\"\(x(time))\" y1=\"\(bottom)\" y2=\"\(bottom + 4)\"/>"
            guard let middle = labels.place(label, at: x(time)) else { return }
            markup += "<text class=\"tick\" x=\"\(middle)\" y=\"\(bottom + 19)\">\(label)</text>"
        }
    }

    private func grid(_ area: PlotArea, _ words: (Int) -> String) -> Markup {
        area.marks.reduce(into: Markup()) { markup, value in
            let y = area.y(value)
            markup += """
                <line class="grid" x1="\(Self.left)" x2="\(Self.left + Self.width)" y1="\(y)" y2="\(y)"/>\
                <text class="mark" x="\(Self.left - 8)" y="\(y + 4)">\(words(Int(value)))</text>
                """
        }
    }

    /// One path for each outcome, stacked.
    private var throughput: Markup {
        var (ok, info, fail) = (Markup(), Markup(), Markup())
        let width = Self.width / Double(activity.buckets.count)
        for (place, bucket) in activity.buckets.enumerated() {
            let left = Self.left + Double(place) * width
            func block(_ below: Int, _ count: Int) -> Markup {
                guard count > 0 else { return "" }
                let base = rates.y(activity.rate(below))
                let height = base - rates.y(activity.rate(below + count))
                return "M\(left) \(base)v\(-height)h\(max(0.8, width - 0.8))v\(height)z"
            }
            ok += block(0, bucket.ok)
            info += block(bucket.ok, bucket.info)
            fail += block(bucket.ok + bucket.info, bucket.fail)
        }
        return """
            <path class="area ok" d="\(ok)"/><path class="area info" d="\(info)"/><path class="area fail" d="\(fail)"/>
            """
    }

    /// A line through the buckets that have latencies, broken where one has none; a bucket between two such is a dot.
    private func line(_ share: Double, _ name: Markup) -> Markup {
        let width = Self.width / Double(activity.buckets.count)
        let values = activity.buckets.map { $0.latency.quantile(share) }
        var (path, dots) = (Markup(), Markup())
        for (place, value) in values.enumerated() {
            guard let value else { continue }
            let point: Markup = "\(Self.left + (Double(place) + 0.5) * width) \(latencies.y(Double(value)))"
            let hasLeft = place > 0 && values[place - 1] != nil
            let hasRight = place + 1 < values.count && values[place + 1] != nil
            if hasLeft || hasRight { path += hasLeft ? "L\(point)" : "M\(point)" } else { dots += "M\(point)h0" }
        }
        return "<path class=\"line \(name)\" d=\"\(path)\"/><path class=\"line dots \(name)\" d=\"\(dots)\"/>"
    }

    /// Invisible columns that tell the numbers of each bucket.
    private func targets(_ bottom: Double) -> Markup {
        let width = Self.width / Double(activity.buckets.count)
        return activity.buckets.enumerated().reduce(into: Markup()) { markup, entry in
            let left = Self.left + Double(entry.offset) * width
            markup += """
                <rect class="target" x="\(left)" y="\(rates.top)" width="\(width)" height="\(bottom - rates.top)">\
                <title>\(words(entry.offset, entry.element))</title></rect>
                """
        }
    }

    private func words(_ place: Int, _ bucket: ActivityBuckets.Bucket) -> String {
        let latency = [(0.5, "median"), (0.95, "95 %"), (1, "slowest")].compactMap { share, name in
            bucket.latency.quantile(share).map { "\(name) \(Words.duration($0))" }
        }
        return "from \(Words.time(activity.start(of: place))): \(bucket.ok) ok, \(bucket.info) info, "
            + "\(bucket.fail) fail" + (latency.isEmpty ? "" : "; " + latency.joined(separator: ", "))
    }
}

extension ActivityFigure {
    private var table: Markup {
        let rows = activity.buckets.enumerated().map { place, bucket -> Markup in
            let shares = [0.5, 0.95, 1].map { share -> Markup in
                "<td class=\"n\">\(bucket.latency.quantile(share).map(Words.duration) ?? "–")</td>"
            }
            return """
                <tr><td class="n">\(Words.time(activity.start(of: place)))</td><td class="n">\(bucket.ok)</td>\
                <td class="n">\(bucket.info)</td><td class="n">\(bucket.fail)</td>\(shares)</tr>

                """
        }
        return """
            <details><summary>These numbers as a table, for each \(Words.duration(activity.span))</summary>
            <div class="scroll" tabindex="0" role="group" aria-label="Table, scrolls sideways"><table><thead><tr>
            <th>From</th><th>ok</th><th>info</th><th>fail</th><th>Median</th><th>95 %</th><th>Slowest</th>
            </tr></thead><tbody>\(rows)</tbody></table></div></details>

            """
    }
}
