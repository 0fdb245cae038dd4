import HistoryModel
import SequentialModels

/// An operation as the search sees it.
struct SearchOperation {
    /// The ordinal of the operation in the history.
    var operation: Int
    var process: ProcessID
    var call: Call
    var interval: Interval
    /// False if it may never have happened: it need not take effect, and may do so at any time from its call on.
    var isCertain: Bool
}

/// How a search ended.
enum SearchOutcome {
    case linearizable
    /// No configuration is left after the return of this operation.
    case stuck(SearchOperation)
}

/// What a search may still take.
struct SearchBudget {
    private(set) var steps: Int
    let bytes: Int

    init(steps: Int, bytes: Int) {
        self.steps = steps
        self.bytes = bytes
    }

    mutating func spend(_ number: Int, remembered: Int) throws(LimitReached) {
        steps -= number
        guard steps > 0 else { throw LimitReached(reason: "the step limit was reached") }
        guard remembered <= bytes else {
            throw LimitReached(reason: "the memory limit of \(bytes >> 20) MiB was reached")
        }
    }
}

/// Just-in-time search for an order that explains the operations of one object (Lowe 2017), for any sequential model.
///
/// It walks through calls and returns and keeps all configurations that are still possible; a pending operation takes
/// effect only when a return needs it. Indefinite operations are counted by class instead of told apart, those that
/// change nothing are skipped, and configurations that used more of them than another at the same place are dropped.
/// All of this is exact. Memory does not depend on the length of the history.
struct Frontier<Model: SequentialModel> {
    private var table: TransitionTable<Model>
    private let initial: [Int32]
    private var budget: SearchBudget
    /// How many configurations are kept; with fewer than there are, only `linearizable` is an answer.
    private let width: Int
    private var isPruned = false
    private var configurations = Antichain()
    private var pending: [Slot?] = []
    private var classes = IndefiniteClasses()

    /// A pending operation that is certain, or that must be told apart because it follows on one.
    private struct Slot {
        var position: Int
        var call: Int32
        var isRead: Bool
        /// The slot of the same process' operation that ended at the very time at which this one began.
        var predecessor: Int?
        /// The slots of pending operations with the same call that return earlier: one of them takes effect first,
        /// because exchanging the two changes nothing and the earlier return needs it sooner.
        var twins: UInt128 = 0
    }

    /// How many operations of one key may be under way at once.
    static var mostPending: Int { 128 }

    /// Starts from the model's initial state, or from any of `states` where what came before is left open.
    init(_ model: Model, states: [Model.State]? = nil, width: Int = .max, _ budget: SearchBudget) {
        var table = TransitionTable(model)
        initial = states.map { $0.map { table.number($0) } } ?? [table.initial()]
        self.table = table
        self.budget = budget
        self.width = width
    }

    /// Searches narrowly first, and through everything if that finds no order but may have missed one.
    ///
    /// The first attempt keeps `width` configurations, those that used the fewest indefinite operations. Most histories
    /// that are linearizable are so by one of these, and then nothing else needs to be looked at.
    static func decide(
        _ model: Model, _ operations: [SearchOperation], width: Int, _ budget: inout SearchBudget
    ) throws(LimitReached) -> SearchOutcome {
        var narrow = Frontier(model, width: width, budget)
        let outcome = try narrow.run(operations)
        budget = narrow.budget
        if case .stuck = outcome, narrow.isPruned { return try search(model, operations, &budget) }
        return outcome
    }

    /// Searches; `budget` takes what was spent.
    static func search(
        _ model: Model, states: [Model.State]? = nil, _ operations: [SearchOperation], _ budget: inout SearchBudget
    ) throws(LimitReached) -> SearchOutcome {
        var search = Frontier(model, states: states, budget)
        do {
            let outcome = try search.run(operations)
            budget = search.budget
            return outcome
        } catch {
            budget = search.budget
            throw error
        }
    }

