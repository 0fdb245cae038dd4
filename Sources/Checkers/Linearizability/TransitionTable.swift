/// A model with numbered states and numbered calls: what the search knows of it.
protocol StateSpace: AnyObject {
    /// States are numbered below this.
    var count: Int { get }
    /// About how much memory they take.
    var bytes: Int { get }
    /// Calls are numbered below this.
    var callCount: Int { get }
    /// The numbers of the states in which the object may be at first.
    func starts() -> [Int32]
    /// True for calls that never change a state.
    func isRead(_ call: Int32) -> Bool
    /// True if the first call can take effect wherever the second can, with the same state after it.
    func canStandIn(_ call: Int32, for other: Int32) -> Bool
    /// The state after the call, `TransitionTable.impossible` if the object would have answered otherwise.
    func next(_ state: Int32, _ call: Int32) -> Int32
    /// About how many values a state holds.
    func size(of state: Int32) -> Int
    /// A space with these states alone, in this order.
    func keeping(_ states: [Int32]) -> any StateSpace
}

/// The transitions between numbered states by numbered calls, each computed once.
///
/// One flat table while there are few calls; otherwise a table by state and call, because a call then meets few states.
struct TransitionTable {
    private(set) var space: any StateSpace
    private let callCount: Int
    /// How much it took to compute transitions, in steps of a search.
    private(set) var work = 0
    /// By state, then by call.
    private var flat: [Int32] = []
    private var hashed = TransitionMemo()

    static var impossible: Int32 { -1 }
    fileprivate static var unknown: Int32 { -2 }
    private static var mostFlatCalls: Int { 512 }
    /// So many values are copied or compared in the time of one step.
    private static var valuesOfStep: Int { 4 }

    init(_ space: any StateSpace) {
        self.space = space
        callCount = space.callCount
    }

    /// About how much memory it takes, with its states.
    var bytes: Int { flat.count * 4 + hashed.bytes + space.bytes }
    var stateCount: Int { space.count }
    var stateBytes: Int { space.bytes }

    /// The state after the call, or `impossible`.
    @inline(__always)
    mutating func step(_ state: Int32, _ call: Int32) -> Int32 {
        let position = Int(state) &* callCount &+ Int(call)
        if position < flat.count {
            let known = flat[position]
            if known != Self.unknown { return known }
        }
        return compute(state, call, position)
    }

    @inline(never)
    private mutating func compute(_ state: Int32, _ call: Int32, _ position: Int) -> Int32 {
        guard callCount <= Self.mostFlatCalls else {
            let known = hashed.value(state, call)
            if known != Self.unknown { return known }
            let next = next(state, call)
            hashed.insert(state, call, next)
            return next
        }
        let next = next(state, call)
        let size = space.count * callCount
        if flat.count < size { flat += [Int32](repeating: Self.unknown, count: size - flat.count) }
        flat[position] = next
        return next
    }

    /// Has the model compute a transition.
    private mutating func next(_ state: Int32, _ call: Int32) -> Int32 {
        work += 1 + space.size(of: state) / Self.valuesOfStep
        return space.next(state, call)
    }

    /// This table, which leaves an empty one behind: two owners would make the first change copy it.
    mutating func taken() -> TransitionTable {
        let table = self
        self = TransitionTable(space)
        return table
    }

    /// Forgets all states but these, which are numbered from 0 in this order.
    mutating func keep(_ states: [Int32]) {
        space = space.keeping(states)
        flat.removeAll(keepingCapacity: true)
        hashed = TransitionMemo()
    }
}

/// Transitions by state and call, with open addressing.
private struct TransitionMemo {
    private var keys: [UInt64] = []
    private var values: [Int32] = []
    private var count = 0

    /// No state and no call has this number.
    private static var free: UInt64 { .max }

    var bytes: Int { keys.count * 12 }

    func value(_ state: Int32, _ call: Int32) -> Int32 {
        guard count > 0 else { return TransitionTable.unknown }
        let position = position(Self.key(state, call))
        return keys[position] == Self.free ? TransitionTable.unknown : values[position]
    }

    mutating func insert(_ state: Int32, _ call: Int32, _ value: Int32) {
        if 2 * count >= keys.count { grow() }
        let key = Self.key(state, call)
        let position = position(key)
        keys[position] = key
        values[position] = value
        count += 1
    }

    private static func key(_ state: Int32, _ call: Int32) -> UInt64 {
        UInt64(UInt32(bitPattern: state)) << 32 | UInt64(UInt32(bitPattern: call))
    }

    private func position(_ key: UInt64) -> Int {
        let mask = keys.count &- 1
        var position = Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) >> 24) & mask
        while keys[position] != Self.free, keys[position] != key { position = (position &+ 1) & mask }
        return position
    }

    private mutating func grow() {
        let old = (keys, values)
        keys = [UInt64](repeating: Self.free, count: max(256, 2 * old.0.count))
        values = [Int32](repeating: TransitionTable.unknown, count: keys.count)
        for (key, value) in zip(old.0, old.1) where key != Self.free {
            let position = position(key)
            keys[position] = key
            values[position] = value
        }
    }
}
