/// A heap of operations from which the one that returned first is taken.
struct EarliestReturn {
    private let ret: [Int32]
    private var heap: [Int32] = []

    init(_ ret: [Int32]) { self.ret = ret }

    mutating func insert(_ position: Int32) {
        heap.append(position)
        var child = heap.count - 1
        while child > 0, isBefore(heap[child], heap[(child - 1) / 2]) {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    mutating func popFirst() -> Int32? {
        guard let first = heap.first else { return nil }
        let last = heap.removeLast()
        guard !heap.isEmpty else { return first }
        heap[0] = last
        var parent = 0
        while 2 * parent + 1 < heap.count {
            var child = 2 * parent + 1
            if child + 1 < heap.count, isBefore(heap[child + 1], heap[child]) { child += 1 }
            guard isBefore(heap[child], heap[parent]) else { break }
            heap.swapAt(child, parent)
            parent = child
        }
        return first
    }

    private func isBefore(_ left: Int32, _ right: Int32) -> Bool {
        (ret[left], left) < (ret[right], right)
    }
}
