/// How the values of a last-in first-out stack lie in one another.
///
/// Decrease and conquer (Lee and Mathur, OOPSLA 2025): at an instant at which no value is surely there the stack may be
/// taken for empty, because what is there then could as well have been taken out before or put in after; the values before
/// and behind are independent. Where there is no such instant, some value must lie below all others: any will do that can
/// be put in first and taken out last, and be seen where the others leave it free. Each step keeps the answer. Values that
/// can come and go at one instant disturb nobody and are left out beforehand.
struct StackNesting {
    private let values: ContainerValues
    private let own: OwnInstants
    /// The values that are surely there at some instant, in the order of their `end`, and by that order: ranks of instants.
    private let lasting: [Int32]
    private var end: [Int32]
    private var high: [Int32]
    /// By place: the rank by which the value must have been taken out.
    private var last: [Int32]
    /// By place: what saw it and left it there.
    private var peeks: [Int32: [Int32]] = [:]

    /// By place: minus the rank at which it can first be put in, while something returned before that.
    private var closed: MaximumTree
    /// By place: `last`, once the value can be put in first.
    private var open: MaximumTree
    /// By place: `high`, while the value is there.
    private var latest: MaximumTree
    /// By rank: by how many values it is covered.
    private var covered: CoverTree
    /// By place: the first place from there on that is still there.
    private var next: [Int32]
    private var pending: [Part] = []
    private(set) var tree = NestingTree()
    /// Places of values that cannot lie in one another, with the operations that saw one of them where it was not free.
    private(set) var failures: [(values: [Int32], peeks: [Int32])] = []

    /// Values that neighbour one another in the order of their `end`, between two ranks.
    private struct Part {
        var places: Range<Int>
        var from: Int32
        var to: Int32
        var node: Int
        /// Values that could lie below all others but are seen where they are not free.
        var blocked: [(place: Int, peek: Int32)] = []
    }

    init(_ values: ContainerValues) {
        self.values = values
        let own = OwnInstants(values.operations)
        self.own = own
        let lasting = values.sorted(
            values.values.filter { own.rank(values.high($0)) > own.rank(values.end($0)) + 1 }, by: values.end)
        self.lasting = lasting
        end = lasting.map { own.rank(values.end($0)) }
        high = lasting.map { own.rank(values.high($0)) }
        last = lasting.map {
            values.removal[$0] < 0 ? Int32(own.instants.count) : own.rank(values.operations.ret[values.removal[$0]])
        }
        closed = MaximumTree(lasting.map { -own.rank(values.begin($0)) })
        open = MaximumTree([Int32](repeating: MaximumTree.nothing, count: lasting.count))
        latest = MaximumTree(high)
        var changes = [Int32](repeating: 0, count: own.instants.count + 1)
        for place in lasting.indices {
            changes[end[place] + 1] += 1
            changes[high[place]] -= 1
        }
        for rank in changes.indices.dropFirst() { changes[rank] += changes[rank - 1] }
        covered = CoverTree(changes.dropLast())
        next = (0...Int32(lasting.count)).map(\.self)
        for peek in values.peeks { peeks[values.operations.result[peek], default: []].append(peek) }
        nest()
    }

    private mutating func nest() {
        pending = [Part(places: 0..<lasting.count, from: 0, to: Int32(own.instants.count), node: tree.root)]
        while var part = pending.popLast() {
            while let first = first(in: part.places) {
                if let free = firstFree(end[first] + 1, latest.maximum(part.places) - 1) {
                    part = split(part, at: free, with: [])
                } else if !takeLowest(&part, end[first]) {
                    fail(part)
                    break
                }
            }
        }
    }

    private func firstFree(_ first: Int32, _ last: Int32) -> Int32? {
        let last = min(last, Int32(own.instants.count) - 1)
        guard first <= last else { return nil }
        return covered.firstFree(Int(first)..<Int(last) + 1).map(Int32.init)
    }

    private mutating func first(in places: Range<Int>) -> Int? {
        var place = Int32(places.lowerBound)
        while next[place] != place {
            next[place] = next[next[place]]
            place = next[place]
        }
        return place < places.upperBound ? Int(place) : nil
    }
}

// MARK: - Steps

extension StackNesting {
    /// The part before an instant at which nothing is surely there; the one behind is left for later, and what takes effect
    /// at the instant comes in between.
    private mutating func split(_ part: Part, at rank: Int32, with positions: [Int32]) -> Part {
        let low = part.places.lowerBound
        let middle = low + end[part.places].partitioningOffset { $0 >= rank }
        let (before, behind) = tree.split(part.node, positions)
        for blocked in part.blocked { open.set(blocked.place, last[blocked.place]) }
        pending.append(Part(places: middle..<part.places.upperBound, from: rank, to: part.to, node: behind))
        return Part(places: low..<middle, from: part.from, to: rank, node: before)
    }

    /// Takes away a value that can lie below all others of the part; false if there is none.
    private mutating func takeLowest(_ part: inout Part, _ firstEnd: Int32) -> Bool {
        while let place = closed.first(part.places, atLeast: -firstEnd) {
            closed.set(place, MaximumTree.nothing)
            open.set(place, last[place])
        }
        let high = latest.maximum(part.places)
        while let place = open.first(part.places, atLeast: high) {
            open.set(place, MaximumTree.nothing)
            covered.add(stretch(place), -1)
            if let peek = blockedPeek(place, part) {
                covered.add(stretch(place), 1)
                part.blocked.append((place, peek))
                continue
            }
            take(place, &part)
            return true
        }
        return false
    }

