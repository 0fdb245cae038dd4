/// Just-in-time search for an order that explains the operations of one object (Lowe 2017), for any sequential model.
///
/// It walks through invocations and returns and keeps all configurations that are still possible; a pending operation
/// takes effect only when a return needs it. Indefinite operations are counted by class instead of told apart, those
/// that change nothing are skipped, and configurations that used more of them than another at the same place are
/// dropped. All of this is exact. Memory does not depend on the length of the history.
struct Frontier<Slots: SlotSet> {
    private let operations: SearchOperations
    private let moments: [UInt32]
    private let predecessors: [Int32]
    private(set) var transitions: TransitionTable
    private(set) var budget: SearchBudget
    /// How many configurations are kept; with fewer than there are, only `linearizable` is an answer.
    private var width: Int
    private var isPruning = false
    private var classes: IndefiniteClasses
    private var pending = PendingOperations<Slots>()
    private var configurations: ConfigurationSet<Slots>
    /// What follows from these, in the making.
    private var next: ConfigurationSet<Slots>
    /// What cannot stay, because the returning operation has not taken effect in it.
    private var unfinished: ConfigurationSet<Slots>
    /// What the configuration at hand used.
    private var used: [UInt64]
    /// By class: the pending operations with its call. Such a one must take effect anyhow, so that it goes first.
    private var certainTwins: [Slots]
    /// `nil` if nobody wants to know the order.
    private var trail: Trail?
    /// By class: its operations in the order in which they could be used; empty without trail.
    private var members: [[Int32]] = []
    /// How many moments are behind.
    private(set) var moment = 0
    /// How much of the work at transitions the budget has paid for.
    private var paidWork: Int
    private var mostStates = Self.fewStates
    private var mostBytes: Int
    /// The operation whose return was passed last: all operations up to it have an order.
    private(set) var passed: Int?

    /// How a walk came to its end.
    enum End {
        case linearizable
        /// No configuration is left after the return of this operation.
        case stuck(Int)
        /// More configurations than are to be kept: after `prune` only the `width` best go on, after `widen` more.
        case crowded
    }

    /// As long as there are fewer states, all of them are remembered.
    private static var fewStates: Int { 1024 }
    /// And as long as they take no more than this part of the memory.
    private static var partOfStates: Int { 8 }

    init(
        _ walk: SearchWalk, _ transitions: consuming TransitionTable, width: Int, wantsOrder: Bool,
        _ budget: SearchBudget
    ) {
        operations = walk.operations
        moments = walk.moments
        predecessors = walk.predecessors
        self.width = width
        self.budget = budget
        mostBytes = budget.bytes / Self.partOfStates
        let operations = walk.operations
        let space = transitions.space
        let indefinite = (0..<operations.count).filter {
            operations.isIndefinite($0) && !space.isRead(operations.number[$0])
        }
        classes = IndefiniteClasses(indefinite.map { operations.number[$0] }, canStandIn: space.canStandIn)
        paidWork = transitions.work
        self.transitions = transitions
        trail = wantsOrder ? Trail() : nil
        members = [[Int32]](repeating: [], count: wantsOrder ? classes.calls.count : 0)
        configurations = ConfigurationSet(stride: classes.wordCount, keepsTrails: wantsOrder)
        next = configurations
        unfinished = configurations
        used = [UInt64](repeating: 0, count: classes.wordCount)
        certainTwins = [Slots](repeating: Slots(), count: classes.calls.count)
        for state in space.starts() { _ = configurations.insert(state, Slots(), used, Trail.start, classes) }
    }

    /// Walks on until there is an answer, or a decision to take.
    mutating func walk() throws(LimitReached) -> End {
        while moment < moments.count {
            let position = Int(moments[moment] >> 1)
            if moments[moment] & 1 == 0 {
                try begin(position)
            } else {
                guard try finish(position) else { return .crowded }
                if configurations.count == 0 { return .stuck(position) }
                passed = position
            }
            moment += 1
            if !pending.indefinite.isEmpty { forgetOrder(after: position) }
        }
        return .linearizable
    }
}

// MARK: - Invocations

extension Frontier {
    private mutating func begin(_ position: Int) throws(LimitReached) {
        let call = operations.number[position]
        let isIndefinite = operations.isIndefinite(position)
        let isRead = transitions.space.isRead(call)
        if isIndefinite, isRead { return }
        let family = classes.number(call)
        let predecessor = predecessors.isEmpty ? -1 : predecessors[position]
        let before = predecessor < 0 ? nil : pending.slot(predecessor)
        if isIndefinite, before == nil, let family { return join(position, family) }
        guard
            let slot = pending.add(
                Int32(position), call, family: family, isRead: isRead, isIndefinite: isIndefinite)
        else { throw LimitReached(reason: "more than \(Slots.capacity) operations were under way at once") }
        if operations.isOptional(position) { pending.makeOptional(slot) }
        if let before { pending.order(slot, after: before) }
        if isRead { try settleAll() } else { findTwins(slot) }
    }

