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

    /// True if what the other did with indefinite operations, this one did with no more of any class.
    static func isCovered(_ used: [UInt16], by other: [UInt16]) -> Bool {
        guard other.count <= used.count else { return false }
        return other.indices.allSatisfy { other[$0] <= used[$0] }
    }
}

/// Configurations of which none is as good as another at the same place: whatever can follow one that used more
/// indefinite operations can follow the one that used fewer.
struct Antichain {
    private(set) var places: [Configuration.Place: [[UInt16]]] = [:]
    private(set) var count = 0
    private(set) var bytes = 0

    /// Adds a configuration unless one that is there covers it, and removes those that it covers; false if covered.
    mutating func insert(_ configuration: Configuration) -> Bool {
        let used = configuration.used
        guard var others = places[configuration.place] else {
            places[configuration.place] = [used]
            add(1, used)
            return true
        }
        guard !others.contains(where: { Configuration.isCovered(used, by: $0) }) else { return false }
        let before = others.count
        others.removeAll { Configuration.isCovered($0, by: used) }
        count -= before - others.count
        others.append(used)
        places[configuration.place] = others
        add(1, used)
        return true
    }

    private mutating func add(_ number: Int, _ used: [UInt16]) {
        count += number
        bytes += 96 + 2 * used.count
    }
}
