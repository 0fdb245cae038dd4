import HistoryModel

/// The faults of a picture: a shade over their time, and a labelled bar above, on as few lanes as keep them apart.
struct FaultLanes {
    private static let laneHeight = 20.0

    private let windows: [(window: FaultWindow, lane: Int)]
    private let laneCount: Int

    /// The first `limit` faults; more would hide what happened to the operations.
    init(_ windows: some Sequence<FaultWindow>, limit: Int) {
        var ends: [Int64] = []
        var placed: [(window: FaultWindow, lane: Int)] = []
        for window in windows.prefix(limit) {
            let end = window.end ?? .max
            if let lane = ends.firstIndex(where: { $0 <= window.start }) {
                ends[lane] = end
                placed.append((window, lane))
            } else {
                placed.append((window, ends.count))
                ends.append(end)
            }
        }
        self.windows = placed
        laneCount = ends.count
    }

    var isEmpty: Bool { windows.isEmpty }

    /// Where the picture proper begins, in pixels.
    var height: Double { 8 + Double(laneCount) * Self.laneHeight }

    func markup(bottom: Double, right: Double, x: (Int64) -> Double) -> Markup {
        windows.enumerated().reduce(into: Markup()) { markup, place in
            let entry = place.element
            let window = entry.window
            let from = x(window.start)
            let to = max(from + 2, x(window.end ?? .max))
            let y = 4 + Double(entry.lane) * Self.laneHeight
            let label = Words.cut("\(window.fault) · \(window.kind)", 40)
            // A label may reach beyond its fault, but not into the next one of its lane.
            let next = windows[(place.offset + 1)...].first { $0.lane == entry.lane }
            let room = (next.map { x($0.window.start) } ?? .infinity) - from - 6
            let fitting = Int(min(room, 1e6) / 7)
            let shown = label.count <= fitting ? label : fitting < 3 ? "" : Words.cut(label, fitting)
            let start = min(from + 6, right - Double(shown.count) * 7)
            markup += """
                <g class="fault"><title>\(label), from \(Words.time(window.start)) to \
                \(window.end.map(Words.time) ?? "the end")</title><rect class="shade" x="\(from)" y="\(y)" \
                width="\(to - from)" height="\(bottom - y)"/><rect class="lane" x="\(from)" y="\(y)" \
                width="\(to - from)" height="\(Self.laneHeight - 4)" rx="3"/><text x="\(start)" \
                y="\(y + 12)">\(shown)</text></g>
                """
        }
    }
}
