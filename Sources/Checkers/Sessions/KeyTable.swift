import HistoryModel

/// The keys of a history and what each of them is, told by what is done to it.
struct KeyTable {
    enum Kind: UInt8 {
        /// Nobody touched it as any of the following.
        case other
        case register
        case set
        case list
        case counter
    }

    /// `nil` for the operations without key, which are one object.
    private(set) var names: [String?]
    private(set) var kind: [Kind] = []
    /// Why a key cannot be judged at all.
    private(set) var problem: [String?] = []
    /// Of a set: the elements that are taken out of it, or may have been.
    private var removed: [Int: Set<Value>] = [:]

    var count: Int { names.count }

    /// How messages name a key.
    func title(_ key: Int) -> String { names[key].map { "key \"\($0)\"" } ?? "the object without key" }

    /// The keys with those first whose elements are the evidence: proofs of these are the simplest.
    var elementsFirst: [Int] {
        let isFirst = kind.map { $0 == .set || $0 == .list }
        return kind.indices.filter { isFirst[$0] } + kind.indices.filter { !isFirst[$0] }
    }

    // Making it.

    private var uses: [Uses]
    private var micros: [ValueRef: Int32] = [:]
    private let named: Int
    let model: OperationModel

    /// What was done to a key.
    struct Uses: OptionSet {
        var rawValue: UInt16

        static let write = Uses(rawValue: 1)
        static let add = Uses(rawValue: 2)
        static let append = Uses(rawValue: 4)
        static let increment = Uses(rawValue: 8)
        static let read = Uses(rawValue: 16)
        static let readList = Uses(rawValue: 32)
        static let readScalar = Uses(rawValue: 64)
        static let remove = Uses(rawValue: 128)
        /// A read that shows no list is not of a whole number.
        static let readOther = Uses(rawValue: 256)
    }

    init(_ history: History, _ model: OperationModel) {
        self.model = model
        names = Array(history.keys)
        named = names.count
        names.append(nil)
        uses = Array(repeating: [], count: names.count)
        problem = Array(repeating: nil, count: names.count)
    }

    /// The number of an operation's key.
    func number(_ key: KeyID) -> Int { key == .none ? named : Int(key.number) }

    /// The number of a key that a micro-operation names by text or whole number; `nil` for anything else.
    mutating func number(_ ref: ValueRef, _ history: History) -> Int32? {
        if let number = micros[ref] { return number }
        guard let text = history.values.keyName(ref) else { return nil }
        let number = Int32(
            history.keys.number(of: text) ?? names[(named + 1)...].firstIndex(of: text) ?? names.count)
        if Int(number) == names.count {
            names.append(text)
            uses.append([])
            problem.append(nil)
        }
        micros[ref] = number
        return number
    }

    /// The number of a key that a micro-operation named before.
    func known(_ ref: ValueRef) -> Int32? { micros[ref] }

    mutating func note(_ key: Int, _ use: Uses) { uses[key].formUnion(use) }

    /// Notes why a key cannot be judged; the first reason stays.
    mutating func fail(_ key: Int, _ reason: String) {
        if problem[key] == nil { problem[key] = reason }
    }

    /// Notes what an operation takes out of a set, or may have taken out: the value, and if that is a list what is in it.
    mutating func noteRemoval(of value: Value, _ key: Int) {
        note(key, .remove)
        removed[key, default: []].formUnion([value] + (value.list ?? []))
    }

    /// The number of elements of a set that are taken out of it, or may have been.
    func removals(_ key: Int) -> Int { kind[key] == .set ? removed[key]?.count ?? 0 : 0 }

    /// True for an element of a set that is taken out of it, or may have been: nothing follows from a read without it.
    func isRemoved(_ element: Value, _ key: Int) -> Bool { removed[key]?.contains(element) ?? false }

    /// Tells what each key is, once everything is noted.
    mutating func settle() {
        kind = uses.map { uses in
            if model != .auto { return uses.isEmpty ? .other : model == .set ? .set : .register }
            if uses.contains(.append) { return .list }
            if uses.contains(.increment)
                || uses.contains(.add) && uses.isSuperset(of: .readScalar)
                    && !uses.contains(.readList)
            {
                return .counter
            }
            if uses.contains(.add) || uses.contains(.readList) { return .set }
            return uses.isDisjoint(with: [.write, .read]) ? .other : .register
        }
        if model == .auto { countReads() }
        for key in uses.indices where model == .auto && !uses[key].isDisjoint(with: Self.foreign(kind[key])) {
            fail(key, "set and register operations are mixed")
        }
        for key in uses.indices where uses[key].isSuperset(of: [.remove, .read]) && kind[key] != .set {
            fail(key, "what it holds is removed, so that a read without it proves nothing")
        }
    }

    /// What is only read, as whole numbers, is a counter where all that is changed are counters: it is 0 and not absent at
    /// first.
    private mutating func countReads() {
        let reads: Uses = [.read, .readScalar]
        let changed = uses.indices.filter {
            !uses[$0].subtracting([.read, .readList, .readScalar, .readOther]).isEmpty
        }
        guard !changed.isEmpty, changed.allSatisfy({ kind[$0] == .counter }) else { return }
        for key in uses.indices where uses[key] == reads { kind[key] = .counter }
    }

    /// What is never done to a key of a kind.
    private static func foreign(_ kind: Kind) -> Uses {
        switch kind {
        case .other: []
        case .register: [.add, .append, .increment, .readList]
        case .set: [.write, .append, .increment, .readScalar]
        case .list: [.write, .add, .increment, .readScalar]
        case .counter: [.write, .append, .readList]
        }
    }
}

extension KeyTable {
    /// Functions that are judged elsewhere: of queues, banks, locks and the like.
    static let otherFunctions: Set<String> = [
        "enqueue", "dequeue", "drain", "push", "pop", "peek", "insert", "poll-max", "acquire", "release",
        "contains", "transfer", "generate",
    ]
}