    private mutating func run(_ operations: [SearchOperation]) throws(LimitReached) -> SearchOutcome {
        for state in initial {
            _ = configurations.insert(
                Configuration(place: Configuration.Place(state: state, done: 0), used: []), classes)
        }
        for moment in Self.moments(operations) {
            let operation = operations[moment.position]
            guard operation.isCertain || follows(operation, operations) else {
                addIndefinite(operation)
                continue
            }
            if moment.isReturn {
                try finish(moment.position)
                if configurations.count == 0 { return .stuck(operation) }
            } else {
                try begin(operation, moment.position, operations)
            }
        }
        return .linearizable
    }

    /// Calls and returns in order; at equal times calls come first, because ends of intervals belong to them.
    private static func moments(_ operations: [SearchOperation]) -> [(position: Int, isReturn: Bool)] {
        var moments: [(time: Int64, isReturn: Bool, position: Int)] = []
        for (position, operation) in operations.enumerated() where !(operation.call.isRead && !operation.isCertain)
        {
            moments.append((operation.interval.call, false, position))
            if operation.isCertain { moments.append((operation.interval.ret, true, position)) }
        }
        moments.sort { left, right in
            if left.time != right.time { return left.time < right.time }
            if left.isReturn != right.isReturn { return right.isReturn }
            return left.position < right.position
        }
        return moments.map { ($0.position, $0.isReturn) }
    }

    /// True if an operation of the same process is pending: they touch at one time, and this one is the later.
    private func follows(_ operation: SearchOperation, _ operations: [SearchOperation]) -> Bool {
        pending.contains { slot in
            guard let before = slot.map({ operations[$0.position] }) else { return false }
            return before.isCertain && before.process == operation.process
        }
    }

    private mutating func addIndefinite(_ operation: SearchOperation) {
        let call = table.number(operation.call)
        classes.add(call) { [table] in table.canStandIn($0, for: $1) }
    }

    private mutating func begin(
        _ operation: SearchOperation, _ position: Int, _ operations: [SearchOperation]
    ) throws(LimitReached) {
        let slot = pending.firstIndex { $0 == nil } ?? pending.count
        guard slot < Self.mostPending else {
            throw LimitReached(reason: "more than \(Self.mostPending) operations were under way at once")
        }
        if slot == pending.count { pending.append(nil) }
        let predecessor = pending.indices.last { other in
            guard let before = pending[other], operations[before.position].isCertain else { return false }
            return operations[before.position].process == operation.process
        }
        pending[slot] = Slot(
            position: position, call: table.number(operation.call), isRead: operation.call.isRead,
            predecessor: predecessor)
        if operation.call.isRead { try settleAll() } else { findTwins(slot, operations) }
    }

    private mutating func findTwins(_ slot: Int, _ operations: [SearchOperation]) {
        guard let new = pending[slot] else { return }
        func end(_ slot: Slot) -> Int64 {
            operations[slot.position].isCertain ? operations[slot.position].interval.ret : .max
        }
        for other in pending.indices where other != slot {
            guard let old = pending[other], old.call == new.call else { continue }
            if end(old) <= end(new) {
                pending[slot]?.twins |= Self.bit(other)
            } else {
                pending[other]?.twins |= Self.bit(slot)
            }
        }
    }

    /// True if one of these slots has not taken effect yet and could.
    private func hasReady(_ slots: UInt128, _ place: Configuration.Place) -> Bool {
        var left = slots & ~place.done
        while left != 0 {
            let slot = left.trailingZeroBitCount
            if let operation = pending[slot], isReady(operation, place) { return true }
            left &= left - 1
        }
        return false
    }

    /// The slots of pending operations with this call.
    private func slots(_ call: Int32) -> UInt128 {
        pending.indices.reduce(0) { pending[$1]?.call == call ? $0 | Self.bit($1) : $0 }
    }