    private func stretch(_ place: Int) -> Range<Int> { Int(end[place]) + 1..<Int(high[place]) }

    /// What saw the value without ever finding it alone with what lies below it.
    private func blockedPeek(_ place: Int, _ part: Part) -> Int32? {
        peeks[lasting[place]]?.first { free($0, place, part) == nil }
    }

    /// The first rank at which an operation can have seen the value with nothing above it.
    private func free(_ peek: Int32, _ place: Int, _ part: Part) -> Int32? {
        let operations = values.operations
        let begin = max(operations.call[peek], values.begin(lasting[place]))
        return firstFree(
            max(own.rank(begin), part.from), min(own.rank(operations.ret[peek]), part.to, last[place]))
    }

    private mutating func take(_ place: Int, _ part: inout Part) {
        let value = lasting[place]
        latest.set(place, MaximumTree.nothing)
        next[place] = Int32(place) + 1
        tree.wrap(part.node, insertion: values.insertion[value], removal: values.removal[value])
        for blocked in part.blocked { open.set(blocked.place, last[blocked.place]) }
        part.blocked = []
        let seen = (peeks[value] ?? []).compactMap { peek in free(peek, place, part).map { (rank: $0, peek: peek) }
        }
        // From the last to the first, so that what is left to do is what lies before.
        for (rank, peek) in seen.sorted(by: { ($0.rank, $0.peek) > ($1.rank, $1.peek) }) {
            part = split(part, at: rank, with: [peek])
        }
    }

    /// Names few values of a part that has no free instant and no lowest value.
    private mutating func fail(_ part: Part) {
        let left = part.places.filter { next[$0] == $0 }
        let candidates = left.map { lasting[$0] }
        var named: Set<Int32> = [candidates[0]]
        named.formUnion(left.max { high[$0] < high[$1] }.map { [lasting[$0]] } ?? [])
        let highest = left.map { values.high(lasting[$0]) }.max() ?? .max
        named.formUnion(values.cover(values.end(candidates[0]) + 1, highest - 1, candidates) ?? [])
        for (place, peek) in part.blocked {
            let value = lasting[place]
            let begin = max(values.operations.call[peek], values.begin(value))
            let others = candidates.filter { $0 != value }
            named.insert(value)
            named.formUnion(values.cover(begin, values.operations.ret[peek], others) ?? [])
        }
        failures.append((values: named.sorted(), peeks: part.blocked.map(\.peek)))
    }
}

extension ArraySlice {
    /// How many elements come before the first one that satisfies a condition which all behind it satisfy, too.
    fileprivate func partitioningOffset(_ condition: (Element) -> Bool) -> Int {
        var low = startIndex
        var high = endIndex
        while low < high {
            let middle = (low + high) / 2
            if condition(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low - startIndex
    }
}

/// What lies in what, and what comes one after the other.
struct NestingTree {
    private struct Node {
        /// Wrappings of the node, the outermost first: the first and the last of them, -1 for none.
        var firstWrap: Int32 = -1
        var lastWrap: Int32 = -1
        /// Two nodes inside, one after the other, with what comes between them; -1 for none.
        var before: Int32 = -1
        var behind: Int32 = -1
        var between: [Int32] = []
    }

    private struct Wrap {
        var insertion: Int32
        /// -1 if it is never taken out.
        var removal: Int32
        var next: Int32 = -1
    }

    private var nodes = [Node()]
    private var wraps: [Wrap] = []

    var root: Int { 0 }

    /// Puts what comes into the node between two operations.
    mutating func wrap(_ node: Int, insertion: Int32, removal: Int32) {
        let number = Int32(wraps.count)
        wraps.append(Wrap(insertion: insertion, removal: removal))
        if nodes[node].lastWrap >= 0 {
            wraps[nodes[node].lastWrap].next = number
        } else {
            nodes[node].firstWrap = number
        }
        nodes[node].lastWrap = number
    }

    /// Two nodes for what comes into this one, with operations between them.
    mutating func split(_ node: Int, _ positions: [Int32]) -> (before: Int, behind: Int) {
        nodes.append(Node())
        nodes.append(Node())
        nodes[node].before = Int32(nodes.count - 2)
        nodes[node].behind = Int32(nodes.count - 1)
        nodes[node].between = positions
        return (nodes.count - 2, nodes.count - 1)
    }

    /// All operations in order.
    func order() -> [Int32] {
        enum Step {
            case node(Int32)
            case operation(Int32)
        }
        var order: [Int32] = []
        var left: [Step] = [.node(0)]
        while let step = left.popLast() {
            guard case .node(let number) = step else {
                if case .operation(let position) = step { order.append(position) }
                continue
            }
            let node = nodes[number]
            var removals: [Step] = []
            var wrap = node.firstWrap
            while wrap >= 0 {
                order.append(wraps[wrap].insertion)
                if wraps[wrap].removal >= 0 { removals.append(.operation(wraps[wrap].removal)) }
                wrap = wraps[wrap].next
            }
            left += removals
            guard node.before >= 0 else { continue }
            left += [.node(node.behind)] + node.between.reversed().map(Step.operation) + [.node(node.before)]
        }
        return order
    }
}
