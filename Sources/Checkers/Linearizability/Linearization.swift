/// For each object of a history its operations in the order in which they took effect, as far as they did.
public struct Linearization: Hashable, Sendable {
    /// What an object is; the raw value is its name in certificates.
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        case register, list, text, set, elements, counter, lock, queue, stack
        case priorityQueue = "priority-queue"
    }

    /// One operation that took effect.
    public struct Step: Hashable, Sendable {
        /// The ordinal of the operation in the history.
        public var ordinal: Int32
        /// Of a transaction of reads: the place of the read in it, from 0; -1 for everything else.
        public var part: Int32
    }

    public struct Object: Hashable, Sendable {
        /// `nil` for the operations without a key.
        public var key: String?
        public var kind: Kind
        public var order: [Step]
    }

    public internal(set) var objects: [Object] = []
}

extension Linearization.Kind {
    init(_ kind: ObjectKind) {
        self =
            switch kind {
            case .register: .register
            case .list: .list
            case .text: .text
            case .set: .set
            case .elements: .elements
            case .counter: .counter
            case .mutex: .lock
            case .queue: .queue
            case .stack: .stack
            case .priorityQueue: .priorityQueue
            }
    }
}

extension ObjectOperations {
    /// The same with positions in place of ordinals: of several reads of one transaction each is told apart.
    var numbered: ObjectOperations {
        var numbered = self
        numbered.operation = operation.indices.map { Int32($0) }
        return numbered
    }
}

extension JudgedObject {
    /// The same with the ordinals of the operations at these positions.
    func named(by operations: ObjectOperations) -> JudgedObject {
        var judged = self
        judged.passed = passed.map { Int(operations.operation[$0]) }
        if case .violated(let violations) = verdict {
            judged.verdict = .violated(
                violations.map { violation in
                    ObjectViolation(
                        Set(violation.operations.map { operations.operation[$0] }).sorted(), violation.detail)
                })
        }
        return judged
    }
}
