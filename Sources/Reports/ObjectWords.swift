import HistoryModel

/// What was done to a list, set, counter, queue, stack or lock in words.
struct ObjectWords {
    private let operation: Operation

    init(_ operation: Operation) {
        self.operation = operation
    }

    /// `took the next out of key "q" and got nothing`; empty if this is no such operation.
    var deed: String {
        switch operation.f {
        case "append": done("appended", "append", to: "to", default: "the list")
        case "enqueue", "enq": done("enqueued", "enqueue", to: "in", default: "the queue")
        case "push": done("pushed", "push", to: "on", default: "the stack")
        case "push-front": done("pushed", "push", to: "to the front of", default: "the deque")
        case "push-back": done("pushed", "push", to: "to the back of", default: "the deque")
        case "insert": done("inserted", "insert", to: "into", default: "the queue")
        case "remove": removal
        case "contains": question
        case "increment", "inc": moved("incremented", "increment")
        case "decrement", "dec": moved("decremented", "decrement")
        case "dequeue", "deq": taken("dequeued", "dequeue", "the queue")
        case "pop": taken("popped", "pop", "the stack")
        case "pop-front": taken("popped the front", "pop the front", "the deque")
        case "pop-back": taken("popped the back", "pop the back", "the deque")
        case "poll", "poll-max": taken("took the largest", "take the largest", "the queue")
        case "peek": looked(at: "next")
        case "peek-front": looked(at: "at the front", default: "the deque")
        case "peek-back": looked(at: "at the back", default: "the deque")
        case "drain": drained
        case "acquire", "lock": acquisition
        case "renew":
            isOK ? "renewed the lease \(value) of \(lock)" : "tried to renew the lease \(value) of \(lock)"
        case "release", "unlock": operation.outcome == .ok ? "released \(lock)" : "tried to release \(lock)"
        default: ""
        }
    }

    private var isOK: Bool { operation.outcome == .ok }
    private var value: String { Words.value(operation.argument) }
    private var answer: String { operation.result.isNull ? "nothing" : Words.value(operation.result) }
    private var lock: String { operation.key.map { "the lock \"\(Words.cut($0, 60))\"" } ?? "the lock" }

    private var key: String { operation.key.map { "key \"\(Words.cut($0, 60))\"" } ?? "" }

    /// The object, by its key if it has one.
    private func place(_ otherwise: String) -> String { operation.key == nil ? otherwise : key }

    private func done(
        _ past: String, _ verb: String, to: String, default otherwise: String
    ) -> String {
        "\(isOK ? past : "tried to \(verb)") \(value) \(to) \(place(otherwise))"
    }

    private func moved(_ past: String, _ verb: String) -> String {
        let amount = operation.argument.isNull ? "1" : value
        return "\(isOK ? past : "tried to \(verb)") \(place("the counter")) by \(amount)"
    }

    private func taken(_ past: String, _ verb: String, _ otherwise: String) -> String {
        isOK
            ? "\(past) from \(place(otherwise)) and got \(answer)"
            : "tried to \(verb) from \(place(otherwise))"
    }

    private func looked(at position: String, default otherwise: String = "the queue") -> String {
        let what = "at what is \(position) in \(place(otherwise))"
        return isOK ? "looked \(what) and saw \(answer)" : "tried to look \(what)"
    }

    private var drained: String {
        let what = "all that was left out of \(place("the queue"))"
        return isOK ? "took \(what) and got \(answer)" : "tried to take \(what)"
    }

    private var removal: String {
        let what = "\(value) from \(place("the set"))"
        guard isOK else { return "tried to remove \(what)" }
        return operation.result == false
            ? "wanted to remove \(what) and was told that it was not there" : "removed \(what)"
    }

    private var question: String {
        let what = "whether \(value) is in \(place("the set"))"
        guard isOK else { return "tried to ask \(what)" }
        let told = operation.result.bool.map { $0 ? "yes" : "no" } ?? answer
        return "asked \(what) and got \(told)"
    }

    private var acquisition: String {
        guard isOK else { return "tried to acquire \(lock)" }
        return "acquired \(lock)" + (operation.result.int.map { " and got the token \($0)" } ?? "")
    }
}
