import Replication
import Testing

@Suite("the list of mutants")
struct MutantTests {
    @Test("each is found by its number and by its name, and no two share either")
    func names() {
        #expect(Mutant.allCases.count == 74)
        #expect(Set(Mutant.allCases.map(\.name)).count == 74)
        #expect(Mutant.allCases.count(where: \.isCore) == 40)
        for mutant in Mutant.allCases {
            #expect(Mutant(mutant.id) == mutant)
            #expect(Mutant(mutant.name) == mutant)
            #expect(mutant.name == hyphenated("\(mutant)"))
        }
        #expect(Mutant("M39") == nil)
        #expect(Mutant("") == nil)
    }

    /// `voteNotPersisted` as `vote-not-persisted`.
    private func hyphenated(_ name: String) -> String {
        name.map { $0.isUppercase ? "-" + $0.lowercased() : String($0) }.joined()
    }
}
