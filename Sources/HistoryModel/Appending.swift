extension OperationColumns {
    mutating func reserve(_ operations: Int) {
        process.reserveCapacity(operations)
        function.reserveCapacity(operations)
        key.reserveCapacity(operations)
        outcome.reserveCapacity(operations)
        argument.reserveCapacity(operations)
        answer.reserveCapacity(operations)
        invocation.reserveCapacity(operations)
        completion.reserveCapacity(operations)
    }

    /// An operation that is open until it is completed.
    mutating func append(_ row: EventRow, process number: Int, position: Int) {
        process.append(Int32(truncatingIfNeeded: number))
        function.append(row.function)
        key.append(row.key)
        outcome.append(.info)
        argument.append(row.value)
        answer.append(.null)
        invocation.append(Int32(truncatingIfNeeded: position))
        completion.append(-1)
    }

    mutating func complete(_ ordinal: Int, _ row: EventRow, position: Int) {
        outcome[ordinal] = row.type
        answer[ordinal] = row.value
        completion[ordinal] = Int32(truncatingIfNeeded: position)
    }
}

extension ValueStore {
    /// A whole number that does not fit into a reference.
    mutating func wide(_ int: Int64) throws(HistoryError) -> ValueRef {
        ValueRef(
            number: try numbers.place(UInt64(bitPattern: int), .int, limit: ValueRef.numberLimit))
    }

    /// A whole number beyond 64 bits.
    mutating func wide(_ digits: String) throws(HistoryError) -> ValueRef {
        ValueRef(number: try numbers.place(digits: digits, limit: ValueRef.numberLimit))
    }

    mutating func double(_ double: Double) throws(HistoryError) -> ValueRef {
        ValueRef(number: try numbers.place(Self.bits(double), .double, limit: ValueRef.numberLimit))
    }

    mutating func addList(_ elements: UnsafeBufferPointer<ValueRef>) throws(HistoryError) -> ValueRef {
        let place = lists.count
        guard place + elements.count < ValueRef.listLimit else {
            throw HistoryError(.tooLarge, "the lists have more than \(ValueRef.listLimit) elements")
        }
        lists.append(ValueRef(bits: UInt32(truncatingIfNeeded: elements.count)))
        unsafe lists.append(contentsOf: elements)
        return ValueRef(list: place)
    }

    /// Names and values in turn.
    mutating func addObject(_ members: UnsafeBufferPointer<ValueRef>) throws(HistoryError) -> ValueRef {
        let place = objects.count
        guard place + members.count < ValueRef.objectLimit else {
            throw HistoryError(.tooLarge, "the objects have more than \(ValueRef.objectLimit / 2) members")
        }
        objects.append(ValueRef(bits: UInt32(truncatingIfNeeded: members.count / 2)))
        unsafe objects.append(contentsOf: members)
        return ValueRef(object: place)
    }
}
