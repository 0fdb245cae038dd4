/// A clock that respects cause and effect and stays near the wall clock (Kulkarni, Demirbas, Madappa, Avva, Leone:
/// "Logical physical clocks", OPODIS 2014).
///
/// Its time is the greatest wall clock heard of, with a counter for events within it. As long as the wall clocks of all
/// members are within `bound` of each other, it is ahead of the own one by `bound` at most. A time that is further ahead
/// is refused: otherwise one wrong clock would drag all others along, for good.
public struct HybridClock: Hashable, Sendable {
    /// A time of the clock; a `Stamp` adds the replica.
    public struct Reading: Hashable, Comparable, Sendable {
        /// Nanoseconds since 1970.
        public var time: Int64
        public var counter: UInt32

        public init(time: Int64, counter: UInt32) {
            self.time = time
            self.counter = counter
        }

        public init(_ stamp: Stamp) { self.init(time: stamp.time, counter: stamp.counter) }

        public static func < (left: Reading, right: Reading) -> Bool {
            (left.time, left.counter) < (right.time, right.counter)
        }
    }

    /// A time that was heard of lies further ahead than clocks may differ.
    public struct TooFarAhead: Error, Hashable, Sendable, CustomStringConvertible {
        /// By how much, in nanoseconds.
        public var ahead: Int64
        public var bound: Int64

        public var description: String {
            "a time \(ahead / 1_000_000) ms ahead of the clock here, and \(bound / 1_000_000) ms are allowed"
        }
    }

    /// How far clocks may differ, in nanoseconds: ε of the paper.
    public let bound: Int64
    public private(set) var reading: Reading

    /// A clock that starts behind everything, or where a stored one was.
    public init(bound: Int64, from reading: Reading = Reading(time: .min, counter: 0)) {
        precondition(bound >= 0, "clocks cannot differ by less than nothing")
        self.bound = bound
        self.reading = reading
    }

    /// An event here or a message that leaves, at that time of the wall clock: later than all that was heard of.
    public mutating func next(wall: Int64) -> Reading {
        reading = wall > reading.time ? Reading(time: wall, counter: 0) : reading.next
        return reading
    }

    /// A message with that time arrives.
    ///
    /// The clock counts on by `next` at the next event, so that it is enough to remember the later of both here.
    public mutating func receive(_ other: Reading, wall: Int64) throws(TooFarAhead) {
        let (ahead, overflow) = other.time.subtractingReportingOverflow(wall)
        if overflow ? other.time > wall : ahead > bound {
            throw TooFarAhead(ahead: overflow ? .max : ahead, bound: bound)
        }
        reading = max(reading, other)
    }
}

extension HybridClock.Reading {
    /// The least that is greater; the greatest of all stays.
    fileprivate var next: Self {
        if counter < .max { return Self(time: time, counter: counter + 1) }
        return time < .max ? Self(time: time + 1, counter: 0) : self
    }
}
