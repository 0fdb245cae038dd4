/// Numbers by index, with the greatest of any range (segment tree).
struct MaximumTree {
    /// Node 1 is the root, node `n` has the children `2n` and `2n + 1`, and the leaves are the last `size` nodes.
    private var nodes: [Int32]
    private let size: Int

    /// What an index has that is not set.
    static var nothing: Int32 { .min }

    init(_ numbers: [Int32]) {
        var size = 1
        while size < numbers.count { size *= 2 }
        self.size = size
        nodes = [Int32](repeating: Self.nothing, count: size) + numbers
        nodes += [Int32](repeating: Self.nothing, count: 2 * size - nodes.count)
        for node in (1..<size).reversed() { nodes[node] = max(nodes[2 * node], nodes[2 * node + 1]) }
    }

    subscript(_ index: Int) -> Int32 { nodes[size + index] }

    mutating func set(_ index: Int, _ number: Int32) {
        var node = size + index
        nodes[node] = number
        while node > 1 {
            node /= 2
            nodes[node] = max(nodes[2 * node], nodes[2 * node + 1])
        }
    }

    func maximum(_ range: Range<Int>) -> Int32 {
        var low = size + range.lowerBound
        var high = size + range.upperBound
        var greatest = Self.nothing
        while low < high {
            if low & 1 == 1 {
                greatest = max(greatest, nodes[low])
                low += 1
            }
            if high & 1 == 1 {
                high -= 1
                greatest = max(greatest, nodes[high])
            }
            low /= 2
            high /= 2
        }
        return greatest
    }

    /// The first index in a range whose number is no less than a bound.
    func first(_ range: Range<Int>, atLeast bound: Int32) -> Int? {
        var low = size + range.lowerBound
        var high = size + range.upperBound
        var last: Int?
        // Nodes on the left come in the order of their indices, those on the right the other way round.
        while low < high {
            if low & 1 == 1 {
                if nodes[low] >= bound { return descend(low, bound) }
                low += 1
            }
            if high & 1 == 1 {
                high -= 1
                if nodes[high] >= bound { last = high }
            }
            low /= 2
            high /= 2
        }
        return last.map { descend($0, bound) }
    }

    private func descend(_ node: Int, _ bound: Int32) -> Int {
        var node = node
        while node < size { node = nodes[2 * node] >= bound ? 2 * node : 2 * node + 1 }
        return node - size
    }
}

/// By index how often it is covered, with the first that is not in any range (segment tree).
struct CoverTree {
    /// By node: how often its least covered index is, counting what covers part of the node only.
    private var least: [Int32]
    /// By node: how often it is covered as a whole.
    private var whole: [Int32]
    private let size: Int

    init(_ counts: [Int32]) {
        var size = 1
        while size < counts.count { size *= 2 }
        self.size = size
        least = [Int32](repeating: 0, count: size) + counts
        // What is not there counts as covered.
        least += [Int32](repeating: 1, count: 2 * size - least.count)
        whole = [Int32](repeating: 0, count: 2 * size)
        for node in (1..<size).reversed() { least[node] = min(least[2 * node], least[2 * node + 1]) }
    }

    /// Covers the range once more, or once less.
    mutating func add(_ range: Range<Int>, _ number: Int32) {
        guard !range.isEmpty else { return }
        var low = size + range.lowerBound
        var high = size + range.upperBound - 1
        let ends = (low, high)
        while low <= high {
            if low & 1 == 1 {
                cover(low, number)
                low += 1
            }
            if high & 1 == 0 {
                cover(high, number)
                high -= 1
            }
            low /= 2
            high /= 2
        }
        renew(ends.0 / 2)
        renew(ends.1 / 2)
    }

    private mutating func cover(_ node: Int, _ number: Int32) {
        whole[node] += number
        least[node] += number
    }

    private mutating func renew(_ node: Int) {
        var node = node
        while node >= 1 {
            least[node] = min(least[2 * node], least[2 * node + 1]) + whole[node]
            node /= 2
        }
    }

    /// The first index in the range that is not covered.
    func firstFree(_ range: Range<Int>) -> Int? {
        range.isEmpty ? nil : firstFree(1, 0..<size, range, covered: 0)
    }

    private func firstFree(_ node: Int, _ own: Range<Int>, _ range: Range<Int>, covered: Int32) -> Int? {
        guard own.overlaps(range), least[node] + covered == 0 else { return nil }
        guard node < size else { return own.lowerBound }
        let middle = (own.lowerBound + own.upperBound) / 2
        let covered = covered + whole[node]
        return firstFree(2 * node, own.lowerBound..<middle, range, covered: covered)
            ?? firstFree(2 * node + 1, middle..<own.upperBound, range, covered: covered)
    }
}