    /// Lets every pending read take effect that sees what it must: that changes nothing and can only help.
    private mutating func settle(_ place: Configuration.Place) -> Configuration.Place {
        var place = place
        for slot in pending.indices {
            guard let read = pending[slot], read.isRead, place.done & Self.bit(slot) == 0, isReady(read, place),
                table.step(place.state, read.call) != TransitionTable<Model>.impossible
            else { continue }
            place.done |= Self.bit(slot)
        }
        return place
    }

    private mutating func settleAll() throws(LimitReached) {
        var settled = Antichain()
        for var configuration in configurations.configurations {
            configuration.place = settle(configuration.place)
            _ = settled.insert(configuration, classes)
        }
        try budget.spend(configurations.count, remembered: settled.bytes)
        configurations = settled
    }

    private static func bit(_ slot: Int) -> UInt128 { 1 << UInt128(slot) }

    private func isReady(_ operation: Slot, _ place: Configuration.Place) -> Bool {
        operation.predecessor.map { place.done & Self.bit($0) != 0 } ?? true
    }

    /// Keeps what is possible once the operation has returned: it has taken effect by now.
    private mutating func finish(_ position: Int) throws(LimitReached) {
        guard let slot = pending.firstIndex(where: { $0?.position == position }) else {
            preconditionFailure("an operation returns that was never called")
        }
        let bit = Self.bit(slot)
        var next = Antichain()
        var visited = Antichain()
        var work: [Configuration] = []
        for configuration in configurations.configurations { reach(configuration, bit, &next, &visited, &work) }
        var position = 0
        while position < work.count {
            if next.count >= width {
                isPruned = true
                break
            }
            try expand(work[position], bit, &next, &visited, &work)
            position += 1
        }
        pending[slot] = nil
        for other in pending.indices {
            pending[other]?.twins &= ~bit
            if pending[other]?.predecessor == slot { pending[other]?.predecessor = nil }
        }
        isPruned = isPruned || next.count > width
        configurations = next.count > width ? next.frugal(width, classes) : next
    }

    /// Files a configuration: it is done with the returning operation, or has to go on.
    private func reach(
        _ configuration: Configuration, _ bit: UInt128, _ next: inout Antichain, _ visited: inout Antichain,
        _ work: inout [Configuration]
    ) {
        var configuration = configuration
        if configuration.place.done & bit != 0 {
            configuration.place.done &= ~bit
            _ = next.insert(configuration, classes)
        } else if visited.insert(configuration, classes) {
            work.append(configuration)
        }
    }

    /// Lets one more operation take effect, each that can.
    private mutating func expand(
        _ from: Configuration, _ bit: UInt128, _ next: inout Antichain, _ visited: inout Antichain,
        _ work: inout [Configuration]
    ) throws(LimitReached) {
        var tried = 0
        for slot in pending.indices {
            guard let operation = pending[slot], !operation.isRead, from.place.done & Self.bit(slot) == 0,
                isReady(operation, from.place), !hasReady(operation.twins, from.place)
            else { continue }
            tried += 1
            let state = table.step(from.place.state, operation.call)
            guard state != TransitionTable<Model>.impossible else { continue }
            let place = settle(Configuration.Place(state: state, done: from.place.done | Self.bit(slot)))
            reach(Configuration(place: place, used: from.used), bit, &next, &visited, &work)
        }
        for number in classes.calls.indices {
            let used = number < from.used.count ? from.used[number] : 0
            // A pending operation with the same call must take effect anyhow: it goes first.
            guard used < classes.counts[number], !hasReady(slots(classes.calls[number]), from.place) else {
                continue
            }
            tried += 1
            let state = table.step(from.place.state, classes.calls[number])
            guard state != TransitionTable<Model>.impossible, state != from.place.state else { continue }
            var all = from.used
            if all.count <= number { all += [UInt16](repeating: 0, count: number + 1 - all.count) }
            all[number] = used + 1
            let place = settle(Configuration.Place(state: state, done: from.place.done))
            reach(Configuration(place: place, used: all), bit, &next, &visited, &work)
        }
        try budget.spend(tried + 1, remembered: next.bytes + visited.bytes + 64 * table.count)
    }
}
