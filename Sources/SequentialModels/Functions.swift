public import HistoryModel

extension Call.Function {
    public static let read: Self = "read"
    public static let write: Self = "write"
    public static let cas: Self = "cas"
    /// Adds to a set.
    public static let add: Self = "add"
    public static let remove: Self = "remove"
    public static let contains: Self = "contains"
    /// Adds to the end of a list or of a text.
    public static let append: Self = "append"
    public static let increment: Self = "increment"
    public static let decrement: Self = "decrement"
    public static let acquire: Self = "acquire"
    public static let release: Self = "release"
    /// Makes a lease last longer.
    public static let renew: Self = "renew"
    /// Moves money from one account to another.
    public static let transfer: Self = "transfer"
    /// Says what is in accounts at first.
    public static let open: Self = "open"
    /// Several reads and writes at once.
    public static let txn: Self = "txn"
    public static let enqueue: Self = "enqueue"
    public static let dequeue: Self = "dequeue"
    public static let push: Self = "push"
    public static let pop: Self = "pop"
    public static let pushFront: Self = "push-front"
    public static let pushBack: Self = "push-back"
    public static let popFront: Self = "pop-front"
    public static let popBack: Self = "pop-back"
    public static let peekFront: Self = "peek-front"
    public static let peekBack: Self = "peek-back"
    /// Adds to a priority queue.
    public static let insert: Self = "insert"
    /// Takes the largest out of a priority queue.
    public static let pollMax: Self = "poll-max"
    /// Shows the next element of a queue, stack or priority queue and leaves it there.
    public static let peek: Self = "peek"
}

extension Call {
    /// The call of an operation that took effect, without its key.
    ///
    /// Updates of which everybody knows the answer have none, so that all that do the same are equal; so does what did not
    /// end with `ok`. A `cas` stands for one whose comparison held: one that failed had no effect and is no call.
    public init(_ operation: HistoryModel.Operation) {
        let function = Function(rawValue: operation.f)
        let isAnswered = operation.outcome == .ok && !Self.unanswered.contains(function)
        self.init(function, operation.argument, result: isAnswered ? operation.result : Optional.none)
    }

    private static let unanswered: Set<Function> = [
        .write, .cas, .add, .append, .enqueue, .push, .pushFront, .pushBack, .insert, .increment, .decrement,
    ]

    /// True for calls that never change the object.
    public var isRead: Bool { Self.reads.contains(function) }

    private static let reads: Set<Function> = [.read, .peek, .peekFront, .peekBack, .contains]
}
