/// Tells equal elements of a list apart, which several operations appended or wrote, where times leave no choice.
///
/// A read that begins with such an element is of a write that had begun by the return of the read and was not certainly
/// replaced before the call of the read. A place in a list was filled by an append that had begun by the return of the first
/// read that shows it and had not ended before the call of the last read that does not, or of the write that the list
/// begins with. If one operation is left in each case, every order that explains the answers has it there; if none is left
/// there is no such order, and the element stays one that nobody appended.
struct RepeatedElements {
    private let operations: ObjectOperations
    /// By element: the operations that wrote it, and those that appended it, by invocation.
    private var writes: [[Int32]]
    private var appends: [[Int32]]
    private let replacements: Replacements
    /// By position of a read: the write that its list begins with, -1 for the list that was there at first.
    private var base: [Int32]

    /// The same operations at the same positions with unique elements; `nil` if times leave a choice.
    static func toldApart(_ operations: ObjectOperations) -> ObjectOperations? {
        var elements = RepeatedElements(operations)
        guard elements.findBases() else { return nil }
        return elements.renamed()
    }

    private init(_ operations: ObjectOperations) {
        self.operations = operations
        writes = [[Int32]](repeating: [], count: operations.valueCount)
        appends = writes
        for (position, function) in operations.function.enumerated() {
            if function == .write { writes[operations.argument[position]].append(Int32(position)) }
            if function == .append { appends[operations.argument[position]].append(Int32(position)) }
        }
        replacements = Replacements(operations)
        base = [Int32](repeating: -1, count: operations.count)
    }

    private func elements(_ read: Int) -> ArraySlice<Int32> { operations.elements[read] }

    private var reads: [Int] { operations.function.indices.filter { operations.function[$0] == .read } }

    private mutating func findBases() -> Bool {
        for read in reads {
            guard let first = elements(read).first else { continue }
            guard !writes[first].isEmpty else { continue }
            if writes[first].count == 1, appends[first].isEmpty {
                base[read] = writes[first][0]
                continue
            }
            var candidates = writes[first].filter { canBeBase($0, of: read) }
            if appends[first].contains(where: { operations.call[$0] <= operations.ret[read] }),
                replacements.first(after: -1) >= operations.call[read]
            {
                candidates.append(-1)
            }
            // Without a candidate there is no order, but no small proof of that either.
            guard candidates.count == 1 else { return false }
            base[read] = candidates[0]
        }
        return true
    }

    private func canBeBase(_ write: Int32, of read: Int) -> Bool {
        operations.call[write] <= operations.ret[read]
            && replacements.first(after: operations.ret[write]) >= operations.call[read]
    }

    /// Gives every operation an element of its own.
    private func renamed() -> ObjectOperations? {
        var renamed = operations
        var count = Int32(operations.valueCount)
        for elements in [writes, appends] {
            // The first append of an element that nobody wrote keeps its number; all others get new ones.
            for (element, positions) in elements.enumerated() {
                for position in positions where positions.count > 1 || isShared(element) {
                    renamed.argument[position] = count
                    count += 1
                }
            }
        }
        renamed.valueCount = Int(count)
        let windows = PlaceWindows(operations, base)
        renamed.elements = Lists()
        for read in reads {
            for (index, element) in elements(read).enumerated() {
                guard let position = position(of: element, at: index, read, windows) else { return nil }
                renamed.elements.append(position < 0 ? element : renamed.argument[position], at: read)
            }
        }
        return renamed
    }

    private func isShared(_ element: Int) -> Bool { !writes[element].isEmpty && !appends[element].isEmpty }

    /// The operation that put an element at a place; -1 if nobody wrote it at all, `nil` if times leave a choice.
    private func position(of element: Int32, at index: Int, _ read: Int, _ windows: PlaceWindows) -> Int32? {
        if index == 0, base[read] >= 0 { return base[read] }
        if appends[element].isEmpty { return writes[element].first ?? -1 }
        if appends[element].count == 1 { return appends[element][0] }
        let window = windows.window(base[read], index)
        let candidates = appends[element].filter {
            operations.call[$0] <= window.end && operations.ret[$0] >= window.start
        }
        return candidates.count > 1 ? nil : candidates.first ?? -1
    }
}

extension RepeatedElements {
    /// Whether a proof holds whatever times say of equal elements: it must not rest on any of them.
    static func isIndependent(_ violation: ObjectViolation, _ operations: ObjectOperations) -> Bool {
        var updates = [Int32](repeating: 0, count: operations.valueCount)
        for argument in operations.argument where argument >= 0 { updates[argument] += 1 }
        return operations.operation.indices.allSatisfy { position in
            guard violation.operations.contains(operations.operation[position]) else { return true }
            guard operations.function[position] == .read else { return updates[operations.argument[position]] == 1 }
            let elements = operations.elements[position]
            return (violation.detail == nil ? elements.prefix(1) : elements).allSatisfy { updates[$0] == 1 }
        }
    }
}

/// When the writes of a list certainly replaced what was there before.
private struct Replacements {
    /// The calls of the acknowledged writes, ascending, and the first return among those from each on.
    private var calls: [Int32] = []
    private var returns: [Int32] = []

    init(_ operations: ObjectOperations) {
        for position in operations.function.indices.reversed() {
            guard operations.function[position] == .write, operations.ret[position] != .max else { continue }
            calls.append(operations.call[position])
            returns.append(min(operations.ret[position], returns.last ?? .max))
        }
        calls.reverse()
        returns.reverse()
    }

    /// The first return of a write that was invoked after an instant; `Int32.max` if there is none.
    func first(after instant: Int32) -> Int32 {
        let next = calls.partitioningIndex { $0 > instant }
        return next < returns.count ? returns[next] : .max
    }
}

/// By list and place: between which instants the element must have come there.
private struct PlaceWindows {
    /// By write that a list begins with (-1 for the list that was there at first): by length, the first return of a read of
    /// at least that length, and the last call of one of at most that length.
    private var firstReturns: [Int32: [Int32]] = [:]
    private var lastCalls: [Int32: [Int32]] = [:]

    init(_ operations: ObjectOperations, _ base: [Int32]) {
        for (read, function) in operations.function.enumerated() where function == .read {
            let length = operations.elements.range(read).count
            // The empty list is the list that was there at first.
            let list = base[read]
            var returns = firstReturns[list] ?? []
            var calls = lastCalls[list] ?? [list < 0 ? 0 : operations.call[list]]
            while returns.count <= length { returns.append(.max) }
            while calls.count <= length { calls.append(0) }
            returns[length] = min(returns[length], operations.ret[read])
            calls[length] = max(calls[length], operations.call[read])
            firstReturns[list] = returns
            lastCalls[list] = calls
        }
        for list in Array(firstReturns.keys) {
            firstReturns[list] = firstReturns[list].map { returns in
                var least = Int32.max
                return Array(
                    returns.reversed().map { value -> Int32 in
                        least = min(least, value)
                        return least
                    }.reversed())
            }
            var most: Int32 = 0
            lastCalls[list] = lastCalls[list]?.map { value in
                most = max(most, value)
                return most
            }
        }
    }

    /// For the element at a place, from 0, of a list that some read shows.
    func window(_ list: Int32, _ index: Int) -> (start: Int32, end: Int32) {
        (lastCalls[list]?[index] ?? 0, firstReturns[list]?[index + 1] ?? .max)
    }
}
