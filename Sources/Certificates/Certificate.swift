/// For each object of a history an order of its operations that proves it linearizable: whoever follows it needs to trust no
/// checker.
///
/// This target knows histories and sequential models, and none of the checkers: `flaw(in:)` is short enough to be read.
public struct Certificate: Hashable, Sendable {
    /// What an object is; the raw value is its name in files.
    public enum Model: String, Hashable, Sendable, CaseIterable {
        case register, list, text
        /// Grows, and is read as a whole.
        case set
        /// A set that is used element by element.
        case elements
        case counter, lock, queue, stack
        case priorityQueue = "priority-queue"
    }

    /// One operation that takes effect.
    public struct Step: Hashable, Sendable {
        /// The index of its invocation.
        public var operation: Int
        /// Of a transaction of reads: the place of the read in it, from 0; `nil` for everything else.
        public var part: Int?

        public init(_ operation: Int, part: Int? = nil) {
            self.operation = operation
            self.part = part
        }
    }

    /// One object with the operations on it in the order in which they take effect.
    public struct Object: Hashable, Sendable {
        /// `nil` for the operations without a key, which are one object.
        public var key: String?
        public var model: Model
        public var order: [Step]

        public init(_ key: String?, _ model: Model, _ order: [Step]) {
            self.key = key
            self.model = model
            self.order = order
        }
    }

    public var objects: [Object]

    public init(_ objects: [Object]) { self.objects = objects }
}

/// Why a history is not proven by a certificate.
public struct CertificateFlaw: Hashable, Sendable, CustomStringConvertible {
    public var description: String

    init(_ description: String) { self.description = description }
}
