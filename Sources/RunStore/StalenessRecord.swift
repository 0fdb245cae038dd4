public import Checkers

extension VerdictFile {
    /// `verdict.json` with how far behind reads were as `staleness`; with each judged read if wanted.
    public func bytes(with staleness: Staleness, listsReads: Bool) -> [UInt8] {
        StoreJSON.file(
            MeasuredVerdicts(verdicts: self, staleness: StalenessRecord(staleness, listsReads: listsReads)))
    }
}

private struct MeasuredVerdicts: Encodable {
    var verdicts: VerdictFile
    var staleness: StalenessRecord

    private enum CodingKeys: String, CodingKey { case staleness }

    func encode(to encoder: any Encoder) throws {
        try verdicts.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(staleness, forKey: .staleness)
    }
}

/// How far behind reads were, as JSON.
private struct StalenessRecord: Encodable {
    struct Distribution: Encodable {
        var median: Int64
        var p90: Int64
        var p99: Int64
        var max: Int64
        /// Reads with 0, 1, 2 to 3, 4 to 7, ...
        var histogram: [Int]

        init(_ distribution: Staleness.Distribution) {
            median = distribution.median
            p90 = distribution.p90
            p99 = distribution.p99
            max = distribution.max
            histogram = distribution.histogram
        }
    }

    struct Read: Encodable {
        var operation: Int
        var key: String?
        var versions: Int
        var time: Int64
        var missed: Int?
    }

    var evidence: String
    var judged: Int
    var behind: Int
    var unjudged: Int
    var neverRead: Int
    /// What `time` counts: `ns`, or `events` where the history has no times.
    var unit: String
    var versions: Distribution?
    var time: Distribution?
    var reads: [Read]?

    init(_ staleness: Staleness, listsReads: Bool) {
        evidence = staleness.evidence
        judged = staleness.reads.count
        behind = staleness.behind
        unjudged = staleness.unjudged
        neverRead = staleness.neverRead
        unit = staleness.hasTimes ? "ns" : "events"
        versions = staleness.versions.map(Distribution.init)
        time = staleness.time.map(Distribution.init)
        guard listsReads else { return }
        reads = staleness.reads.map {
            Read(
                operation: $0.operation, key: $0.key, versions: $0.versions, time: $0.nanoseconds, missed: $0.missed
            )
        }
    }
}
