import HistoryModel

/// Maps times to pixels in a few stretches of time that matter, with the empty time between them cut out.
///
/// A proof may hold a write of the third second and a read of the twentieth that took a millisecond each: on one
/// even scale both would be invisible.
struct TimelineScale {
    /// A stretch of time that is drawn.
    struct Segment {
        /// Nanoseconds.
        var start: Int64
        var end: Int64
        /// Pixels.
        var x: Double
        var width: Double
    }

    /// The most stretches a picture has; nearer ones are joined first.
    static let segmentLimit = 4
    /// Pixels between two stretches.
    static let gap = 34.0

    private(set) var segments: [Segment]

    /// Stretches around the intervals, `padding` nanoseconds wider on each side.
    init(around intervals: [ClosedRange<Int64>], padding: Int64, x: Double, width: Double) {
        let merged = Self.merged(intervals, padding: padding)
        let room = width - Self.gap * Double(merged.count - 1)
        // A long stretch gets more room than a short one, but not in proportion.
        let weights = merged.map { (Double($0.upperBound - $0.lowerBound) + 1).squareRoot() }
        let total = weights.reduce(0, +)
        let even = 0.4 / Double(merged.count)
        segments = []
        var left = x
        for (interval, weight) in zip(merged, weights) {
            let width = room * (even + 0.6 * weight / total)
            segments.append(
                Segment(start: interval.lowerBound, end: interval.upperBound, x: left, width: width))
            left += width + Self.gap
        }
    }

    private static func merged(_ intervals: [ClosedRange<Int64>], padding: Int64) -> [ClosedRange<Int64>] {
        var merged: [ClosedRange<Int64>] = []
        // A short stretch is not worth cutting out: only what is several times as long as an operation is.
        for interval in intervals.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            let wide = interval.lowerBound - padding...interval.upperBound + padding
            if let last = merged.last, wide.lowerBound <= last.upperBound + 5 * padding {
                merged[merged.count - 1] = last.lowerBound...max(last.upperBound, wide.upperBound)
            } else {
                merged.append(wide)
            }
        }
        while merged.count > segmentLimit {
            let gaps = zip(merged, merged.dropFirst()).map { $1.lowerBound - $0.upperBound }
            let place = gaps.indices.min { gaps[$0] < gaps[$1] } ?? 0
            merged[place] = merged[place].lowerBound...merged[place + 1].upperBound
            merged.remove(at: place + 1)
        }
        return merged.isEmpty ? [0...1] : merged
    }

    /// Where a time is drawn; a time that was cut out lies in the middle of its gap.
    func x(_ time: Int64) -> Double {
        guard let first = segments.first, let last = segments.last else { return 0 }
        if time <= first.start { return first.x }
        if time >= last.end { return last.x + last.width }
        for (place, segment) in segments.enumerated() where time <= segment.end {
            guard time >= segment.start else {
                let before = segments[place - 1]
                return (before.x + before.width + segment.x) / 2
            }
            let part = Double(time - segment.start) / Double(max(1, segment.end - segment.start))
            return segment.x + part * segment.width
        }
        return last.x + last.width
    }

    /// Whether any of the time from `start` to `end` is drawn.
    func shows(_ start: Int64, _ end: Int64) -> Bool {
        segments.contains { start <= $0.end && end >= $0.start }
    }
}

/// The marks of a time axis: round numbers that leave room for their labels.
struct TimeTicks {
    var times: [Int64] = []
    private var step: Int64 = 1

    init(from start: Int64, to end: Int64, width: Double, room: Double = 110) {
        let wanted = max(1, Int64(width / room))
        let least = max(1, (end - start) / wanted)
        var power: Int64 = 1
        while power * 10 <= least { power *= 10 }
        step = [1, 2, 5, 10].map { $0 * power }.first { $0 >= least } ?? power * 10
        fill(from: start, to: end)
        // A short stretch can lie between two round numbers: one mark it must have.
        while times.isEmpty, step > 1 {
            step = step % 5 == 0 ? step / 5 : step / 2
            fill(from: start, to: end)
            times = Array(times.prefix(1))
        }
    }

    private mutating func fill(from start: Int64, to end: Int64) {
        var time = (start + step - 1) / step * step
        while time <= end, times.count < 50 {
            times.append(time)
            time += step
        }
    }

    /// A mark in seconds, with just the decimals that its distance to the next one needs.
    func label(_ time: Int64) -> String {
        var decimals = 0
        var unit: Int64 = 1_000_000_000
        while step % unit != 0, decimals < 9 {
            unit /= 10
            decimals += 1
        }
        return Words.decimal(time, unit: 1_000_000_000, decimals) + " s"
    }
}

/// Keeps the labels of an axis inside the picture and apart.
struct AxisLabels {
    /// Pixels; a character is at most so wide.
    private static let characterWidth = 7.0

    private let limit: Double
    private var end = -Double.infinity

    init(limit: Double) { self.limit = limit }

    /// Where the middle of a label goes that belongs to `x`; `nil` if there is no room left for it.
    mutating func place(_ label: String, at x: Double) -> Double? {
        let half = Double(label.count) * Self.characterWidth / 2
        let middle = min(x, limit - half)
        guard middle - half >= end + 4 else { return nil }
        end = middle + half
        return middle
    }
}