    /// One more operation of a class can be used.
    private mutating func join(_ position: Int, _ family: Int) {
        classes.invoke(family)
        if trail != nil { members[family].append(Int32(position)) }
    }

    private mutating func findTwins(_ slot: Int) {
        var others = pending.updates
        others.remove(slot)
        let end = operations.ret[Int(pending.position[slot])]
        while !others.isEmpty {
            let other = others.removeLowest()
            guard pending.call[other] == pending.call[slot] else { continue }
            if operations.ret[Int(pending.position[other])] <= end {
                pending.prefer(other, to: slot)
            } else {
                pending.prefer(slot, to: other)
            }
        }
    }

    /// Lets a new read take effect wherever it sees what it must.
    private mutating func settleAll() throws(LimitReached) {
        for entry in 0..<configurations.entryCount {
            let state = configurations.states[entry]
            guard state != ConfigurationSet<Slots>.covered else { continue }
            let done = configurations.done[entry]
            let more = settled(state, done)
            configurations.setDone(entry, more)
            configurations.setTrail(entry, reads(more.subtracting(done), after: configurations.trail(entry)))
        }
        try budget.spend(configurations.entryCount &+ transitions.work &- paidWork)
        paidWork = transitions.work
    }

    /// Lets every pending read take effect that sees what it must: that changes nothing and can only help.
    @inline(__always)
    private mutating func settled(_ state: Int32, _ done: Slots) -> Slots {
        var left = pending.reads.subtracting(done)
        if left.isEmpty { return done }
        var done = done
        while !left.isEmpty {
            let slot = left.removeLowest()
            guard pending.isReady(slot, done),
                transitions.step(state, pending.call[slot]) != TransitionTable.impossible
            else { continue }
            done.insert(slot)
            // Another read may have waited for this one.
            if !pending.followers.isEmpty { left = pending.reads.subtracting(done) }
        }
        return done
    }

    /// Counts indefinite operations by class that were told apart because they followed on another operation: that one
    /// has returned once the instant is over.
    private mutating func forgetOrder(after position: Int) {
        let instant = moments[moment - 1] & 1 == 0 ? operations.call[position] : operations.ret[position]
        if moment < moments.count {
            let upcoming = Int(moments[moment] >> 1)
            let isReturn = moments[moment] & 1 == 1
            guard (isReturn ? operations.ret[upcoming] : operations.call[upcoming]) > instant else { return }
        }
        while !pending.indefinite.isEmpty {
            let slot = pending.indefinite.lowest
            let family = Int(pending.family[slot])
            join(Int(pending.position[slot]), family)
            next.removeAll()
            for entry in 0..<configurations.entryCount {
                let state = configurations.states[entry]
                guard state != ConfigurationSet<Slots>.covered else { continue }
                configurations.load(entry, &used)
                var done = configurations.done[entry]
                if done.contains(slot) { used[classes.fields[family].word] += classes.fields[family].one }
                done.remove(slot)
                _ = next.insert(state, done, used, configurations.trail(entry), classes)
            }
            swap(&configurations, &next)
            pending.remove(slot)
        }
    }
}

// MARK: - Returns

extension Frontier {
    /// Keeps what is possible once the operation has returned: it has taken effect by now, unless it may be missing. False if there are too many
    /// configurations and nothing was decided yet; then nothing has changed.
    private mutating func finish(_ position: Int) throws(LimitReached) -> Bool {
        guard let slot = pending.slot(Int32(position)) else {
            preconditionFailure("an operation returns that was never invoked")
        }
        if !finishesEverywhere(slot) {
            let isComplete = try explore(slot)
            if !isComplete {
                guard isPruning else { return false }
                next.keepFrugal(width, classes, &unfinished)
            }
            swap(&configurations, &next)
        }
        pending.remove(slot)
        if transitions.stateCount > mostStates || transitions.stateBytes > mostBytes { forgetStates() }
        if trail?.isLong ?? false, let numbers = trail?.keep(configurations.trails) {
            configurations.renumberTrails(numbers)
        }
        return true
    }

    /// The frequent case: the operation has taken effect in all configurations already.
    private mutating func finishesEverywhere(_ slot: Int) -> Bool {
        for entry in 0..<configurations.entryCount
        where configurations.states[entry] != ConfigurationSet<Slots>.covered
            && !configurations.done[entry].contains(slot)
        {
            return false
        }
        for entry in 0..<configurations.entryCount {
            var done = configurations.done[entry]
            done.remove(slot)
            configurations.setDone(entry, done)
        }
        return true
    }

    /// Lets operations take effect until the one in the slot has, in all ways; false if not all ways were tried.
    private mutating func explore(_ slot: Int) throws(LimitReached) -> Bool {
        next.removeAll()
        unfinished.removeAll()
        findCertainTwins()
        let mayBeMissing = pending.optional.contains(slot)
        for entry in 0..<configurations.entryCount {
            let state = configurations.states[entry]
            guard state != ConfigurationSet<Slots>.covered else { continue }
            configurations.load(entry, &used)
            let done = configurations.done[entry]
            file(state, done, slot, configurations.trail(entry))
            if mayBeMissing, !done.contains(slot) {
                _ = next.insert(state, done, used, configurations.trail(entry), classes)
            }
        }
        var entry = 0
        while entry < unfinished.entryCount {
            if next.count >= width { return false }
            if unfinished.states[entry] != ConfigurationSet<Slots>.covered { try expand(entry, slot) }
            entry += 1
        }
        return next.count <= width
    }

