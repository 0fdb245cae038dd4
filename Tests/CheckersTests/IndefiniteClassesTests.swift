import Testing

@testable import Checkers

@Suite("Classes of indefinite operations")
struct IndefiniteClassesTests {
    /// Two cas classes, 0 and 1, and a write, 2, that can stand in for both; three operations each.
    private static func classes(_ order: [Int32]) -> IndefiniteClasses {
        IndefiniteClasses(order + order + order) { left, right in left == 2 && right != 2 }
    }

    /// What a configuration used, by call.
    private static func words(_ used: [Int], _ classes: IndefiniteClasses) -> [UInt64] {
        var words = [UInt64](repeating: 0, count: classes.wordCount)
        for (call, number) in used.enumerated() {
            guard let family = classes.number(Int32(call)) else { continue }
            words[classes.fields[family].word] += classes.fields[family].one * UInt64(number)
        }
        return words
    }

    static let cases: [([Int], [Int], Bool)] = [
        ([], [], true), ([1], [], true), ([], [1], false), ([1, 2], [1, 1], true), ([2, 1], [1, 2], false),
        // One that used a write is covered by one that used a cas instead, but not the other way round.
        ([0, 0, 1], [1], true), ([1], [0, 0, 1], false), ([0, 0, 1], [1, 1], false), ([0, 0, 2], [1, 1], true),
        ([0, 0, 1], [2], false), ([0, 1, 1], [1, 0], true),
    ]

    @Test(
        "what used no more than another covers it, a write counting for any cas to its value, in any order of classes",
        arguments: cases, [[0, 1, 2], [2, 1, 0], [1, 2, 0]])
    func covers(named: ([Int], [Int], Bool), order: [Int32]) {
        let classes = Self.classes(order)
        let (used, other, isCovered) = named
        #expect(classes.covers(Self.words(other, classes), 0, Self.words(used, classes), 0) == isCovered)
    }

    @Test("classes fill as many words as they need, and their numbers do not touch one another")
    func layout() {
        let calls = (0..<40).map { Int32($0) }
        let classes = IndefiniteClasses(calls + calls + calls) { _, _ in false }
        #expect(classes.wordCount == 2)
        let one = Self.words([Int](repeating: 3, count: 40), classes)
        #expect(classes.cost(one, 0) == 120)
        for call in 0..<40 {
            let less = Self.words((0..<40).map { $0 == call ? 2 : 3 }, classes)
            #expect(classes.covers(less, 0, one, 0))
            #expect(!classes.covers(one, 0, less, 0))
        }
    }
}
