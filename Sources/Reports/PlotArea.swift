import Glibc

/// The vertical part of a chart: where a value is drawn, and which values get a line and a number.
struct PlotArea {
    enum Scale {
        case linear(upTo: Double)
        case logarithmic(from: Double, to: Double)
    }

    let top: Double
    let height: Double
    /// The values that are marked, all inside the area.
    let marks: [Double]
    private let low: Double
    private let high: Double
    private let isLogarithmic: Bool

    init(top: Double, height: Double, scale: Scale) {
        self.top = top
        self.height = height
        switch scale {
        case .linear(let limit):
            isLogarithmic = false
            let step = Self.step(limit / 3)
            low = 0
            high = max(step, (limit / step).rounded(.up) * step)
            marks = stride(from: 0, through: high, by: step).map { $0 }
        case .logarithmic(let from, let to):
            isLogarithmic = true
            low = pow(10, log10(max(1, from)).rounded(.down))
            high = max(low * 10, pow(10, log10(max(1, to)).rounded(.up)))
            let first = low
            marks = (0...Int(log10(high / low).rounded())).map { first * pow(10, Double($0)) }
        }
    }

    var bottom: Double { top + height }

    func y(_ value: Double) -> Double {
        let part = isLogarithmic ? log10(max(low, value) / low) / log10(high / low) : value / high
        return bottom - min(1, part) * height
    }

    /// The next of 1, 2, 5, 10, ... above a value; at least 1.
    private static func step(_ value: Double) -> Double {
        var power = 1.0
        while power * 10 <= value { power *= 10 }
        return [1, 2, 5, 10].map { $0 * power }.first { $0 >= value } ?? power * 10
    }
}
