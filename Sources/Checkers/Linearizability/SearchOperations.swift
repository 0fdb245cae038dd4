/// The operations of one object as the frontier search takes them, in the order of their invocations; every column has
/// `count` entries.
struct SearchOperations {
    /// The ordinal in the history.
    private(set) var operation: [Int32] = []
    /// Any numbers that tell processes apart.
    private(set) var process: [Int32] = []
    /// The instant of the invocation; intervals are closed, so that equal instants are concurrent.
    private(set) var call: [Int32] = []
    /// The instant of the return; `indefinite` if it may never have happened: then it need not take effect, and may do
    /// so at any time from its invocation on.
    private(set) var ret: [Int32] = []
    /// The number of what it did, in the table of calls.
    private(set) var number: [Int32] = []
    /// Whether it need not have taken effect although it returned; empty if there is none such.
    private var optional: [Bool] = []

    static var indefinite: Int32 { .max }

    var count: Int { operation.count }

    mutating func reserve(_ count: Int) {
        operation.reserveCapacity(count)
        process.reserveCapacity(count)
        call.reserveCapacity(count)
        ret.reserveCapacity(count)
        number.reserveCapacity(count)
    }

    /// Adds an operation that was not invoked before the last one.
    mutating func append(operation: Int32, process: Int32, call: Int32, ret: Int32, number: Int32) {
        precondition(self.call.last.map { $0 <= call } ?? true, "operations come in the order of their invocations")
        precondition(call <= ret, "an operation returns after its invocation")
        self.operation.append(operation)
        self.process.append(process)
        self.call.append(call)
        self.ret.append(ret)
        self.number.append(number)
    }

    func isIndefinite(_ position: Int) -> Bool { ret[position] == Self.indefinite }

    func isOptional(_ position: Int) -> Bool { !optional.isEmpty && optional[position] }

    /// Says which operations need not have taken effect, within their intervals.
    mutating func setOptional(_ optional: [Bool]) {
        precondition(optional.count == count, "each operation is optional or not")
        self.optional = optional
    }
}

/// The way of a search through its operations.
struct SearchWalk {
    let operations: SearchOperations
    /// Invocations and returns in order, each as twice its position and one more for a return; at equal instants
    /// invocations come first, because the ends of intervals belong to them. An indefinite operation has no return.
    private(set) var moments: [UInt32] = []
    /// By position: the operation of the same process that had not returned before the instant of the invocation, -1 if
    /// there is none; empty if there is none at all. It returned at that very instant, or both are parts of one drain.
    /// Intervals alone do not say that the two are in order.
    private(set) var predecessors: [Int32] = []
    /// How many operations may be under way at one time, apart from indefinite ones that need not be told apart.
    private(set) var mostAtOnce = 0

    init(_ operations: SearchOperations) {
        self.operations = operations
        findMoments()
        findPredecessors()
        var now = 0
        for moment in moments where !operations.isIndefinite(Int(moment >> 1)) {
            now += moment & 1 == 0 ? 1 : -1
            mostAtOnce = max(mostAtOnce, now)
        }
        mostAtOnce += predecessors.indices.count { predecessors[$0] >= 0 && operations.isIndefinite($0) }
    }

    private mutating func findMoments() {
        let count = operations.count
        var returns: [UInt64] = []
        returns.reserveCapacity(count)
        for position in 0..<count where !operations.isIndefinite(position) {
            returns.append(UInt64(UInt32(bitPattern: operations.ret[position])) << 32 | UInt64(position))
        }
        RadixSort.sort(&returns, byBitsFrom: 32)
        moments.reserveCapacity(count + returns.count)
        var position = 0
        for entry in returns {
            let instant = Int32(bitPattern: UInt32(entry >> 32))
            while position < count, operations.call[position] <= instant {
                moments.append(UInt32(position) << 1)
                position += 1
            }
            moments.append(UInt32(truncatingIfNeeded: entry) << 1 | 1)
        }
        while position < count {
            moments.append(UInt32(position) << 1)
            position += 1
        }
    }

    private mutating func findPredecessors() {
        var last = LastOfProcess(operations)
        for position in 0..<operations.count {
            let before = last.exchange(operations.process[position], Int32(position))
            // What nobody saw end is behind what had ended before, and before nothing.
            if operations.isIndefinite(position) { _ = last.exchange(operations.process[position], before) }
            guard before >= 0, operations.ret[Int(before)] >= operations.call[position] else { continue }
            if predecessors.isEmpty { predecessors = [Int32](repeating: -1, count: operations.count) }
            predecessors[position] = before
        }
    }
}

/// The latest operation of each process.
private struct LastOfProcess {
    /// By process, if their numbers are small.
    private var dense: [Int32] = []
    private var sparse: [Int32: Int32] = [:]

    init(_ operations: SearchOperations) {
        let highest = operations.process.max() ?? 0
        let isDense = operations.process.allSatisfy { $0 >= 0 } && Int(highest) <= 4 * operations.count + 64
        if isDense { dense = [Int32](repeating: -1, count: Int(highest) + 1) }
    }

    /// The latest operation so far, -1 if there is none, replaced by this one.
    mutating func exchange(_ process: Int32, _ position: Int32) -> Int32 {
        guard !dense.isEmpty else { return sparse.updateValue(position, forKey: process) ?? -1 }
        let before = dense[Int(process)]
        dense[Int(process)] = position
        return before
    }
}
