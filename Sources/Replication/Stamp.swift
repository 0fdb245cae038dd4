/// When a write happened by a clock of its replica: all stamps of a cluster are in one order.
///
/// Equal times are told apart by the counter, equal counters by the replica's name. Without the last, two replicas would
/// each keep their own of two writes at one time, for ever.
public struct Stamp: Hashable, Comparable, Sendable {
    /// Nanoseconds since 1970 by a wall or a hybrid clock, or a number by a Lamport clock.
    public var time: Int64
    /// Counts events of one time.
    public var counter: UInt32
    public var replica: NodeName

    public init(time: Int64, counter: UInt32 = 0, replica: NodeName) {
        self.time = time
        self.counter = counter
        self.replica = replica
    }

    public static func < (left: Stamp, right: Stamp) -> Bool {
        if left.time != right.time { return left.time < right.time }
        if left.counter != right.counter { return left.counter < right.counter }
        return left.replica < right.replica
    }
}

extension Stamp: CustomStringConvertible {
    /// `1700000000000000000.3@n1`.
    public var description: String { "\(time).\(counter)@\(replica)" }
}

extension ByteWriter {
    public mutating func stamp(_ value: Stamp) {
        signed(value.time)
        number(UInt64(value.counter))
        text(value.replica)
    }
}

extension ByteReader {
    public mutating func stamp() throws(DecodingFailure) -> Stamp {
        let time = try signed()
        guard let counter = UInt32(exactly: try number()) else {
            throw DecodingFailure("a counter of more than 32 bits")
        }
        return Stamp(time: time, counter: counter, replica: try text())
    }
}

/// Stamps as the wall clock says, backwards too: the newest write loses where clocks are wrong.
public struct WallStamps: Hashable, Sendable {
    private var last: Stamp?

    public init() {}

    /// The stamp of a write now; two at one time count up.
    public mutating func next(wall: Int64, replica: NodeName) -> Stamp {
        var stamp = Stamp(time: wall, replica: replica)
        if let last, last.time == wall { stamp.counter = last.counter == .max ? .max : last.counter + 1 }
        last = stamp
        return stamp
    }
}

/// A counter that is greater than everything its owner has heard of (Lamport: "Time, clocks, and the ordering of events
/// in a distributed system", CACM 1978).
public struct LamportClock: Hashable, Sendable {
    /// The greatest number seen or given, 0 at first.
    public private(set) var time: Int64

    public init(time: Int64 = 0) { self.time = max(0, time) }

    /// A number for an event here: greater than all before, until `Int64.max` is reached.
    public mutating func next() -> Int64 {
        time = time == .max ? .max : time + 1
        return time
    }

    /// Something with that number was heard of.
    public mutating func receive(_ other: Int64) { time = max(time, other) }
}
