import Testing

@testable import Checkers

@Suite("Classes of indefinite operations")
struct IndefiniteClassesTests {
    /// Two cas classes, 0 and 1, and a write, 2, that can stand in for both.
    private static var classes: IndefiniteClasses {
        var classes = IndefiniteClasses()
        for call: Int32 in [0, 1, 2] { classes.add(call) { left, right in left == 2 && right != 2 } }
        return classes
    }

    static let cases: [([UInt16], [UInt16], Bool)] = [
        ([], [], true), ([1], [], true), ([], [1], false), ([1, 2], [1, 1], true), ([2, 1], [1, 2], false),
        // One that used a write is covered by one that used a cas instead, but not the other way round.
        ([0, 0, 1], [1], true), ([1], [0, 0, 1], false), ([0, 0, 1], [1, 1], false), ([0, 0, 2], [1, 1], true),
        ([0, 0, 1], [2], false), ([0, 1, 1], [1, 0], true),
    ]

    @Test("what used no more than another covers it, a write counting for any cas to its value", arguments: cases)
    func covers(used: [UInt16], other: [UInt16], isCovered: Bool) {
        #expect(Self.classes.isCovered(used, by: other) == isCovered)
    }

    @Test("the order in which classes come makes no difference")
    func order() {
        var classes = IndefiniteClasses()
        for call: Int32 in [2, 0] { classes.add(call) { left, right in left == 2 && right != 2 } }
        #expect(classes.isCovered([1], by: [0, 1]))
        #expect(!classes.isCovered([0, 1], by: [1]))
    }
}
