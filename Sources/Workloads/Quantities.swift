/// Durations and ranges as files spell them: `500ms`, `1.5s`, `2min`, `50..100ms`.
public enum DurationText {
    private static let units: [(name: Substring, nanoseconds: Int64)] = [
        ("ns", 1), ("us", 1000), ("ms", 1_000_000), ("s", 1_000_000_000), ("min", 60_000_000_000),
        ("h", 3_600_000_000_000),
    ]

    /// A number and a unit; `nil` for anything else. At most 100 days.
    public static func parse(_ text: some StringProtocol) -> Duration? {
        let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        let name = text.dropFirst(digits.count).drop { $0 == " " }
        guard let unit = units.first(where: { $0.name == name }) else { return nil }
        let parts = digits.split(separator: ".", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), let whole = Int64(parts[0]), parts[0].count < 13 else { return nil }
        var nanoseconds = whole.multipliedReportingOverflow(by: unit.nanoseconds)
        if parts.count == 2 {
            guard (1...9).contains(parts[1].count), let fraction = Int64(parts[1]) else { return nil }
            let scale = (0..<parts[1].count).reduce(Int64(1)) { scale, _ in scale * 10 }
            let product = fraction.multipliedReportingOverflow(by: unit.nanoseconds)
            guard !product.overflow else { return nil }
            nanoseconds.partialValue += product.partialValue / scale
        }
        guard !nanoseconds.overflow, nanoseconds.partialValue <= 8_640_000_000_000_000 else { return nil }
        return .nanoseconds(nanoseconds.partialValue)
    }

    /// `A..B` with the unit at the end or at both, or one duration for both ends.
    public static func range(_ text: String) -> ClosedRange<Duration>? {
        guard let dots = text.firstRange(of: "..") else {
            return parse(text).map { $0...$0 }
        }
        let (first, last) = (text[..<dots.lowerBound], text[dots.upperBound...])
        guard let upper = parse(last) else { return nil }
        let unit = last.drop { $0.isNumber || $0 == "." }
        guard let lower = parse(first) ?? parse(first + unit), lower <= upper else { return nil }
        return lower...upper
    }
}

extension Rate {
    /// `200/s` or `max`; `nil` for anything else.
    public init?(_ text: String) {
        if text == "max" {
            self = .max
        } else if text.hasSuffix("/s"), let rate = Int(text.dropLast(2)), (1...1_000_000).contains(rate) {
            self = .perSecond(rate)
        } else {
            return nil
        }
    }
}

extension Rate: CustomStringConvertible {
    public var description: String {
        switch self {
        case .max: "max"
        case .perSecond(let rate): "\(rate)/s"
        }
    }
}
