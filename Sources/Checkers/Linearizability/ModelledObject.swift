import HistoryModel
import SequentialModels

/// Operations that are judged as one object by a model that comes along, because no algorithm knows such objects: several
/// keys that transactions connect.
struct ModelledObject {
    /// What the operations are of; the raw value is how verdicts name it.
    enum Kind: String {
        case map = "map"
    }

    let kind: Kind
    /// The keys that it consists of, in the order in which they first come up.
    private(set) var keys: [String?]
    /// The ordinals of its operations that did not fail, in the order of their invocations.
    private(set) var operations: [Int32] = []
    /// Why it cannot be judged.
    private(set) var problem: String?
    /// Keys that are lists.
    var lists: Set<String> = []

    init(_ kind: Kind, _ keys: [String?]) { (self.kind, self.keys) = (kind, keys) }

    mutating func add(_ ordinal: Int) { operations.append(Int32(ordinal)) }

    mutating func note(_ problem: String) { self.problem = self.problem ?? problem }

    /// How messages name it.
    var title: String {
        let names = keys.prefix(5).map { $0.map { "\"\($0)\"" } ?? "none" }.joined(separator: ", ")
        if keys.count == 1 { return keys[0].map { "key \"\($0)\"" } ?? "the object without key" }
        return "the transactions on keys \(names)" + (keys.count > 5 ? ", ..." : "")
    }
}
