/// What the algorithms ask of an object before they take it.
extension ObjectOperations {
    /// True if it is read as a list or a set.
    var hasElements: Bool { function.contains(.append) || !elements.numbers.isEmpty }

    /// True if all reads brought back one value, or all of them elements.
    var areReadsAsExpected: Bool {
        let isList = hasElements || function.contains(.add)
        return function.indices.allSatisfy { function[$0] != .read || (isList ? result[$0] <= 0 : result[$0] >= 0) }
    }

    /// True if no two updates have the same argument and none has null.
    var hasUniqueUpdates: Bool {
        var isKnown = [Bool](repeating: false, count: valueCount)
        isKnown[0] = true
        for position in function.indices where function[position] != .read {
            guard !isKnown[argument[position]] else { return false }
            isKnown[argument[position]] = true
        }
        return true
    }

    /// Amounts beyond this size are left to other algorithms, so that no sum overflows.
    private static var largestAmount: UInt64 { 1 << 31 }

    /// True if all increments are by known amounts and return nothing, and all reads are answered.
    var hasPlainAmounts: Bool {
        function.indices.allSatisfy { position in
            guard function[position] == .increment else { return result[position] >= 0 }
            return result[position] < 0 && amount[argument[position]].magnitude <= Self.largestAmount
        }
    }

    /// The amount by which every increment moves a counter; `nil` if there are several, or it is 0.
    var commonAmount: Int64? {
        var common: Int64?
        for position in function.indices where function[position] == .increment {
            let own = amount[argument[position]]
            guard own == common ?? own, own != 0 else { return nil }
            common = own
        }
        return common ?? 1
    }

    /// True if no process does anything after an operation that nobody saw end.
    var haveProcessesOneEnd: Bool {
        var ended: Set<Int32> = []
        for position in function.indices {
            guard !ended.contains(process[position]) else { return false }
            if ret[position] == .max { ended.insert(process[position]) }
        }
        return true
    }

    /// True if all acquisitions that returned brought back a token, or none did.
    var hasAllTokensOrNone: Bool {
        let acquisitions = function.indices.filter { function[$0] == .acquire && ret[$0] != .max }
        return acquisitions.allSatisfy { result[$0] >= 0 } || acquisitions.allSatisfy { result[$0] < 0 }
    }

    /// True if no two operations put in the same value and none puts in null, and if it is known what was seen by all that
    /// returned.
    var hasUniqueInsertions: Bool {
        var isKnown = [Bool](repeating: false, count: valueCount)
        isKnown[0] = true
        for position in function.indices {
            guard argument[position] >= 0 else {
                guard (ret[position] == .max) == (result[position] < 0) else { return false }
                continue
            }
            guard !isKnown[argument[position]] else { return false }
            isKnown[argument[position]] = true
        }
        return true
    }

    /// True if the amounts say how high each value is that is put in, and no two are equal.
    var hasUniquePriorities: Bool {
        guard amount.count >= valueCount else { return false }
        let priorities = argument.filter { $0 >= 0 }.map { amount[$0] }.sorted()
        return zip(priorities, priorities.dropFirst()).allSatisfy { $0 < $1 }
    }
}
