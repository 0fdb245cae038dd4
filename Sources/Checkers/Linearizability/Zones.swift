/// Groups of operations that must take effect each without interruption, as the times between which they are stretched.
///
/// A group must come before another if one of its operations returned before one of the other's was invoked. In the words of
/// Golab, Li and Shah (PODC 2011), who reformulated Gibbons and Korach (SIAM J. Comput. 26(4), 1997): a zone is *forward* if
/// its first return is before its last call, and *backward* otherwise; there is an order of the groups exactly if no two
/// forward zones overlap and no backward zone lies inside a forward one.
struct Zones {
    /// One group, from its first return to its last call.
    struct Zone {
        /// The instant of the first return; -1 for the group of the initial value, which comes before all.
        var low: Int32
        /// The instant of the last call.
        var high: Int32
        /// Names the group.
        var group: Int32
    }

    private var zones: [Zone] = []

    mutating func reserve(_ count: Int) { zones.reserveCapacity(count) }

    mutating func add(_ zone: Zone) { zones.append(zone) }

    /// The zones in an order in which the groups may take effect, if there is one.
    ///
    /// Backward zones go to the instant of their last call, forward zones to their first return; at one instant backward
    /// zones come first.
    private func sorted() -> [Zone] {
        var keys = zones.indices.map { index -> UInt64 in
            let zone = zones[index]
            let isForward = zone.low < zone.high
            let start = UInt64(min(zone.low, zone.high) + 1)
            return start << 33 | (isForward ? 1 << 32 : 0) | UInt64(index)
        }
        keys.sort()
        return keys.map { zones[Int(UInt32(truncatingIfNeeded: $0))] }
    }

    /// The groups in an order in which they may take effect, and pairs of groups of which each must come before the other.
    ///
    /// In the sorted order a later zone must come before an earlier one exactly if it begins inside a forward one; the
    /// earlier one must come first anyway. Of each such pair the wider is left out from there on, so that one wide zone is
    /// found only once.
    func arranged() -> (order: [Int32], conflicts: [(Zone, Zone)]) {
        let order = sorted()
        var conflicts: [(Zone, Zone)] = []
        guard var widest = order.first else { return ([], []) }
        for zone in order.dropFirst() {
            if zone.low < widest.high {
                conflicts.append((widest, zone))
                if zone.high < widest.high { widest = zone }
            } else if zone.high > widest.high {
                widest = zone
            }
        }
        return (order.map(\.group), conflicts)
    }
}
