/// Linearizability of a set whose elements are added, removed and asked for one by one, exact, in O(n log n).
///
/// Each element is an object of its own (Herlihy and Wing: linearizability is local), and with at most one add that may have
/// put it there and one remove that may have taken it away it is absent, present from its add to its remove, and absent.
/// What found it present lies in that stretch; what found it absent lies before or behind, which is impossible exactly if
/// something of the stretch returned before it was invoked and something of the stretch was invoked after it had returned.
struct SetElements {
    private let operations: ObjectOperations
    private var violations: [ObjectViolation] = []
    /// The linearization of each element, one after the other.
    private var sequences = MergedOrders()

    /// Exact for adds, removes and `contains`, where `ElementCalls` are unambiguous.
    static func check(_ operations: ObjectOperations, wantsOrder: Bool) -> ObjectVerdict {
        var checker = SetElements(operations: operations)
        for element in ElementCalls.all(operations) {
            guard checker.violations.count < ObjectVerdict.mostViolations else { break }
            checker.check(element)
        }
        guard checker.violations.isEmpty else { return .violated(checker.violations) }
        guard wantsOrder else { return .linearizable(order: nil) }
        return .linearizable(order: checker.sequences.merged().map { operations.operation[$0] })
    }

    private init(operations: ObjectOperations) { self.operations = operations }

    private mutating func check(_ element: ElementCalls) {
        guard let add = element.add else {
            guard let seen = element.present.first ?? element.certainRemove else {
                return accept((element.absent + element.acknowledgedRemove).sorted())
            }
            return violations.append(violation([seen], "nobody added what it found"))
        }
        let isCertain = operations.ret[add] != .max || !element.present.isEmpty || element.certainRemove != nil
        // An add that nobody saw need not have happened, and then a remove changes nothing.
        guard isCertain else { return accept((element.absent + element.acknowledgedRemove).sorted()) }
        var flaws: [[Int32]] = []
        for stretch in PresentStretch.all(element, operations) {
            guard let flaw = stretch.flaw(operations) else { return accept(stretch.order(operations)) }
            flaws.append(flaw)
        }
        violations.append(violation([add] + flaws.flatMap(\.self), nil))
    }

    private mutating func accept(_ order: [Int32]) { sequences.append(order, operations) }

    private func violation(_ positions: [Int32], _ detail: String?) -> ObjectViolation {
        ObjectViolation(positions.map { operations.operation[$0] }, detail)
    }
}

/// One way to see the operations on one element: which of them lie in the stretch in which it is present.
private struct PresentStretch {
    let add: Int32
    let present: [Int32]
    /// What ends the stretch; `nil` if nothing does.
    let remove: Int32?
    let absent: [Int32]

    /// A remove that does not say whether it changed anything may have come before the add.
    static func all(_ element: ElementCalls, _ operations: ObjectOperations) -> [PresentStretch] {
        guard let add = element.add else { return [] }
        let whole = PresentStretch(
            add: add, present: element.present, remove: element.remove, absent: element.absent)
        guard let remove = element.remove, operations.result[remove] < 0, operations.ret[remove] != .max else {
            return [whole]
        }
        let early = (element.absent + [remove]).sorted()
        return [whole, PresentStretch(add: add, present: element.present, remove: nil, absent: early)]
    }

    private var inside: [Int32] { [add] + present + (remove.map { [$0] } ?? []) }

    /// A few operations that prove that this is not how it was.
    func flaw(_ operations: ObjectOperations) -> [Int32]? {
        if let early = present.first(where: { operations.ret[$0] < operations.call[add] }) { return [early, add] }
        if let remove {
            if let late = ([add] + present).first(where: { operations.ret[remove] < operations.call[$0] }) {
                return [remove, late]
            }
        }
        guard let first = first(operations), let last = last(operations) else { return nil }
        let stranger = absent.first { position in
            isBehind(position, first, operations)
                && (remove == nil || operations.ret[position] < operations.call[last])
        }
        return stranger.map { [first, $0] + (remove == nil ? [] : [last]) }
    }

    private func first(_ operations: ObjectOperations) -> Int32? {
        inside.min { operations.ret[$0] < operations.ret[$1] }
    }

    private func last(_ operations: ObjectOperations) -> Int32? {
        inside.max { operations.call[$0] < operations.call[$1] }
    }

    private func isBehind(_ position: Int32, _ first: Int32, _ operations: ObjectOperations) -> Bool {
        operations.ret[first] < operations.call[position]
    }

    /// The operations in order; only where there is no flaw.
    func order(_ operations: ObjectOperations) -> [Int32] {
        guard let first = first(operations) else { return [] }
        let split = absent.partitioningIndex { isBehind($0, first, operations) }
        return absent[..<split] + inside + absent[split...]
    }
}
