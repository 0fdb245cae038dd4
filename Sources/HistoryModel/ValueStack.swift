/// The elements of lists and objects that are not complete yet, the innermost on top.
///
/// An array would ask at every step whether it is shared; this is where long lists are read.
@safe
struct ValueStack: ~Copyable {
    private var storage: UnsafeMutableBufferPointer<ValueRef>
    private(set) var count = 0

    init() {
        unsafe storage = .allocate(capacity: 256)
        unsafe storage.initialize(repeating: .null)
    }

    deinit { unsafe storage.deallocate() }

    @inline(__always)
    mutating func push(_ element: ValueRef) {
        if unsafe count == storage.count { grow() }
        // The line above made room.
        unsafe storage[count] = element
        count += 1
    }

    /// Lends what lies above `mark`, and takes it away.
    @inline(__always)
    mutating func pop<Failure, Content>(
        from mark: Int, _ body: (UnsafeBufferPointer<ValueRef>) throws(Failure) -> Content
    ) throws(Failure) -> Content {
        precondition(mark >= 0 && mark <= count, "a mark is from a begin whose end has not come")
        let elements = unsafe UnsafeBufferPointer(rebasing: storage[mark..<count])
        count = mark
        return unsafe try body(elements)
    }

    private mutating func grow() {
        let larger = unsafe UnsafeMutableBufferPointer<ValueRef>.allocate(capacity: 2 * storage.count)
        unsafe larger.initialize(repeating: .null)
        for place in 0..<count { unsafe larger[place] = storage[place] }
        unsafe storage.deallocate()
        unsafe storage = larger
    }
}
