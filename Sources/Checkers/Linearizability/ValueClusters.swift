/// The values of one register, each written at most once: who wrote it, who read it, and what a cas put directly behind it.
struct ValueClusters {
    let operations: ObjectOperations
    /// By value: the position of the update that wrote it, -1 for none.
    private(set) var writer: [Int32]
    /// By value: the read of it that returned first, -1 for none.
    private(set) var earliestRead: [Int32]
    /// By value: the read of it that was invoked last, -1 for none.
    private(set) var latestRead: [Int32]
    /// By value: an operation that says that it was there, -1 if nothing does: a read, its own acknowledged update, or a cas
    /// on it whose own value was there.
    private(set) var witness: [Int32]
    /// By value: the value that a cas put directly behind it, -1 for none.
    private(set) var next: [Int32]
    /// Values that were seen although nobody wrote them, each once with one operation that saw it.
    private(set) var phantoms: [(value: Int32, seenBy: Int32)] = []
    /// Pairs of cas that replaced the same value.
    private(set) var forks: [(Int32, Int32)] = []

    init(_ operations: ObjectOperations) {
        self.operations = operations
        let none = [Int32](repeating: -1, count: operations.valueCount)
        (writer, earliestRead, latestRead, witness, next) = (none, none, none, none, none)
        gather()
        findReal()
        if phantoms.isEmpty { link() }
    }

    private mutating func gather() {
        let ret = operations.ret
        for position in operations.function.indices {
            guard operations.function[position] == .read else {
                writer[operations.argument[position]] = Int32(position)
                continue
            }
            let value = operations.result[position]
            let first = earliestRead[value]
            if first < 0 || ret[position] < ret[first] { earliestRead[value] = Int32(position) }
            // Positions are in the order of invocations.
            latestRead[value] = Int32(position)
        }
    }

    private mutating func findReal() {
        for value in witness.indices where witness[value] < 0 {
            if earliestRead[value] >= 0 {
                follow(Int32(value), seenBy: earliestRead[value])
            } else if writer[value] >= 0, operations.ret[writer[value]] != .max {
                follow(Int32(value), seenBy: writer[value])
            }
        }
    }

    /// A value was there: so was what the cas that wrote it replaced, and so on.
    private mutating func follow(_ value: Int32, seenBy: Int32) {
        var (value, seenBy) = (value, seenBy)
        while witness[value] < 0 {
            witness[value] = seenBy
            guard writer[value] >= 0 else {
                if value != 0 { phantoms.append((value, seenBy)) }
                return
            }
            seenBy = writer[value]
            guard operations.expected[seenBy] >= 0 else { return }
            value = operations.expected[seenBy]
        }
    }

    private mutating func link() {
        for value in writer.indices where witness[value] >= 0 && writer[value] >= 0 {
            let expected = operations.expected[writer[value]]
            guard expected >= 0 else { continue }
            if next[expected] >= 0 {
                forks.append((writer[next[expected]], writer[value]))
            } else {
                next[expected] = Int32(value)
            }
        }
    }
}

extension ValueClusters {
    /// How many values there were, the initial one included.
    var realCount: Int { witness.dropFirst().count { $0 >= 0 } + 1 }

    /// True if a chain of cas begins with this value: it was there and no cas put it behind another one.
    func isHead(_ value: Int32) -> Bool {
        guard writer[value] >= 0 else { return value == 0 }
        return witness[value] >= 0 && operations.expected[writer[value]] < 0
    }

    /// The values from the head of a chain to its end.
    func chain(_ head: Int32) -> [Int32] {
        var values: [Int32] = []
        var value = head
        while value >= 0 {
            values.append(value)
            value = next[value]
        }
        return values
    }
}
