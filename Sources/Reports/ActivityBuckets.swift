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
    /// Where the first bucket begins, in nanoseconds: at the first event, since nothing is to be seen of the time before.
    let start: Int64
    private(set) var buckets: [Bucket]
    private(set) var total = Bucket()

    init(_ history: History) {
        let first = max(0, history.events.first?.time ?? 0)
        let last = max(first, history.events.last?.time ?? 0)
        // Round spans, so that a rate per second is easy to check against the file.
        let least = (last - first) / Int64(Self.bucketLimit) + 1
        var power: Int64 = 1
        while power * 10 <= least { power *= 10 }
        span = [1, 2, 5, 10].map { $0 * power }.first { $0 >= least } ?? power * 10
        start = first / span * span
        buckets = Array(repeating: Bucket(), count: Int((last - start) / span) + 1)
        for operation in history.operations { add(operation) }
    }

    private mutating func add(_ operation: Operation) {
        let time = operation.completion?.time ?? operation.invocation.time
        let place = min(buckets.count - 1, max(0, Int((time - start) / span)))
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

    /// When a bucket begins, in nanoseconds.
    func start(of bucket: Int) -> Int64 { start + Int64(bucket) * span }

    /// The end of the last bucket, in nanoseconds.
    var end: Int64 { start(of: buckets.count) }
}

extension ActivityBuckets.Bucket {
    var all: Int { ok + fail + info }
}
