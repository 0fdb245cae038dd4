extension Duration {
    /// Whole nanoseconds; durations of runs fit well into 64 bits.
    public var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }

    /// The duration for people: `1.5 s`, `20 ms`, `2 min`.
    public var words: String {
        let nanoseconds = nanoseconds
        let units: [(size: Int64, name: String)] = [
            (60_000_000_000, "min"), (1_000_000_000, "s"), (1_000_000, "ms"), (1000, "us"), (1, "ns"),
        ]
        guard
            let unit = units.first(where: {
                nanoseconds >= $0.size && ($0.name != "min" || nanoseconds % $0.size == 0)
            })
        else { return "0 s" }
        let whole = nanoseconds / unit.size
        let thousandths = nanoseconds % unit.size * 1000 / unit.size
        guard thousandths > 0 else { return "\(whole) \(unit.name)" }
        var digits = String(1000 + thousandths).dropFirst()
        while digits.last == "0" { digits.removeLast() }
        return "\(whole).\(digits) \(unit.name)"
    }
}
