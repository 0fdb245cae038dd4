// What commands do to a state. A write is not executed but turned into a change, which every replica applies.
extension Command {
    /// What this write does to a state: a change to log, or nothing and only an answer.
    func effect(on store: Store, recorded: Recording = Recording()) -> (change: Change?, reply: Reply) {
        let (change, reply) = rowEffect(on: store, recorded)
        guard let change = change.map({ recorded.written($0, on: store) }) else { return (nil, reply) }
        return change.weight <= SizeLimit.entry ? (change, reply) : (nil, SizeLimit.entryRefusal)
    }

    private func rowEffect(on store: Store, _ recorded: Recording) -> Effect {
        switch self {
        case .set(let key, let value): (.put(key: key, value: value), .ok)
        case .delete(let key):
            store.kind(of: key) == nil ? (nil, .integer(0)) : (.delete(key: key), .integer(1))
        case .compareAndSet(let key, let old, let new): Self.comparison(key, old, new, store)
        case .increment(let key, let amount): Self.increment(key, amount, store)
        case .add(let key, let elements): Self.addition(key, elements, store)
        case .remove(let key, let elements): Self.removal(key, elements, store)
        case .append(let key, let elements): Self.appending(key, elements, store)
        case .reserve(let slot, let holder, let operation): Self.reservation(slot, holder, operation, store)
        case .transaction(let steps): Self.transaction(steps, store)
        case .statement(let text): recorded.effect(of: text, on: store)
        case .get, .members, .range, .getAll, .atLeast, .rejected: (nil, read(store).reply)
        }
    }

    private typealias Effect = (change: Change?, reply: Reply)

    private static func comparison(_ key: [UInt8], _ old: [UInt8]?, _ new: [UInt8], _ store: Store) -> Effect {
        guard store.holds(key, .register) else { return (nil, wrongType) }
        guard store.register(key) == old else { return (nil, .failed(.casFailed, "the value is another one")) }
        return (.put(key: key, value: new), .ok)
    }

    private static func increment(_ key: [UInt8], _ amount: Int64, _ store: Store) -> Effect {
        switch integer(key, store) {
        case .failure(let refusal): return (nil, refusal.reply)
        case .success(let number):
            let (sum, overflows) = number.addingReportingOverflow(amount)
            guard !overflows else { return (nil, .failed(.refused, "the sum has more than 64 bits")) }
            return (.increment(key: key, by: amount), .integer(Int(sum)))
        }
    }

    private static func addition(_ key: [UInt8], _ elements: [[UInt8]], _ store: Store) -> Effect {
        guard store.holds(key, .set) else { return (nil, wrongType) }
        let new = Set(elements).filter { !store.isMember($0, of: key) }
        guard !new.isEmpty else { return (nil, .integer(0)) }
        guard store.weight(key) + SizeLimit.weight(new) <= SizeLimit.value else {
            return (nil, SizeLimit.valueRefusal)
        }
        return (.add(key: key, elements: elements), .integer(new.count))
    }

    private static func appending(_ key: [UInt8], _ elements: [[UInt8]], _ store: Store) -> Effect {
        guard store.holds(key, .list) else { return (nil, wrongType) }
        let change = Change.append(key: key, elements: elements)
        guard store.hasRoom(for: change) else { return (nil, SizeLimit.valueRefusal) }
        return (change, .integer(store.listCount(key) + elements.count))
    }

    private static func removal(_ key: [UInt8], _ elements: [[UInt8]], _ store: Store) -> Effect {
        guard store.holds(key, .set) else { return (nil, wrongType) }
        let there = Set(elements).filter { store.isMember($0, of: key) }
        return there.isEmpty ? (nil, .integer(0)) : (.remove(key: key, elements: elements), .integer(there.count))
    }

    /// The operation that has the slot has it, however often it asks.
    private static func reservation(
        _ slot: [UInt8], _ holder: [UInt8], _ operation: [UInt8], _ store: Store
    ) -> Effect {
        guard store.holds(slot, .reservation) else { return (nil, wrongType) }
        guard let there = store.reservation(slot) else {
            return (.reserve(slot: slot, holder: holder, operation: operation), .ok)
        }
        guard there == Reservation(holder: holder, operation: operation) else {
            return (nil, .failed(.conflict, "taken by \(String(decoding: there.holder.prefix(64), as: UTF8.self))"))
        }
        return (nil, .ok)
    }

    /// Tries the steps on a copy of the rows that they name; the first one that fails undoes all.
    private static func transaction(_ steps: [Command], _ store: Store) -> Effect {
        var copy = store.excerpt(steps.flatMap(\.keys))
        var changes: [Change] = []
        var results: [Reply] = []
        var weight = 0
        for step in steps {
            guard step.isStep else { return (nil, .failed(.syntax, "no step of a transaction")) }
            let (change, reply) = step.rowEffect(on: copy, Recording())
            if reply.isFailure { return (nil, reply) }
            results.append(reply)
            weight += reply.weight
            guard weight <= SizeLimit.answer else { return (nil, SizeLimit.answerRefusal) }
            guard let change else { continue }
            copy.apply(change)
            changes.append(change)
        }
        return (changes.isEmpty ? nil : .batch(changes), .results(results))
    }

    /// What this read sees in a state, and the version of its key.
    func read(_ store: Store) -> (reply: Reply, version: Position?) {
        switch self {
        case .get(let key):
            if let there = store.reservation(key) { return (.value(there.holder), store.version(key)) }
            return store.holds(key, .register)
                ? (.value(store.register(key)), store.version(key)) : (Self.wrongType, nil)
        case .members(let key):
            return store.holds(key, .set)
                ? (.elements(store.members(key)), store.version(key)) : (Self.wrongType, nil)
        case .range(let key, let first, let last):
            return store.holds(key, .list)
                ? (.elements(store.list(key, first, last)), store.version(key)) : (Self.wrongType, nil)
        case .getAll(let keys):
            let values = Reply.values(keys.map { store.register($0) ?? store.reservation($0)?.holder })
            return (values.weight <= SizeLimit.answer ? values : SizeLimit.answerRefusal, nil)
        case .atLeast(let key, let minimum):
            return (Self.minimum(key, minimum, store), store.version(key))
        case .transaction(let steps):
            return (Self.transaction(steps, store).reply, nil)
        case .rejected: return (Self.notRejected, nil)
        case .set, .delete, .compareAndSet, .increment, .add, .remove, .append, .statement, .reserve:
            preconditionFailure("a write is not answered from a state")
        }
    }

    /// The answer where nothing is known of a rejection.
    static let notRejected = Reply.failed(.refused, "no such reservation was rejected")

    private static func minimum(_ key: [UInt8], _ minimum: Int64, _ store: Store) -> Reply {
        switch integer(key, store) {
        case .failure(let refusal): refusal.reply
        case .success(let number):
            number >= minimum ? .ok : .failed(.refused, "\(number) is less than \(minimum)")
        }
    }

    private struct Refusal: Error { var reply: Reply }

    /// The number that a register holds.
    private static func integer(_ key: [UInt8], _ store: Store) -> Result<Int64, Refusal> {
        guard store.holds(key, .register) else { return .failure(Refusal(reply: wrongType)) }
        guard let value = store.register(key) else { return .success(0) }
        guard let number = IntegerText.parse(value) else {
            return .failure(Refusal(reply: .failed(.refused, "the value is no whole number of 64 bits")))
        }
        return .success(number)
    }

    private static let wrongType = Reply.failed(.wrongType, "the key holds another type of value")
}
