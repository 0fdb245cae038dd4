// Replicated types whose operations commute (Shapiro, Preguiça, Baquero, Zawirski: "A comprehensive study of convergent
// and commutative replicated data types", INRIA RR-7506, 2011). They rest on causal delivery: what an operation speaks
// of is there.

/// A set in which an addition survives each removal that has not seen it.
struct ObservedSet: Hashable, Sendable {
    private(set) var tags: [[UInt8]: Set<Dot>]

    init(tags: [[UInt8]: Set<Dot>] = [:]) { self.tags = tags }

    var isEmpty: Bool { tags.isEmpty }

    /// Ascending.
    var elements: [[UInt8]] { tags.keys.sorted { $0.lexicographicallyPrecedes($1) } }

    /// The element with its tags in order.
    func observed(_ element: [UInt8]) -> TaggedElement {
        TaggedElement(element: element, tags: (tags[element] ?? []).sorted())
    }

    mutating func add(_ element: [UInt8], tag: Dot) { tags[element, default: []].insert(tag) }

    mutating func remove(_ removed: TaggedElement, unseenToo: Bool) {
        guard var rest = tags[removed.element] else { return }
        if unseenToo { rest = [] }
        rest.subtract(removed.tags)
        tags[removed.element] = rest.isEmpty ? nil : rest
    }
}

/// A counter: what each replica has added and taken away. Of one replica's shares the greater is the later one.
struct SharedCounter: Hashable, Sendable {
    private(set) var shares: [NodeName: CounterShare]

    init(shares: [NodeName: CounterShare] = [:]) { self.shares = shares }

    func share(of replica: NodeName) -> CounterShare { shares[replica] ?? CounterShare() }

    var sum: Int64 {
        shares.values.reduce(0) { $0 &+ Int64(bitPattern: $1.plus &- $1.minus) }
    }

    mutating func merge(_ share: CounterShare, of replica: NodeName, adds: Bool) {
        let known = self.share(of: replica)
        shares[replica] =
            adds
            ? CounterShare(plus: known.plus &+ share.plus, minus: known.minus &+ share.minus)
            : CounterShare(plus: max(known.plus, share.plus), minus: max(known.minus, share.minus))
    }
}

extension CounterShare {
    /// With a difference more.
    func adding(_ amount: Int64) -> CounterShare {
        CounterShare(
            plus: plus &+ (amount > 0 ? amount.magnitude : 0), minus: minus &+ (amount < 0 ? amount.magnitude : 0))
    }
}

/// A list: each element stands behind the one that its writer saw there; of several behind the same one the newest is
/// first (RGA: Roh, Jeon, Kim, Lee: "Replicated abstract data types", JPDC 2011).
struct GrowableList: Hashable, Sendable {
    struct Element: Hashable, Sendable {
        var id: ElementID
        var value: [UInt8]
        var isGone = false
    }

    private(set) var elements: [Element] = []

    init(_ elements: [Element] = []) { self.elements = elements }

    var values: [[UInt8]] { elements.lazy.filter { !$0.isGone }.map(\.value) }
    var last: ElementID? { elements.last?.id }
    /// Greater than all counters that are there.
    var nextCounter: UInt64 { (elements.map(\.id.counter).max() ?? 0) + 1 }

    /// What stands behind an element that is not here stands at the end: causal delivery lets that not happen.
    mutating func insert(_ value: [UInt8], _ id: ElementID, after left: ElementID?, byArrival: Bool) {
        var place = 0
        if let left { place = elements.lastIndex { $0.id == left }.map { $0 + 1 } ?? elements.count }
        if !byArrival { while place < elements.count, elements[place].id > id { place += 1 } }
        elements.insert(Element(id: id, value: value), at: place)
    }

    mutating func drop(_ id: ElementID) {
        if let place = elements.firstIndex(where: { $0.id == id }) { elements[place].isGone = true }
    }
}