    private mutating func findCertainTwins() {
        guard !classes.calls.isEmpty else { return }
        for family in certainTwins.indices { certainTwins[family] = Slots() }
        var left = pending.updates
        while !left.isEmpty {
            let slot = left.removeLowest()
            if pending.family[slot] >= 0, !pending.optional.contains(slot) {
                certainTwins[Int(pending.family[slot])].insert(slot)
            }
        }
    }

    /// Files a configuration with what it `used`: it is done with the returning operation, or has to go on.
    @inline(__always)
    private mutating func file(_ state: Int32, _ done: Slots, _ slot: Int, _ trail: Int32) {
        if done.contains(slot) {
            var done = done
            done.remove(slot)
            _ = next.insert(state, done, used, trail, classes)
        } else {
            _ = unfinished.insert(state, done, used, trail, classes)
        }
    }

    /// Files what an operation led to, with all pending reads that can take effect now.
    @inline(__always)
    private mutating func enter(_ state: Int32, _ done: Slots, _ slot: Int, _ what: Int32, after last: Int32) {
        let more = settled(state, done)
        let step = trail?.step(what, after: last) ?? Trail.start
        file(state, more, slot, reads(more.subtracting(done), after: step))
    }

    /// The steps of some pending reads behind another step.
    @inline(__always)
    private mutating func reads(_ slots: Slots, after last: Int32) -> Int32 {
        guard trail != nil, !slots.isEmpty else { return last }
        var left = slots
        var positions: [Int32] = []
        while !left.isEmpty { positions.append(pending.position[left.removeLowest()]) }
        // Those of one process are in the order of their invocations.
        return positions.sorted().reduce(last) { trail?.step($1, after: $0) ?? $0 }
    }

    /// Lets one more operation take effect, each that can.
    private mutating func expand(_ entry: Int, _ slot: Int) throws(LimitReached) {
        let state = unfinished.states[entry]
        let done = unfinished.done[entry]
        unfinished.load(entry, &used)
        var tried = 1
        var left = pending.updates.subtracting(done)
        while !left.isEmpty {
            let update = left.removeLowest()
            guard pending.isReady(update, done), !pending.hasReady(pending.twins[update], done) else { continue }
            tried += 1
            let after = transitions.step(state, pending.call[update])
            guard after != TransitionTable.impossible else { continue }
            enter(after, done.union(Slots(update)), slot, pending.position[update], after: unfinished.trail(entry))
        }
        for family in 0..<classes.calls.count {
            let field = classes.fields[family]
            guard field.value(used) < classes.counts[family], !pending.hasReady(certainTwins[family], done) else {
                continue
            }
            tried += 1
            let after = transitions.step(state, classes.calls[family])
            guard after != TransitionTable.impossible, after != state else { continue }
            used[field.word] &+= field.one
            enter(after, done, slot, ~Int32(family), after: unfinished.trail(entry))
            used[field.word] &-= field.one
        }
        try budget.spend(tried &+ transitions.work &- paidWork)
        paidWork = transitions.work
        if entry & 63 == 0 {
            try budget.hold(next.bytes + unfinished.bytes + transitions.bytes + (trail?.bytes ?? 0))
        }
    }

    /// Forgets the states that no configuration is in any more: there may be one for each operation.
    private mutating func forgetStates() {
        var numbers: [Int32: Int32] = [:]
        var kept: [Int32] = []
        configurations.renumberStates { state in
            if let number = numbers[state] { return number }
            let number = Int32(kept.count)
            numbers[state] = number
            kept.append(state)
            return number
        }
        transitions.keep(kept)
        mostStates = max(Self.fewStates, 4 * kept.count)
        mostBytes = max(budget.bytes / Self.partOfStates, 4 * transitions.stateBytes)
    }
}

// MARK: - Answers

extension Frontier {
    /// The positions of the operations in an order that explains all, without those that did not take effect; only at the
    /// end of a walk that wanted the order.
    func order() -> [Int32] {
        let end = configurations.states.indices.first {
            configurations.states[$0] != ConfigurationSet<Slots>.covered
        }
        guard let end, let trail else { preconditionFailure("no order was asked for, or there is none") }
        return trail.positions(upTo: configurations.trails[end], members)
    }

    /// From here on no more than `width` configurations go on, those that used the fewest indefinite operations.
    mutating func prune() { isPruning = true }

    /// From here on this many times as many configurations go on.
    mutating func widen(by factor: Int, _ budget: SearchBudget) {
        let (product, isTooMuch) = width.multipliedReportingOverflow(by: factor)
        width = isTooMuch ? .max : product
        self.budget = budget
    }
}
