/// Linearizations of several objects put together into one of all of them (Herlihy and Wing: linearizability is local).
///
/// Each operation takes effect at the latest invocation of its object up to it: at or after its own invocation, and not after
/// its return, because otherwise the order of its object would not be one of real time. In the order of these instants no
/// operation comes before one that had returned when it was invoked.
struct MergedOrders {
    private var positions: [Int32] = []
    /// When each of them takes effect.
    private var instants: [Int32] = []

    /// Adds the order of one object, as positions in the columns that its instants are taken from.
    mutating func append(_ order: [Int32], _ operations: ObjectOperations) {
        var instant: Int32 = 0
        for position in order {
            instant = max(instant, operations.call[position])
            positions.append(position)
            instants.append(instant)
        }
    }

    /// All positions in one order.
    func merged() -> [Int32] {
        var keys = instants.indices.map { UInt64(instants[$0]) << 32 | UInt64($0) }
        keys.sort()
        return keys.map { positions[Int(UInt32(truncatingIfNeeded: $0))] }
    }
}
