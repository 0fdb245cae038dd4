import Determinism

/// The processes that own keys: all that ever did, and those that still run.
struct Writers: Sendable {
    /// Every process that wrote, in order of its first write.
    private(set) var all: [Int] = []
    /// The process of each client.
    private var present: [Int: Int] = [:]
    /// Those of `all` that have not ended, in order of first write.
    private var living: [Int] = []

    /// Remembers the client's process; true if it is a new one.
    mutating func notice(_ process: Int, of client: Int) -> Bool {
        let former = present.updateValue(process, forKey: client)
        guard former != process else { return false }
        living.removeAll { $0 == former }
        return true
    }

    /// Notes that a process writes.
    mutating func add(_ process: Int) {
        guard !living.contains(process) else { return }
        living.append(process)
        all.append(process)
    }

    /// One of the living that write, not `process` unless there is no other; `nil` if nobody writes yet.
    func other(than process: Int, random: inout SeededRandom) -> Int? {
        let others = living.count - (living.contains(process) ? 1 : 0)
        guard others > 0 else { return living.first }
        var choice = random.below(others)
        for candidate in living where candidate != process {
            if choice == 0 { return candidate }
            choice -= 1
        }
        preconditionFailure("the choice is below the number of candidates")
    }
}
