/// How a clock lies.
public enum ClockSetting: Hashable, Sendable {
    /// Not at all. A monotonic clock goes on from what it shows.
    case system
    /// Ahead of the true one by this; nanoseconds, behind if negative. A monotonic clock only goes forward.
    case offset(Int64)
    /// Once forward or back by this from what it shows; nanoseconds.
    case jump(Int64)
    /// From what it shows, at this speed; parts per million of the true one. 0: it stands still.
    case rate(Int64)
    /// To and fro by this, a change at the end of each period; nanoseconds. Wall clocks only.
    case strobe(by: Int64, every: Int64)

    /// `system`, `offset:+10s`, `jump:-500ms`, `rate:1.05`, `frozen`, `strobe:+200ms/50ms`.
    public init?(_ text: String) {
        switch text {
        case "system": self = .system
        case "frozen": self = .rate(0)
        default:
            let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
            guard parts.count == 2, let setting = Self.read(parts[0], parts[1]) else { return nil }
            self = setting
        }
    }

    private static func read(_ name: String, _ value: String) -> ClockSetting? {
        switch name {
        case "offset": return time(value).map { .offset($0) }
        case "jump": return time(value).map { .jump($0) }
        case "rate": return rate(value).map { .rate($0) }
        case "strobe":
            let parts = value.split(separator: "/").map(String.init)
            guard parts.count == 2, let by = time(parts[0]), let every = time(parts[1]), every > 0 else {
                return nil
            }
            return .strobe(by: by, every: every)
        default: return nil
        }
    }

    /// `+10s`, `-200ms`, `50us`: whole numbers, at most about three years.
    private static func time(_ text: String) -> Int64? {
        let sign: Int64 = text.hasPrefix("-") ? -1 : 1
        let rest = text.hasPrefix("-") || text.hasPrefix("+") ? String(text.dropFirst()) : text
        let units: [(String, Int64)] = [("ms", 1_000_000), ("us", 1000), ("ns", 1), ("s", 1_000_000_000)]
        guard let unit = units.first(where: { rest.hasSuffix($0.0) }) else { return nil }
        guard let number = Int64(rest.dropLast(unit.0.count)), number >= 0,
            number <= 100_000_000_000_000_000 / unit.1
        else { return nil }
        return sign * number * unit.1
    }

    /// A decimal number from 0 to 100 with up to six places.
    private static func rate(_ text: String) -> Int64? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), parts.allSatisfy({ $0.utf8.allSatisfy { (48...57).contains($0) } }),
            let whole = Int64(parts[0]), whole <= 100
        else { return nil }
        guard parts.count == 2 else { return whole * 1_000_000 }
        guard (1...6).contains(parts[1].count), let places = Int64(parts[1]) else { return nil }
        let scale = (parts[1].count..<6).reduce(Int64(1)) { scale, _ in scale * 10 }
        return whole * 1_000_000 + places * scale
    }
}

extension ClockSetting: CustomStringConvertible {
    public var description: String {
        switch self {
        case .system: "system"
        case .offset(let time): "offset:\(Self.words(time))"
        case .jump(let time): "jump:\(Self.words(time))"
        case .rate(let rate): "rate:\(Self.decimal(rate))"
        case .strobe(let by, let every): "strobe:\(Self.words(by))/\(every / 1000)us"
        }
    }

    private static func words(_ time: Int64) -> String { (time < 0 ? "" : "+") + "\(time / 1000)us" }

    private static func decimal(_ rate: Int64) -> String {
        let places = String(1_000_000 + rate % 1_000_000).dropFirst()
        return "\(rate / 1_000_000).\(places)"
    }
}

/// A clock that may lie, as a function of the true one: a straight line, and a strobe on it. Times are nanoseconds.
public struct SkewedClock: Hashable, Sendable {
    public let isMonotonic: Bool
    public private(set) var setting = ClockSetting.system
    /// Where the line begins: the true time, and what is shown then.
    private var origin: Int64 = 0
    private var shown: Int64 = 0
    /// Parts per million.
    private var speed: Int64 = 1_000_000
    private var strobe: (by: Int64, every: Int64)? {
        if case .strobe(let by, let every) = setting { (by, every) } else { nil }
    }

    public init(isMonotonic: Bool) { self.isMonotonic = isMonotonic }

    /// What it shows when the true time is `truth`.
    public func reading(at truth: Int64) -> Int64 {
        let line = shown + Self.scaled(truth - origin, speed, 1_000_000)
        guard let strobe else { return line }
        return line + ((truth - origin) / strobe.every % 2 == 1 ? strobe.by : 0)
    }

    /// When it shows `reading` for the first time; `max` if it never does, the past if it has.
    public func truth(of reading: Int64) -> Int64 {
        guard reading > shown else { return min(origin, reading) }
        guard speed > 0 else { return .max }
        let distance = Self.scaled(reading - shown, 1_000_000, speed)
        let (sum, isTooLarge) = origin.addingReportingOverflow(distance)
        guard !isTooLarge else { return .max }
        return self.reading(at: sum) < reading ? sum + 1 : sum
    }

    /// From the true time `truth` on it lies in this way. False for what a monotonic clock cannot do.
    @discardableResult
    public mutating func set(_ setting: ClockSetting, at truth: Int64) -> Bool {
        let now = reading(at: truth)
        switch setting {
        case .system: begin(truth, isMonotonic ? now : truth, speed: 1_000_000)
        case .offset(let time): begin(truth, isMonotonic ? max(now, truth + time) : truth + time, speed: 1_000_000)
        case .jump(let time): begin(truth, isMonotonic ? max(now, now + time) : now + time, speed: speed)
        case .rate(let rate): begin(truth, now, speed: rate)
        case .strobe:
            guard !isMonotonic else { return false }
            begin(truth, truth, speed: 1_000_000)
        }
        self.setting = setting
        return true
    }

    private mutating func begin(_ truth: Int64, _ reading: Int64, speed: Int64) {
        (origin, shown, self.speed) = (truth, reading, speed)
    }

    /// `time * numerator / denominator`, rounded down, as far as it fits.
    private static func scaled(_ time: Int64, _ numerator: Int64, _ denominator: Int64) -> Int64 {
        guard numerator != denominator else { return time }
        let product = Int128(time) * Int128(numerator)
        let (quotient, rest) = product.quotientAndRemainder(dividingBy: Int128(denominator))
        return Int64(clamping: rest < 0 ? quotient - 1 : quotient)
    }
}
