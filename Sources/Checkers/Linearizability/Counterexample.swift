import HistoryModel
import SequentialModels

/// Few operations that no order explains whatever the others did, cut out of many.
///
/// Nothing is left out that could have helped: first what lies before a stretch of time that fits no order from any state;
/// then reads, and values with all that is about them; at last, updates no longer need to have taken effect. Of what things
/// are taken out of, all that is about a value stays together: a removal without what was put in proves nothing to a reader,
/// and leaving out other removals would make a violation where there is none.
struct Counterexample<Model: SequentialModel> {
    private struct Entry {
        var operation: Int32
        var process: Int32
        var call: Int32
        var ret: Int32
        var what: Call
        var isOptional = false

        var isIndefinite: Bool { ret == SearchOperations.indefinite }
    }

    /// They start from the initial state unless no order explains them whatever the object held before.
    private var isFromAnywhere = false
    private let model: Model
    private var entries: [Entry] = []
    private var first: [Model.State]
    private var states: ModelStates<Model>
    private var budget: SearchBudget
    /// The ordinal of the operation after whose return nothing was possible.
    private let last: Int32

    /// Cuts down `operations`, of which no order was left after the return of the one at `position`, as far as `budget`
    /// lasts.
    init(
        _ operations: SearchOperations, _ states: ModelStates<Model>, stuckAt position: Int, _ budget: SearchBudget
    ) {
        model = states.model
        first = [model.initial]
        self.states = ModelStates(model)
        self.budget = budget
        last = operations.operation[position]
        let end = operations.ret[position]
        for other in 0..<operations.count where operations.call[other] <= end {
            let number = operations.number[other]
            let hasEnded = operations.ret[other] <= end
            guard hasEnded || !states.isRead(number) else { continue }
            entries.append(
                Entry(
                    operation: operations.operation[other], process: operations.process[other],
                    call: operations.call[other],
                    ret: hasEnded ? operations.ret[other] : SearchOperations.indefinite,
                    what: states.calls[Int(number)]))
        }
        cutWindow(end, operations.call[position])
        leaveOutUnits()
        if !hasRemovals || named.count > Self.mostShown { leaveOpen() }
    }

    /// The ordinals of the operations without which there might be an order: all others may have happened or not. Of what
    /// things are taken out of, those too that had no end yet, unless they put in what nobody saw: without them a reader would
    /// ask what they did.
    var named: [Int] {
        let certain = entries.filter { !$0.isIndefinite && !$0.isOptional }
        guard hasRemovals, basis != .others else { return certain.map { Int($0.operation) } }
        let seen = Set(entries.flatMap { $0.what.result == nil ? [] : model.values(in: $0.what) })
        return entries.filter { entry in
            let values = model.values(in: entry.what)
            let mayMatter = values.isEmpty ? entry.what.result == nil : values.contains(where: seen.contains)
            return !entry.isIndefinite || mayMatter
        }.map { Int($0.operation) }
    }

    /// On what they are a violation.
    var basis: ProofBasis {
        if isFromAnywhere { return .anyState }
        return hasRemovals && entries.contains(where: \.isOptional) ? .others : .alone
    }

    /// Whether operations take out what others put in.
    private var hasRemovals: Bool {
        !model.functions.isDisjoint(with: [.dequeue, .pop, .popFront, .pollMax, .remove])
    }

    /// From so many operations on, a proof leans on others that it does not show rather than show them all.
    private static var mostShown: Int { 24 }

    private mutating func isCounterexample(_ entries: [Entry], from first: [Model.State]) -> Bool {
        var operations = SearchOperations()
        operations.reserve(entries.count)
        for entry in entries {
            operations.append(
                operation: entry.operation, process: entry.process, call: entry.call, ret: entry.ret,
                number: states.number(entry.what))
        }
        if entries.contains(where: \.isOptional) { operations.setOptional(entries.map(\.isOptional)) }
        states.first = first
        var search = FrontierSearch(states)
        if case .stuck = search.decide(operations, &budget) { return true }
        return false
    }
}

