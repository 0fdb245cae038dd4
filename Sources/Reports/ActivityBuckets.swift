import HistoryModel

/// What happened over time, in a fixed number of equal stretches: a report of a million operations is no larger than
/// one of a thousand.
struct ActivityBuckets {
    struct Bucket {
        var ok = 0
        var fail = 0
        var info = 0
        var latency = LatencyHistogram()
    }

    static let bucketLimit = 120

    /// Nanoseconds that a bucket spans.
    let span: Int64
    private(set) var buckets: [Bucket]
    private(set) var total = Bucket()

    init(_ history: History) {
        let end = max(1, history.events.last?.time ?? 1)
        // Round spans, so that a rate per second is easy to check against the file.
        let least = max(1, end / Int64(Self.bucketLimit) + 1)
        var power: Int64 = 1
        while power * 10 <= least { power *= 10 }
        span = [1, 2, 5, 10].map { $0 * power }.first { $0 >= least } ?? power * 10
        buckets = Array(repeating: Bucket(), count: Int(end / span) + 1)
        for operation in history.operations { add(operation) }
    }

    private mutating func add(_ operation: Operation) {
        let time = operation.completion?.time ?? operation.invocation.time
        let place = min(buckets.count - 1, max(0, Int(time / span)))
        switch operation.outcome {
        case .ok:
            let latency = time - operation.invocation.time
            buckets[place].ok += 1
            buckets[place].latency.add(latency)
            total.ok += 1
            total.latency.add(latency)
        case .fail:
            buckets[place].fail += 1
            total.fail += 1
        default:
            buckets[place].info += 1
            total.info += 1
        }
    }

    /// Operations a second for a count in one bucket.
    func rate(_ count: Int) -> Double { Double(count) * 1e9 / Double(span) }

    /// The end of the last bucket, in nanoseconds.
    var end: Int64 { span * Int64(buckets.count) }
}

extension ActivityBuckets.Bucket {
    var all: Int { ok + fail + info }
}
