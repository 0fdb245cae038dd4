/// The operations that are under way, each in a slot.
struct PendingOperations<Slots: SlotSet> {
    /// By slot: the position among the operations.
    private(set) var position: [Int32] = []
    /// By slot: the call.
    private(set) var call: [Int32] = []
    /// By slot: the class of indefinite operations with that call, -1 if there are none.
    private(set) var family: [Int32] = []
    /// By slot: what must have taken effect before, because it is of the same process and ended as this one began.
    private(set) var needs: [Slots] = []
    /// By slot: those with the same call that return earlier. One of them takes effect first, because exchanging the two
    /// changes nothing and the earlier return needs it sooner.
    private(set) var twins: [Slots] = []
    private(set) var reads = Slots()
    private(set) var updates = Slots()
    /// Those that need another one.
    private(set) var followers = Slots()
    /// Those that may be missing when they return.
    private(set) var optional = Slots()
    /// The ones that may never have happened.
    private(set) var indefinite = Slots()
    private var free: [Int] = []

    /// Puts an operation into a slot; `nil` if there is none left.
    mutating func add(
        _ position: Int32, _ call: Int32, family: Int?, isRead: Bool, isIndefinite: Bool
    ) -> Int? {
        let slot: Int
        if let last = free.popLast() {
            slot = last
        } else {
            slot = self.position.count
            guard slot < Slots.capacity else { return nil }
            self.position.append(-1)
            self.call.append(-1)
            self.family.append(-1)
            needs.append(Slots())
            twins.append(Slots())
        }
        self.position[slot] = position
        self.call[slot] = call
        self.family[slot] = Int32(family ?? -1)
        if isRead { reads.insert(slot) } else { updates.insert(slot) }
        if isIndefinite { indefinite.insert(slot) }
        return slot
    }

    /// The slot of an operation that is under way.
    func slot(_ position: Int32) -> Int? {
        // There are few slots, and the column is short.
        self.position.firstIndex(of: position)
    }

    mutating func remove(_ slot: Int) {
        position[slot] = -1
        needs[slot] = Slots()
        twins[slot] = Slots()
        reads.remove(slot)
        updates.remove(slot)
        followers.remove(slot)
        optional.remove(slot)
        indefinite.remove(slot)
        for other in position.indices {
            needs[other].remove(slot)
            twins[other].remove(slot)
            if needs[other].isEmpty { followers.remove(other) }
        }
        free.append(slot)
    }

    /// Says that an operation may be missing when it returns.
    mutating func makeOptional(_ slot: Int) { optional.insert(slot) }

    /// Says that one operation follows on another.
    mutating func order(_ slot: Int, after before: Int) {
        needs[slot].insert(before)
        followers.insert(slot)
        // Who is waited for must not be put off in favour of its twins.
        twins[before] = Slots()
    }

    /// Says that of two equal operations this one goes first, unless it may be missing.
    mutating func prefer(_ slot: Int, to other: Int) {
        guard !optional.contains(slot) else { return }
        let isWaitedFor = position.indices.contains { needs[$0].contains(other) }
        if !isWaitedFor { twins[other].insert(slot) }
    }

    /// True if all that it follows on has taken effect.
    @inline(__always)
    func isReady(_ slot: Int, _ done: Slots) -> Bool {
        followers.isEmpty || needs[slot].subtracting(done).isEmpty
    }

    /// True if one of these has not taken effect yet and could.
    @inline(__always)
    func hasReady(_ slots: Slots, _ done: Slots) -> Bool {
        var left = slots.subtracting(done)
        while !left.isEmpty {
            if isReady(left.removeLowest(), done) { return true }
        }
        return false
    }
}
