/// Linearizability of one grow-only set with full reads, exact, in time linear in what was read.
///
/// Reads must include one another; sorted by size, they and the adds between them form levels that must take effect in
/// this order. The add of an element that was invoked first is the one that puts it there: it can come before whatever the
/// others can, and all of them must come after the reads without the element. Adds that nobody saw come last if
/// acknowledged, and are dropped if `info`.
struct SetLevels {
    private let operations: ObjectOperations
    /// By element: the position of its first add, -1 for none.
    private var adder: [Int32]
    /// By element: the number of reads' sets, in the order of their sizes, that do not have it; -1 if none has it.
    private var step: [Int32]
    /// By step: a read of that set, -1 for the empty set if nobody read it.
    private var reads: [Int32] = [-1]
    private var level: [Int32]
    /// Adds of elements that were there already, by position.
    private var repeats: [Int32] = []
    private var violations: [ObjectViolation] = []

    static func check(_ operations: ObjectOperations, wantsOrder: Bool) -> ObjectVerdict {
        var checker = SetLevels(operations)
        checker.findSteps()
        guard checker.violations.isEmpty else { return .violated(checker.violations) }
        checker.findLevels()
        let levels = Levels(checker.level, count: checker.levelCount)
        checker.checkOrder(levels)
        guard checker.violations.isEmpty else { return .violated(checker.violations) }
        return .linearizable(order: wantsOrder ? checker.order() : nil)
    }

    private init(_ operations: ObjectOperations) {
        self.operations = operations
        adder = [Int32](repeating: -1, count: operations.valueCount)
        step = adder
        level = [Int32](repeating: -1, count: operations.count)
        for (position, function) in operations.function.enumerated() where function == .add {
            let element = operations.argument[position]
            if adder[element] < 0 { adder[element] = Int32(position) }
        }
    }

    private func elements(_ position: Int32) -> ArraySlice<Int32> { operations.elements[Int(position)] }

    /// Level 0 and every second one after it are reads, between them are adds; behind the last are unseen adds.
    private var levelCount: Int { 2 * reads.count }

    /// Compares each read with the next smaller one.
    private mutating func findSteps() {
        let positions = operations.function.indices.filter { operations.function[$0] == .read }.map(Int32.init)
        let sorted = positions.sorted { (elements($0).count, $0) < (elements($1).count, $1) }
        var stamps = [Int32](repeating: -1, count: operations.valueCount)
        var size = 0
        var previous: Int32 = -1
        for read in sorted where violations.count < ObjectVerdict.mostViolations {
            var known = 0
            var flaw: String?
            for element in elements(read) {
                if adder[element] < 0 { flaw = "nobody added one of its elements" }
                if stamps[element] == read { flaw = flaw ?? "it lists an element twice" }
                stamps[element] = read
                if step[element] >= 0 { known += 1 }
            }
            if flaw == nil, known < size {
                report([previous, read], "neither of two reads includes the other")
            } else if let flaw {
                report([read], flaw)
            } else {
                take(read, isLarger: elements(read).count > size)
                size = elements(read).count
                previous = read
            }
        }
    }

    private mutating func take(_ read: Int32, isLarger: Bool) {
        if isLarger {
            for element in elements(read) where step[element] < 0 { step[element] = Int32(reads.count) }
            reads.append(read)
        } else if reads[0] < 0, reads.count == 1 {
            reads[0] = read
        }
        level[read] = 2 * Int32(reads.count - 1)
    }

    private mutating func findLevels() {
        for position in Int32(0)..<Int32(operations.count) where operations.function[position] == .add {
            let element = operations.argument[position]
            if step[element] < 0 {
                level[position] = operations.ret[position] == .max ? -1 : Int32(levelCount - 1)
            } else if adder[element] == position {
                level[position] = 2 * step[element] - 1
            } else if operations.ret[position] != .max {
                repeats.append(position)
            }
        }
    }

    private mutating func checkOrder(_ levels: Levels) {
        for inversion in levels.inversions(operations).prefix(ObjectVerdict.mostViolations) {
            reportInversion(inversion.early, inversion.late, level[inversion.late])
        }
        guard violations.isEmpty, !repeats.isEmpty else { return }
        let latest = levels.latestCalls(operations)
        for add in repeats where violations.count < ObjectVerdict.mostViolations {
            // Every add of an element comes after the reads without it.
            let late = latest[2 * step[operations.argument[add]] - 2]
            if late >= 0, operations.ret[add] < operations.call[late] { reportInversion(add, late, level[late]) }
        }
    }

    /// Of two adds in the wrong order a read shows the one without the other.
    private mutating func reportInversion(_ early: Int32, _ late: Int32, _ level: Int32) {
        let areAdds = operations.function[early] == .add && operations.function[late] == .add
        report(areAdds ? [early, late, reads[(level + 1) / 2]] : [early, late], nil)
    }

    private mutating func report(_ positions: [Int32], _ detail: String?) {
        violations.append(ObjectViolation(positions.map { operations.operation[$0] }, detail))
    }

    /// The ordinals in an order that explains every answer: repeated adds go where real time puts them.
    private mutating func order() -> [Int32] {
        if !repeats.isEmpty { placeRepeats() }
        return Levels(level, count: levelCount).order().map { operations.operation[$0] }
    }

    /// A repeated add changes nothing, once the element is there: it goes to the level of the last operation that must
    /// come before it.
    private mutating func placeRepeats() {
        let ended = operations.ret.indices.filter { operations.ret[$0] != .max }
            .sorted { operations.ret[$0] < operations.ret[$1] }
        var highest: Int32 = 0
        var next = 0
        for add in repeats {
            while next < ended.count, operations.ret[ended[next]] < operations.call[add] {
                highest = max(highest, level[ended[next]])
                next += 1
            }
            level[add] = max(highest, 2 * step[operations.argument[add]] - 1)
        }
    }
}
