/// First in, first out, in constant time; the space of what left is reclaimed now and then.
struct Queue<Element: Sendable>: Sendable {
    private var items: [Element?] = []
    private var start = 0

    var count: Int { items.count - start }
    var isEmpty: Bool { count == 0 }
    var first: Element? { isEmpty ? nil : items[start] }
    var last: Element? { isEmpty ? nil : items[items.count - 1] }

    mutating func append(_ element: Element) { items.append(element) }

    mutating func replaceLast(_ element: Element) {
        precondition(!isEmpty, "there is no last element to replace")
        items[items.count - 1] = element
    }

    @discardableResult
    mutating func popFirst() -> Element? {
        guard !isEmpty else { return nil }
        let element = items[start]
        items[start] = nil
        start += 1
        if start == items.count {
            items.removeAll(keepingCapacity: items.count < 4096)
            start = 0
        } else if start >= 1024, start * 2 >= items.count {
            items.removeFirst(start)
            start = 0
        }
        return element
    }

    mutating func removeAll() {
        items = []
        start = 0
    }
}
