/// The versions of one register in their order, as far as it is known, with the instants since when they are known.
///
/// A version is behind another if its place is greater than the end of that one. With ranks both are the rank. For writes
/// that are known to be linearizable, a version's place is the instant at which its write began, and its end the one since
/// when it is known: then what lies between is concurrent.
struct Succession {
    /// One version.
    struct Entry {
        var version: Int32
        var place: Int64
        var known: Int32
        /// The version that shows it: a later one shows the earlier ones too, if versions have ranks.
        var teller: Int32
    }

    /// What a read missed.
    struct Missed {
        /// How many versions.
        var count: Int
        /// The one that has been known longest.
        var first: Entry
    }

    /// By place.
    private let entries: [Entry]
    /// By position: that of the entry at or behind it that has been known longest.
    private let earliest: [Int32]

    init(_ entries: [Entry]) {
        self.entries = entries.sorted { ($0.place, $0.version) < ($1.place, $1.version) }
        var earliest = [Int32](repeating: 0, count: entries.count)
        for position in self.entries.indices.reversed() {
            let next = position + 1 < entries.count ? earliest[position + 1] : Int32(position)
            let isEarlier = self.entries[position].known < self.entries[next].known
            earliest[position] = isEarlier ? Int32(position) : next
        }
        self.earliest = earliest
    }

    /// Of versions by their ranks: what follows a version has replaced it, so whoever knows a later one knows that the earlier
    /// ones had been there. Leaves out what nobody knows.
    static func ranked(_ entries: [Entry]) -> Succession {
        var entries = entries.sorted { $0.place < $1.place }
        for position in entries.indices.dropLast().reversed()
        where entries[position + 1].known < entries[position].known {
            entries[position].known = entries[position + 1].known
            entries[position].teller = entries[position + 1].teller
        }
        return Succession(entries.filter { $0.known != .max })
    }

    /// What reads missed: each saw a version that ends at a place, and was invoked at an instant. In their order; `nil` for
    /// those that missed nothing.
    func missed(_ reads: [(end: Int64, call: Int32)]) -> [Missed?] {
        var counts = PrefixCounts(entries.count)
        let known = entries.indices.sorted { entries[$0].known < entries[$1].known }
        var next = 0
        var missed = [Missed?](repeating: nil, count: reads.count)
        for read in reads.indices.sorted(by: { reads[$0].call < reads[$1].call }) {
            while next < known.count, entries[known[next]].known < reads[read].call {
                counts.add(known[next])
                next += 1
            }
            let behind = entries.partitioningIndex { $0.place > reads[read].end }
            let count = next - counts.count(below: behind)
            guard count > 0 else { continue }
            missed[read] = Missed(count: count, first: entries[earliest[behind]])
        }
        return missed
    }
}

/// How many of some positions lie below another (Fenwick 1994).
struct PrefixCounts {
    private var sums: [Int32]

    init(_ size: Int) { sums = Array(repeating: 0, count: size + 1) }

    mutating func add(_ position: Int) {
        var place = position + 1
        while place < sums.count {
            sums[place] += 1
            place += place & -place
        }
    }

    func count(below position: Int) -> Int {
        var place = position
        var count = 0
        while place > 0 {
            count += Int(sums[place])
            place -= place & -place
        }
        return count
    }
}
