/// Groups of operations that must take effect one group after the other.
///
/// There is such an order exactly if no operation of a later level ended before one of an earlier level began.
struct OrderedLevels {
    /// The operation of the levels so far that began last.
    private var latest: Interval?

    /// Takes the next level; answers two operations in the wrong order: one that ended before an earlier level's began.
    mutating func add(_ level: [Interval]) -> (tooEarly: Interval, tooLate: Interval)? {
        guard let first = level.min(by: { $0.ret < $1.ret }) else { return nil }
        var inversion: (Interval, Interval)?
        if let latest, first.ret < latest.call { inversion = (first, latest) }
        let last = level.reduce(first) { $0.call < $1.call ? $1 : $0 }
        if latest.map({ $0.call < last.call }) ?? true { latest = last }
        return inversion
    }
}
