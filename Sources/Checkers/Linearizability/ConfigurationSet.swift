/// Ways in which the operations so far may have taken effect, of which none is as good as another at the same place:
/// whatever can follow one that used more indefinite operations can follow the one that used fewer.
///
/// A place is a state of the object with the set of pending operations that have taken effect. Configurations stay in
/// the order of insertion, so that a search goes the same way every time. Columns instead of structs, and nothing is
/// allocated once they have grown.
struct ConfigurationSet<Slots: SlotSet> {
    /// By entry: the state, or `covered` if a later entry is as good.
    private(set) var states: [Int32] = []
    /// By entry: the pending operations that have taken effect.
    private(set) var done: [Slots] = []
    /// By entry: how many indefinite operations of each class took effect, in `stride` words.
    private(set) var used: [UInt64] = []
    /// By entry: the last step of its trail; empty if no trails are kept.
    private(set) var trails: [Int32] = []
    /// Entries that are not covered.
    private(set) var count = 0
    /// By entry: the next one at the same place, -1 if there is none.
    private var following: [Int32] = []
    /// Open addressing by place: the generation in the upper half, the first entry of the place in the lower.
    private var table: [UInt64] = [UInt64](repeating: 0, count: 64)
    /// Slots of the table with another number are free, so that emptying it takes no time.
    private var generation: UInt64 = 1
    private let stride: Int
    private let keepsTrails: Bool

    static var covered: Int32 { -1 }

    init(stride: Int, keepsTrails: Bool) {
        self.stride = stride
        self.keepsTrails = keepsTrails
    }

    /// Entries, with those that are covered.
    var entryCount: Int { states.count }
    var bytes: Int {
        states.capacity * (12 + MemoryLayout<Slots>.stride) + used.capacity * 8 + table.count * 8
    }

    mutating func removeAll() {
        states.removeAll(keepingCapacity: true)
        done.removeAll(keepingCapacity: true)
        used.removeAll(keepingCapacity: true)
        following.removeAll(keepingCapacity: true)
        trails.removeAll(keepingCapacity: true)
        count = 0
        generation &+= 1
        if generation > UInt64(UInt32.max) {
            table = [UInt64](repeating: 0, count: table.count)
            generation = 1
        }
    }

    /// The last step of an entry's trail.
    @inline(__always)
    func trail(_ entry: Int) -> Int32 { keepsTrails ? trails[entry] : Trail.start }

    /// Copies what an entry used.
    @inline(__always)
    func load(_ entry: Int, _ words: inout [UInt64]) {
        for word in 0..<stride { words[word] = used[entry &* stride &+ word] }
    }

    /// Adds a configuration unless one that is there covers it, and drops those that it covers; false if covered.
    @inline(__always)
    mutating func insert(
        _ state: Int32, _ done: Slots, _ words: [UInt64], _ trail: Int32, _ classes: IndefiniteClasses
    ) -> Bool {
        if 2 &* states.count >= table.count { grow() }
        let position = position(state, done)
        let isNew = table[position] >> 32 != generation
        var rest: Int32 = -1
        if !isNew {
            let first = Int32(truncatingIfNeeded: table[position])
            if stride == 0 || isCovered(words, first, classes) { return false }
            rest = dropCovered(words, first, classes)
        }
        table[position] = generation << 32 | UInt64(states.count)
        following.append(rest)
        states.append(state)
        self.done.append(done)
        for word in 0..<stride { used.append(words[word]) }
        if keepsTrails { trails.append(trail) }
        count &+= 1
        return true
    }

    /// Where the place is in the table, or could be put.
    @inline(__always)
    private func position(_ state: Int32, _ done: Slots) -> Int {
        let mask = table.count &- 1
        let hash = (done.hash ^ UInt64(UInt32(bitPattern: state))) &* 0xD6E8_FEB8_6659_FD93
        var position = Int(truncatingIfNeeded: hash >> 32) & mask
        while table[position] >> 32 == generation {
            let entry = Int(UInt32(truncatingIfNeeded: table[position]))
            if states[entry] == state, self.done[entry] == done { break }
            position = (position &+ 1) & mask
        }
        return position
    }

    private func isCovered(_ words: [UInt64], _ first: Int32, _ classes: IndefiniteClasses) -> Bool {
        var entry = first
        while entry >= 0 {
            if classes.covers(used, Int(entry) &* stride, words, 0) { return true }
            entry = following[Int(entry)]
        }
        return false
    }

    /// Marks what is covered; answers the first of those at this place that are left.
    private mutating func dropCovered(_ words: [UInt64], _ first: Int32, _ classes: IndefiniteClasses) -> Int32 {
        var start: Int32 = -1
        var last: Int32 = -1
        var entry = first
        while entry >= 0 {
            let next = following[Int(entry)]
            if classes.covers(words, 0, used, Int(entry) &* stride) {
                states[Int(entry)] = Self.covered
                count &-= 1
            } else {
                if last < 0 { start = entry } else { following[Int(last)] = entry }
                last = entry
            }
            entry = next
        }
        if last >= 0 { following[Int(last)] = -1 }
        return start
    }

    private mutating func grow() {
        table = [UInt64](repeating: 0, count: 2 * table.count)
        generation = 1
        for entry in states.indices where states[entry] != Self.covered {
            let position = position(states[entry], done[entry])
            let isNew = table[position] >> 32 != generation
            following[entry] = isNew ? -1 : Int32(truncatingIfNeeded: table[position])
            table[position] = generation << 32 | UInt64(entry)
        }
    }

    /// Keeps no more than the given number of entries, those that used the fewest indefinite operations; `other` is
    /// overwritten.
    mutating func keepFrugal(_ number: Int, _ classes: IndefiniteClasses, _ other: inout ConfigurationSet) {
        let live = states.indices.filter { states[$0] != Self.covered }
        let cost = live.map { classes.cost(used, $0 &* stride) }
        let order = live.indices.sorted { (cost[$0], $0) < (cost[$1], $1) }
        var words = [UInt64](repeating: 0, count: stride)
        other.removeAll()
        for entry in order.prefix(number) {
            load(live[entry], &words)
            _ = other.insert(states[live[entry]], done[live[entry]], words, trail(live[entry]), classes)
        }
        swap(&self, &other)
    }

    /// Changes the pending operations of an entry; only once nothing more is inserted.
    @inline(__always)
    mutating func setDone(_ entry: Int, _ slots: Slots) { done[entry] = slots }

    mutating func setTrail(_ entry: Int, _ trail: Int32) {
        if keepsTrails { trails[entry] = trail }
    }

    /// Gives steps of trails other numbers.
    mutating func renumberTrails(_ numbers: [Int32]) {
        for entry in trails.indices where trails[entry] >= 0 { trails[entry] = numbers[Int(trails[entry])] }
    }

    /// Gives states other numbers; only once nothing more is inserted.
    mutating func renumberStates(_ numbers: (Int32) -> Int32) {
        for entry in states.indices where states[entry] != Self.covered { states[entry] = numbers(states[entry]) }
    }
}
