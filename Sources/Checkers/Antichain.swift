/// One way in which the operations so far may have taken effect.
struct Configuration {
    /// Where it stands, apart from the indefinite operations.
    struct Place: Hashable {
        var state: Int32
        /// The pending operations that have taken effect, by slot.
        var done: UInt128
    }

    var place: Place
    /// How many indefinite operations of each class took effect, without zeros at the end.
    var used: [UInt16]

    /// How many indefinite operations took effect in all.
    var cost: Int { used.reduce(0) { $0 + Int($1) } }
}

/// Configurations of which none is as good as another at the same place: whatever can follow one that used more
/// indefinite operations can follow the one that used fewer.
///
/// They stay in the order of insertion, so that a search goes the same way every time.
struct Antichain {
    private var entries: [(place: Configuration.Place, used: [[UInt16]])] = []
    private var positions: [Configuration.Place: Int] = [:]
    private(set) var count = 0
    private(set) var bytes = 0

    /// All of them.
    var configurations: [Configuration] {
        entries.flatMap { entry in entry.used.map { Configuration(place: entry.place, used: $0) } }
    }

    /// Adds a configuration unless one that is there covers it, and removes those that it covers; false if covered.
    mutating func insert(_ configuration: Configuration, _ classes: IndefiniteClasses) -> Bool {
        let used = configuration.used
        bytes += 96 + 2 * used.count
        count += 1
        guard let position = positions[configuration.place] else {
            positions[configuration.place] = entries.count
            entries.append((configuration.place, [used]))
            return true
        }
        if entries[position].used.contains(where: { classes.isCovered(used, by: $0) }) {
            count -= 1
            return false
        }
        let before = entries[position].used.count
        entries[position].used.removeAll { classes.isCovered($0, by: used) }
        count -= before - entries[position].used.count
        entries[position].used.append(used)
        return true
    }

    /// The given number of those that used the fewest indefinite operations.
    func frugal(_ number: Int, _ classes: IndefiniteClasses) -> Antichain {
        let all = configurations.enumerated().sorted { left, right in
            (left.element.cost, left.offset) < (right.element.cost, right.offset)
        }
        var kept = Antichain()
        for (_, configuration) in all.prefix(number) { _ = kept.insert(configuration, classes) }
        return kept
    }
}
