/// Latencies in bins whose width grows with the latency: any number of them in fixed space, each to within 5 %.
struct LatencyHistogram: Hashable {
    private static let binsPerDoubling = 16.0
    private static let binCount = 16 * 44
    private var bins: [Int32] = []
    private(set) var count = 0
    /// Exact; nanoseconds.
    private(set) var largest: Int64 = 0

    mutating func add(_ nanoseconds: Int64) {
        if bins.isEmpty { bins = Array(repeating: 0, count: Self.binCount) }
        bins[Self.bin(nanoseconds)] += 1
        count += 1
        largest = max(largest, nanoseconds)
    }

    /// The latency that a share of all stay under; `nil` without any.
    func quantile(_ share: Double) -> Int64? {
        guard count > 0 else { return nil }
        let wanted = max(1, Int((Double(count) * share).rounded(.up)))
        var seen = 0
        for (bin, number) in bins.enumerated() {
            seen += Int(number)
            if seen >= wanted { return min(largest, Self.upperEnd(bin)) }
        }
        return largest
    }

    private static func bin(_ nanoseconds: Int64) -> Int {
        let value = UInt64(max(1, nanoseconds))
        let doubling = 63 - value.leadingZeroBitCount
        let rest = Double(value) / Double(UInt64(1) << UInt64(doubling)) - 1
        return min(binCount - 1, doubling * 16 + Int(rest * binsPerDoubling))
    }

    private static func upperEnd(_ bin: Int) -> Int64 {
        let base = Double(UInt64(1) << UInt64(bin / 16))
        return Int64(base * (1 + Double(bin % 16 + 1) / binsPerDoubling))
    }
}