// MARK: - A stretch of time

extension Counterexample {
    /// Looks for the shortest doubling stretch before the end that fits no order whatever the object held at its start.
    private mutating func cutWindow(_ end: Int32, _ lastCall: Int32) {
        let ends = entries.filter { !$0.isIndefinite }.map(\.ret).sorted()
        var size = 1
        while size < ends.count {
            let inside = after(min(ends[ends.count - 1 - size], lastCall - 1))
            guard let anywhere = model.states(explaining: inside.map(\.what)) else { return }
            if isCounterexample(inside, from: anywhere) {
                entries = inside
                first = anywhere
                isFromAnywhere = true
                return
            }
            size *= 2
        }
    }

    /// What may have taken effect after an instant: an update that was under way then may have done so before.
    private func after(_ cut: Int32) -> [Entry] {
        entries.compactMap { entry in
            guard entry.ret > cut else { return nil }
            guard entry.call <= cut, !entry.isIndefinite else { return entry }
            guard !model.isRead(entry.what) else { return nil }
            var entry = entry
            entry.ret = SearchOperations.indefinite
            return entry
        }
    }
}

// MARK: - Reads and values

extension Counterexample {
    /// What goes as a whole.
    private enum Unit {
        case read(Int32)
        case value(Value)
    }

    private mutating func leaveOutUnits() {
        var known: Set<Value> = []
        var units: [Unit] = []
        for entry in entries {
            if model.isRead(entry.what), entry.operation != last { units.append(.read(entry.operation)) }
            units += model.values(in: entry.what).filter { known.insert($0).inserted }.map(Unit.value)
        }
        Chunks.leaveOut(&units) { gone in
            let smaller = without(gone)
            let isLast = smaller.contains { $0.operation == last }
            guard isLast, isCounterexample(smaller, from: first) else { return false }
            entries = smaller
            return true
        }
    }

    private func without(_ units: ArraySlice<Unit>) -> [Entry] {
        var reads: Set<Int32> = []
        var values: Set<Value> = []
        for unit in units {
            switch unit {
            case .read(let operation): reads.insert(operation)
            case .value(let value): values.insert(value)
            }
        }
        return entries.compactMap { entry in
            guard !reads.contains(entry.operation) else { return nil }
            guard !values.isEmpty else { return entry }
            var entry = entry
            guard let what = model.without(values, entry.what) else { return nil }
            entry.what = what
            return entry
        }
    }
}

// MARK: - Updates

extension Counterexample {
    private struct ProcessInstant: Hashable {
        var process: Int32
        var instant: Int32
    }

    /// Lets updates be missing.
    private mutating func leaveOpen() {
        // Where the next operation of a process began as the last one ended, the search has to know that that one took
        // effect.
        let begins = Set(entries.map { ProcessInstant(process: $0.process, instant: $0.call) })
        var updates = entries.indices.filter { position in
            let entry = entries[position]
            let isFollowed = begins.contains(ProcessInstant(process: entry.process, instant: entry.ret))
            return !entry.isIndefinite && !isFollowed && !model.isRead(entry.what) && entry.operation != last
        }
        Chunks.leaveOut(&updates) { open in
            var weaker = entries
            for position in open { weaker[position].isOptional = true }
            guard isCounterexample(weaker, from: first) else { return false }
            entries = weaker
            return true
        }
    }
}

/// Leaves out many things at a time, then fewer (delta debugging; Zeller and Hildebrandt 2002).
enum Chunks {
    /// Leaves out from `elements` what `canGo` agrees to, until no single one can go any more.
    static func leaveOut<Element>(_ elements: inout [Element], _ canGo: (ArraySlice<Element>) -> Bool) {
        var size = max(1, elements.count / 2)
        while !elements.isEmpty {
            let before = elements.count
            var start = 0
            while start < elements.count {
                let range = start..<min(start + size, elements.count)
                if canGo(elements[range]) { elements.removeSubrange(range) } else { start += size }
            }
            if size > 1 { size /= 2 } else if elements.count == before { return }
        }
    }
}
