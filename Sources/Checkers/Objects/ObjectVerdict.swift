/// What an algorithm says of one object.
enum ObjectVerdict: Hashable, Sendable {
    /// Some order explains every answer: where it was asked for, the ordinals of the operations in that order, without those
    /// that need not have taken effect.
    case linearizable(order: [Int32]?)
    /// Proofs that there is none, at least one and at most `mostViolations`.
    case violated([ObjectViolation])
    /// Why nobody can say.
    case undecided(String)

    /// The opposite, about all of the object's operations: for tests.
    func inverted(_ operations: [Int32]) -> ObjectVerdict {
        switch self {
        case .linearizable: .violated([ObjectViolation(operations)])
        case .violated: .linearizable(order: operations)
        case .undecided: self
        }
    }

    /// How many violations of one object are shown at most: each takes time to be made small.
    static var mostViolations: Int { 100 }
}

/// A few operations that no order explains, whatever the others did.
///
/// The updates that are not named may each have taken effect or not, within their own intervals, and the reads that are
/// not named are of no account: even so there is no order.
struct ObjectViolation: Hashable, Sendable {
    /// Ordinals of operations in the history, ascending, each once.
    var operations: [Int32]
    /// What else there is to say.
    var detail: String?

    init(_ operations: some Sequence<Int32>, _ detail: String? = nil) {
        self.operations = Set(operations).sorted()
        self.detail = detail
    }
}
