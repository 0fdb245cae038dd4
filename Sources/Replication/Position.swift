/// A place in the replicated log: promotion starts a new timeline, so a bare LSN may name two different entries.
public struct Position: Hashable, Comparable, Sendable {
    public var timeline: UInt32
    public var lsn: LSN

    public init(timeline: UInt32, lsn: LSN) {
        self.timeline = timeline
        self.lsn = lsn
    }

    /// Before the first entry of any timeline.
    public static let start = Position(timeline: 0, lsn: 0)

    /// The later timeline is ahead, however short: this is how the best follower is chosen.
    public static func < (left: Position, right: Position) -> Bool {
        (left.timeline, left.lsn) < (right.timeline, right.lsn)
    }
}

extension Position: CustomStringConvertible {
    public var description: String { "\(timeline):\(lsn)" }
}

/// Which timeline each LSN belongs to, seen from the end of one branch.
public struct TimelineHistory: Hashable, Sendable {
    /// One timeline and the LSN of its first entry.
    public struct Span: Hashable, Sendable {
        public var timeline: UInt32
        public var first: LSN

        public init(timeline: UInt32, first: LSN) {
            self.timeline = timeline
            self.first = first
        }
    }

    /// In order; timelines and first LSNs both ascend.
    public private(set) var spans: [Span]

    /// The first timeline of a cluster.
    public init() {
        spans = [Span(timeline: 1, first: 1)]
    }

    /// `nil` when the spans do not ascend: such a history was damaged on its way.
    public init?(spans: [Span]) {
        guard !spans.isEmpty else { return nil }
        for (left, right) in zip(spans, spans.dropFirst())
        where left.timeline >= right.timeline || left.first > right.first {
            return nil
        }
        self.spans = spans
    }

    /// The timeline at the end of the branch.
    public var current: UInt32 { spans[spans.count - 1].timeline }

    /// The timeline that the entry with this LSN was written on.
    public func timeline(at lsn: LSN) -> UInt32 {
        if lsn == 0 { return 0 }
        return spans.last { $0.first <= lsn }?.timeline ?? 0
    }

    /// Whether a log that ends there is a prefix of this branch, given that the branch reaches that far.
    public func contains(_ position: Position) -> Bool {
        timeline(at: position.lsn) == position.timeline
    }

    /// A new timeline begins with this entry.
    mutating func begin(_ timeline: UInt32, at first: LSN) {
        precondition(timeline > current, "a new timeline must have a higher number")
        spans.append(Span(timeline: timeline, first: first))
    }
}
