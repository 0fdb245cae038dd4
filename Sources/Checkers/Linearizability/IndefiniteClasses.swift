/// The indefinite operations by class: operations of one class have the same call and cannot be told apart, so that a
/// configuration only says how many of each it used.
///
/// These numbers are fields of a few words. The highest bit of a field, its guard, is never part of a number: one
/// subtraction then compares all fields of a word at once.
struct IndefiniteClasses {
    /// By class: the call.
    private(set) var calls: [Int32] = []
    /// By class: how many were invoked so far.
    private(set) var counts: [UInt64] = []
    /// By class: where its field is.
    private(set) var fields: [Field] = []
    private var totals: [UInt64] = []
    private var classOf: [Int32: Int] = [:]
    private var guards: [UInt64] = []
    /// The guards of the classes that none can stand in for.
    private var firmGuards: [UInt64] = []
    private var families: [Family] = []

    struct Field {
        var word: Int
        var shift: UInt64
        var mask: UInt64

        /// What it adds to its word to count one more.
        var one: UInt64 { 1 &<< shift }
        var guardBit: UInt64 { (mask &+ 1) &<< shift }

        @inline(__always)
        func value(_ words: [UInt64], _ start: Int = 0) -> UInt64 { words[start &+ word] &>> shift & mask }
    }

    /// A class that can stand in for others.
    private struct Family {
        var strong: Field
        var weak: [Field]
    }

    /// With more classes than this, who can stand in for whom is not asked: it only saves time.
    private static var mostCompared: Int { 128 }

    /// How many words hold the numbers of one configuration.
    var wordCount: Int { guards.count }

    /// Classes for all of these calls, one for each indefinite operation there will be; none of them is invoked yet.
    init(_ calls: [Int32], canStandIn: (Int32, Int32) -> Bool) {
        for call in calls {
            if let known = classOf[call] {
                totals[known] += 1
            } else {
                classOf[call] = self.calls.count
                self.calls.append(call)
                totals.append(1)
            }
        }
        counts = [UInt64](repeating: 0, count: totals.count)
        layOut()
        findFamilies(canStandIn)
    }

    private mutating func layOut() {
        var used = 64
        for total in totals {
            let bits = 64 - total.leadingZeroBitCount + 1
            if used + bits > 64 {
                guards.append(0)
                used = 0
            }
            fields.append(Field(word: guards.count - 1, shift: UInt64(used), mask: 1 << UInt64(bits - 1) - 1))
            used += bits
            guards[guards.count - 1] |= 1 << UInt64(used - 1)
        }
        firmGuards = guards
    }

    private mutating func findFamilies(_ canStandIn: (Int32, Int32) -> Bool) {
        guard calls.count <= Self.mostCompared else { return }
        var isWeak = [Bool](repeating: false, count: calls.count)
        var isStrong = isWeak
        for strong in calls.indices where !isWeak[strong] {
            let weak = calls.indices.filter { other in
                other != strong && !isWeak[other] && !isStrong[other] && canStandIn(calls[strong], calls[other])
            }
            guard !weak.isEmpty else { continue }
            isStrong[strong] = true
            for member in weak {
                isWeak[member] = true
                firmGuards[fields[member].word] &= ~fields[member].guardBit
            }
            families.append(Family(strong: fields[strong], weak: weak.map { fields[$0] }))
        }
    }

    /// The class of a call.
    func number(_ call: Int32) -> Int? { classOf[call] }

    /// One more operation of this class was invoked.
    mutating func invoke(_ number: Int) { counts[number] += 1 }

    /// True if one that used `words` has at least as much left as one that used `others`, counting that a stronger
    /// operation can stand in for a weaker one.
    @inline(__always)
    func covers(_ words: [UInt64], _ start: Int, _ others: [UInt64], _ otherStart: Int) -> Bool {
        var isLess = true
        for word in 0..<guards.count {
            let all = guards[word]
            let kept = ((others[otherStart &+ word] | all) &- words[start &+ word]) & all
            if kept == all { continue }
            guard kept & firmGuards[word] == firmGuards[word] else { return false }
            isLess = false
        }
        return isLess || familiesCover(words, start, others, otherStart)
    }

    private func familiesCover(_ words: [UInt64], _ start: Int, _ others: [UInt64], _ otherStart: Int) -> Bool {
        for family in families {
            var spare = family.strong.value(others, otherStart) &- family.strong.value(words, start)
            for weak in family.weak {
                let mine = weak.value(words, start)
                let other = weak.value(others, otherStart)
                guard mine > other else { continue }
                guard spare >= mine &- other else { return false }
                spare &-= mine &- other
            }
        }
        return true
    }

    /// How many operations a configuration used in all.
    func cost(_ words: [UInt64], _ start: Int) -> UInt64 {
        fields.reduce(0) { $0 + $1.value(words, start) }
    }
}
