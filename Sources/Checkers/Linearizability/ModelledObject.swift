import HistoryModel
import SequentialModels

/// Operations that are judged as one object by a model that comes along, because no algorithm knows such objects.
struct ModelledObject {
    /// What the operations are of; the raw value is how verdicts name it.
    enum Kind: String {
        /// Several registers and lists between which transactions read and write.
        case map
        case lease
        /// A lock that anybody can release.
        case ownerlessLock = "lock without owner"
        case deque
        case bank
    }

    let kind: Kind
    /// The keys that it consists of, in the order in which they first come up.
    var keys: [String?]
    /// The ordinals of its operations that did not fail, in the order of their invocations.
    private(set) var operations: [Int32] = []
    /// What they did.
    private(set) var calls: [Call] = []
    /// Why it cannot be judged.
    private(set) var problem: String?
    /// Of a map: the keys that are lists.
    var lists: Set<String> = []

    /// The key that it is, if it is one.
    var key: String? { kind == .bank || keys.count == 1 ? keys[0] : nil }

    init(_ kind: Kind, _ keys: [String?]) { (self.kind, self.keys) = (kind, keys) }

    mutating func add(_ ordinal: Int, _ call: Call) {
        operations.append(Int32(ordinal))
        calls.append(call)
    }

    mutating func note(_ problem: String) { self.problem = self.problem ?? problem }

    /// How messages name it.
    var title: String {
        if kind == .bank { return keys[0].map { "bank \"\($0)\"" } ?? "the bank" }
        if keys.count == 1 { return keys[0].map { "key \"\($0)\"" } ?? "the object without key" }
        let names = keys.prefix(5).map { "\"\($0 ?? "")\"" }.joined(separator: ", ")
        return "the transactions on keys \(names)" + (keys.count > 5 ? ", ..." : "")
    }

    /// All in a history that are judged so.
    static func all(_ history: History, _ model: OperationModel) -> [ModelledObject] {
        switch model {
        case .auto:
            // What transactions see of accounts is not only what transactions wrote.
            let keyed = KeyedModels(history, model).objects
            return keyed.contains { $0.kind == .bank } ? keyed : TransactionGroups(history).objects + keyed
        case .ownerlessLock: return KeyedModels(history, model).objects
        case .register, .casRegister, .set: return []
        }
    }
}
