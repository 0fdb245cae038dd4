/// In which order operations took effect, for many configurations at once: each ends in a step and shares the steps before
/// with others.
struct Trail {
    /// By step: the one before, -1 at the beginning.
    private var before: [Int32] = []
    /// By step: the position of the operation or, if the number is negative, the complement of a class of indefinite
    /// operations of which one took effect.
    private var what: [Int32] = []
    /// With more steps than this, those are dropped that lead nowhere.
    private var most = 1 << 16

    static var start: Int32 { -1 }

    var bytes: Int { before.count * 8 }
    var isLong: Bool { before.count > most }

    /// The step behind `last` at which this took effect.
    mutating func step(_ what: Int32, after last: Int32) -> Int32 {
        before.append(last)
        self.what.append(what)
        return Int32(before.count - 1)
    }

    /// Keeps the steps that lead to one of `ends`; answers the new numbers of all steps.
    mutating func keep(_ ends: [Int32]) -> [Int32] {
        var isKept = [Bool](repeating: false, count: before.count)
        for end in ends where end >= 0 { isKept[Int(end)] = true }
        for step in before.indices.reversed() where isKept[step] && before[step] >= 0 {
            isKept[Int(before[step])] = true
        }
        var numbers = [Int32](repeating: Self.start, count: before.count)
        var count = 0
        for step in before.indices where isKept[step] {
            numbers[step] = Int32(count)
            before[count] = before[step] < 0 ? Self.start : numbers[Int(before[step])]
            what[count] = what[step]
            count += 1
        }
        before.removeLast(before.count - count)
        what.removeLast(what.count - count)
        most = max(1 << 16, 4 * count)
        return numbers
    }

    /// The positions of the operations up to a step, in order; `families` are the positions of the operations of each
    /// class in the order in which they could be used. Which of those took effect makes no difference: the first.
    func positions(upTo end: Int32, _ families: [[Int32]]) -> [Int32] {
        var steps: [Int32] = []
        var step = end
        while step >= 0 {
            steps.append(what[Int(step)])
            step = before[Int(step)]
        }
        let named = Set(steps)
        var left = families.map { family in family.filter { !named.contains($0) }.reversed().map(\.self) }
        return steps.reversed().map { step in
            guard step < 0 else { return step }
            guard let first = left[Int(~step)].popLast() else {
                preconditionFailure("more operations of a class took effect than there are")
            }
            return first
        }
    }
}
