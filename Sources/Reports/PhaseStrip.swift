import RunStore

/// The run's phases as a strip below its charts: why there are no operations where there are none.
struct PhaseStrip {
    private static let barHeight = 20.0
    private static let limit = 12
    /// A phase that is shorter is nothing to see.
    private static let leastWidth = 3.0

    private let phases: [PhaseRecord]

    /// The phases of which something lies between the two times, in nanoseconds.
    init(_ phases: [PhaseRecord], from start: Int64, to end: Int64) {
        self.phases = Array(phases.filter { $0.end > start && $0.start < end }.prefix(Self.limit))
    }

    /// In pixels.
    var height: Double { phases.isEmpty ? 0 : Self.barHeight + 4 }

    func markup(top: Double, x: (Int64) -> Double) -> Markup {
        phases.reduce(into: Markup()) { markup, phase in
            let from = x(phase.start)
            let width = x(phase.end) - from - 1
            guard width >= Self.leastWidth else { return }
            let name = Words.cut(phase.name, 30)
            // A name that does not fit is told when one points at the phase, and stands in the table of phases.
            let fits = Double(name.count) * 7 + 8 <= width
            let label: Markup =
                fits ? "<text x=\"\(from + width / 2)\" y=\"\(top + Self.barHeight / 2 + 4)\">\(name)</text>" : ""
            markup += """
                <g class="phase"><title>\(name): from \(Words.time(phase.start)), took \
                \(Words.duration(phase.end - phase.start))</title><rect x="\(from)" y="\(top)" width="\(width)" \
                height="\(Self.barHeight)" rx="3"/>\(label)</g>
                """
        }
    }
}
