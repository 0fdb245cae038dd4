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
    private var configurations = Antichain()
    private var pending: [Slot?] = []
    private var classes: [(call: Int32, count: UInt16)] = []
    private var classOf: [Int32: Int] = [:]

    /// A pending operation that is certain, or that must be told apart because it follows on one.
    private struct Slot {
        var position: Int
        var call: Int32
        var isRead: Bool
        /// The slot of the same process' operation that ended at the very time at which this one began.
        var predecessor: Int?
    }

    /// How many operations of one key may be under way at once.
    static var mostPending: Int { 128 }

    /// Starts from the model's initial state, or from any of `states` where what came before is left open.
    init(_ model: Model, states: [Model.State]? = nil, _ budget: SearchBudget) {
        var table = TransitionTable(model)
        initial = states.map { $0.map { table.number($0) } } ?? [table.initial()]
        self.table = table
        self.budget = budget
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
            _ = configurations.insert(Configuration(place: Configuration.Place(state: state, done: 0), used: []))
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
        if let known = classOf[call] {
            classes[known].count = min(classes[known].count, .max - 1) + 1
        } else {
            classOf[call] = classes.count
            classes.append((call, 1))
        }
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
        if operation.call.isRead { try settleAll() }
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
        for (place, all) in configurations.places {
            let place = settle(place)
            for used in all { _ = settled.insert(Configuration(place: place, used: used)) }
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
        for (place, all) in configurations.places {
            for used in all {
                reach(Configuration(place: place, used: used), bit, &next, &visited, &work)
            }
        }
        while let configuration = work.popLast() {
            try expand(configuration, bit, &next, &visited, &work)
        }
        pending[slot] = nil
        for other in pending.indices where pending[other]?.predecessor == slot { pending[other]?.predecessor = nil }
        configurations = next
    }

    /// Files a configuration: it is done with the returning operation, or has to go on.
    private func reach(
        _ configuration: Configuration, _ bit: UInt128, _ next: inout Antichain, _ visited: inout Antichain,
        _ work: inout [Configuration]
    ) {
        var configuration = configuration
        if configuration.place.done & bit != 0 {
            configuration.place.done &= ~bit
            _ = next.insert(configuration)
        } else if visited.insert(configuration) {
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
                isReady(operation, from.place)
            else { continue }
            tried += 1
            let state = table.step(from.place.state, operation.call)
            guard state != TransitionTable<Model>.impossible else { continue }
            let place = settle(Configuration.Place(state: state, done: from.place.done | Self.bit(slot)))
            reach(Configuration(place: place, used: from.used), bit, &next, &visited, &work)
        }
        for number in classes.indices {
            let used = number < from.used.count ? from.used[number] : 0
            guard used < classes[number].count else { continue }
            tried += 1
            let state = table.step(from.place.state, classes[number].call)
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
