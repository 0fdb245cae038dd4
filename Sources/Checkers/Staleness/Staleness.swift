public import HistoryModel

/// How far behind the reads of a history were: lower bounds that were observed, and no predictions.
public struct Staleness: Hashable, Sendable {
    /// One read of one key.
    public struct Read: Hashable, Sendable {
        /// The index of the operation's invocation.
        public var operation: Int
        public var key: String?
        /// At least so many versions, of a set or list elements, that were known when it began are not in what it saw.
        public var versions: Int
        /// For at least so long one of them had been known; 0 if none.
        public var nanoseconds: Int64
        /// The index of the write that had been known longest; `nil` if none was missed.
        public var missed: Int?
    }

    /// The reads that could be judged, in the order of their invocations.
    public var reads: [Read]
    /// Reads of keys of whose versions nobody knows the order, or whose values do not tell their writes.
    public var unjudged: Int
    /// Acknowledged elements of sets and lists that no read shows, and those that none shows any more.
    public var neverRead: Int
    /// Where the order of versions is from, in words.
    public var evidence: String
    /// Whether the history has times; if not, `nanoseconds` counts lines.
    public var hasTimes: Bool

    /// Reads that missed something.
    public var behind: Int { reads.count { $0.versions > 0 } }

    /// How something is distributed over the reads.
    public struct Distribution: Hashable, Sendable {
        public var median: Int64
        public var p90: Int64
        public var p99: Int64
        public var max: Int64
        /// How many reads lie in 0, 1, 2 to 3, 4 to 7, ...
        public var histogram: [Int]

        /// `nil` of nothing.
        public init?(_ values: [Int64]) {
            let sorted = values.sorted()
            guard let last = sorted.last else { return nil }
            // The least value that so many of a hundred do not exceed.
            func percentile(_ percent: Int) -> Int64 { sorted[(sorted.count * percent + 99) / 100 - 1] }
            median = percentile(50)
            p90 = percentile(90)
            p99 = percentile(99)
            max = last
            histogram = Array(repeating: 0, count: Self.bucket(last) + 1)
            for value in sorted { histogram[Self.bucket(value)] += 1 }
        }

        private static func bucket(_ value: Int64) -> Int {
            Int64.bitWidth - Swift.max(0, value).leadingZeroBitCount
        }
    }

    /// Over all judged reads; `nil` if there is none.
    public var versions: Distribution? { Distribution(reads.map { Int64($0.versions) }) }

    /// Nanoseconds, over all judged reads; `nil` if there is none.
    public var time: Distribution? { Distribution(reads.map(\.nanoseconds)) }
}

/// How far behind each read of a history was, where the order of versions is known: keys that one session writes with
/// ascending numbers, versions that the system gives, sets and lists, and with `assumesRealTimeWrites` any register.
public func staleness(_ history: History, _ options: CheckOptions = CheckOptions()) -> Staleness {
    var context = CheckContext(history, options, [])
    return StalenessCheck(context.staleReads, context.ranks, history).report
}
