/// The operations on one object in the order of their invocations, as columns of dense small numbers: what algorithms take.
///
/// Every column has one entry for each operation, and a *position* is a place in the columns. Left out are operations that
/// failed (a cas whose comparison failed too, which is sound) and reads that nobody knows the answer of: they constrain
/// nothing.
struct ObjectOperations: Hashable, Sendable {
    /// What an operation does to the object.
    enum Function: UInt8, Hashable, Sendable, CaseIterable {
        case read, write, cas
        case append
        case add, remove, contains
        case increment
        case acquire, release
        case enqueue, dequeue
        case push, pop
        case insert, pollMax
        /// Shows the next element of a queue, stack or priority queue and leaves it there.
        case peek
    }

    /// The ordinal of the operation in the history. Parts of one transaction share it.
    var operation: [Int32] = []
    var process: [Int32] = []
    /// The instant of the invocation, at least 0. Instants are dense ranks of times, equal for equal times; an operation
    /// took effect at an instant from `call` up to `ret`, both included, so that operations that touch are concurrent.
    var call: [Int32] = []
    /// The instant of the answer; `Int32.max` for an operation that nobody saw end, which need not have taken effect.
    var ret: [Int32] = []
    var function: [Function] = []
    /// The number of what is written, appended, added, enqueued, ...; the amount of an increment, by number. -1: none.
    var argument: [Int32] = []
    /// The number of what a cas compares with; -1 for everything else.
    var expected: [Int32] = []
    /// The number of what was seen: 0 is null, absent, empty. -1: nobody knows, or there is nothing to see. 1 and 0 are
    /// yes and no of a `contains`, and whether a `remove` or a cas changed anything; the token of an `acquire`, by number.
    var result: [Int32] = []
    /// The elements that a read of a list or set brought back; empty for everything else.
    var elements = Lists()
    /// Numbers are `0..<valueCount`; equal values have equal numbers, and 0 is null.
    var valueCount = 1
    /// By number: how much an increment adds or a counter held, the order of tokens, the priority of what is in a priority
    /// queue; empty for objects without any.
    var amount: [Int64] = []
    /// True if some process may have invoked an operation at the instant at which its last one had ended: then instants
    /// alone do not tell the order of its operations.
    var hasTies = false

    var count: Int { operation.count }

    /// Makes room for so many operations.
    mutating func reserve(_ count: Int) {
        operation.reserveCapacity(count)
        process.reserveCapacity(count)
        call.reserveCapacity(count)
        ret.reserveCapacity(count)
        function.reserveCapacity(count)
        argument.reserveCapacity(count)
        expected.reserveCapacity(count)
        result.reserveCapacity(count)
    }
}

/// Many lists of numbers in one flat array.
struct Lists: Hashable, Sendable {
    /// Where each list ends in `numbers`; lists behind the last of these are empty.
    private var ends: [Int32] = []
    private(set) var numbers: [Int32] = []

    /// Adds elements to the list at a position behind which no list has any yet.
    mutating func append(_ number: Int32, at position: Int) {
        precondition(position >= ends.count - 1, "lists are filled in their order")
        while ends.count <= position { ends.append(Int32(numbers.count)) }
        numbers.append(number)
        ends[position] = Int32(numbers.count)
    }

    /// The range in `numbers` of the list at a position.
    func range(_ position: Int) -> Range<Int> {
        guard position < ends.count else { return 0..<0 }
        return (position == 0 ? 0 : Int(ends[position - 1]))..<Int(ends[position])
    }

    subscript(_ position: Int) -> ArraySlice<Int32> { numbers[range(position)] }
}
