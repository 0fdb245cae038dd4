/// The indefinite operations by class: operations of one class have the same call and cannot be told apart.
struct IndefiniteClasses {
    private(set) var calls: [Int32] = []
    private(set) var counts: [UInt16] = []
    /// By class: the one that does all that it does and more, if there is one.
    private var stronger: [Int?] = []
    private var numbers: [Int32: Int] = [:]

    /// Counts one more operation with this call.
    mutating func add(_ call: Int32, canStandIn: (Int32, Int32) -> Bool) {
        if let known = numbers[call] {
            counts[known] = min(counts[known], .max - 1) + 1
            return
        }
        let number = calls.count
        numbers[call] = number
        calls.append(call)
        counts.append(1)
        stronger.append(nil)
        for other in 0..<number {
            if canStandIn(call, calls[other]) { stronger[other] = number }
            if canStandIn(calls[other], call) { stronger[number] = other }
        }
    }

    /// True if one that used `other` has at least as much left as one that used `used`, counting that a stronger
    /// operation can stand in for a weaker one.
    func isCovered(_ used: [UInt16], by other: [UInt16]) -> Bool {
        if Self.isLess(other, used) { return true }
        guard calls.indices.contains(where: { stronger[$0] != nil }) else { return false }
        var slack = calls.indices.map { Int(Self.at(used, $0)) - Int(Self.at(other, $0)) }
        for number in calls.indices {
            guard let strong = stronger[number], slack[number] < 0 else { continue }
            slack[strong] += slack[number]
            slack[number] = 0
        }
        return slack.allSatisfy { $0 >= 0 }
    }

    private static func at(_ used: [UInt16], _ number: Int) -> UInt16 {
        number < used.count ? used[number] : 0
    }

    private static func isLess(_ left: [UInt16], _ right: [UInt16]) -> Bool {
        guard left.count <= right.count else { return false }
        return left.indices.allSatisfy { left[$0] <= right[$0] }
    }
}
