public import Checkers

/// How far behind reads were, for a terminal.
public enum StalenessText {
    private static let mostReads = 1000

    /// Lines that end with a newline.
    public static func render(_ staleness: Staleness, listsReads: Bool = false) -> String {
        let judged = staleness.reads.count
        var lines = ["", "staleness, observed lower bounds; order of versions: \(staleness.evidence)"]
        guard judged > 0, let versions = staleness.versions, let time = staleness.time else {
            lines.append("  no read could be judged: nobody knows the order of versions")
            return lines.map { $0 + "\n" }.joined()
        }
        let part = Words.decimal(Int64(1000 * staleness.behind / judged), unit: 10, 1)
        lines.append("  \(Words.count(judged, "read")) judged, \(Words.count(staleness.behind)) behind (\(part) %)")
        if staleness.unjudged > 0 {
            lines.append(
                "  \(Words.count(staleness.unjudged, "read")) not judged: the order of versions is not known")
        }
        if staleness.neverRead > 0 {
            lines.append(
                "  \(Words.count(staleness.neverRead, "acknowledged element")) that no read shows")
        }
        lines.append("  versions behind  \(row(versions) { Words.count(Int($0)) })")
        lines.append("  time behind      \(row(time) { duration($0, staleness) })")
        lines.append("  versions: \(histogram(versions) { Words.count(Int($0)) })")
        lines.append("  time: \(histogram(time) { duration($0, staleness) })")
        if listsReads { lines += reads(staleness) }
        return lines.map { $0 + "\n" }.joined()
    }

    private static func duration(_ nanoseconds: Int64, _ staleness: Staleness) -> String {
        staleness.hasTimes ? Words.duration(nanoseconds) : Words.count(Int(nanoseconds), "event")
    }

    private static func row(_ distribution: Staleness.Distribution, _ text: (Int64) -> String) -> String {
        "median \(text(distribution.median)), p90 \(text(distribution.p90)), p99 \(text(distribution.p99)), "
            + "max \(text(distribution.max))"
    }

    /// How many reads lie below each power of two, without those below which there are none.
    private static func histogram(_ distribution: Staleness.Distribution, _ text: (Int64) -> String) -> String {
        distribution.histogram.enumerated().filter { $0.element > 0 }.map { bucket, count in
            let range = bucket == 0 ? text(0) : bucket == 1 ? text(1) : "below \(text(1 << min(bucket, 62)))"
            return "\(range): \(Words.count(count))"
        }.joined(separator: "; ")
    }

    private static func reads(_ staleness: Staleness) -> [String] {
        let behind = staleness.reads.filter { $0.versions > 0 }
        let lines = behind.prefix(mostReads).map { read in
            let key = read.key.map { " of key \"\(Words.cut($0, 60))\"" } ?? ""
            let missed = read.missed.map { ", without operation \($0)" } ?? ""
            return "  operation \(read.operation)\(key): \(Words.count(read.versions, "version")) and "
                + "\(duration(read.nanoseconds, staleness)) behind\(missed)"
        }
        guard behind.count > mostReads else { return lines }
        return lines + ["  and \(Words.count(behind.count - mostReads)) more: see --json"]
    }
}
