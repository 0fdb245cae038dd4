import Checkers
import Testing
import Workloads

@Suite("The description of workload files")
struct DocumentationTests {
    private static let load = "name: x\nsystem: {kind: node-single}\nhosts: 3\n"

    /// The YAML examples of the description.
    private func examples() throws -> [String] {
        let parts = try CommittedFiles.text("docs/workload-file.md").split(
            separator: "```", omittingEmptySubsequences: false)
        return parts.filter { $0.hasPrefix("yaml\n") }.map { String($0.dropFirst("yaml\n".count)) }
    }

    @Test("its examples are accepted")
    func accepted() throws {
        let examples = try examples()
        #expect(examples.count == 2)
        for example in examples { _ = try Workload.load(text: Self.load + example, file: "example") }
    }

    @Test("it names every kind with its functions, every guarantee, policy and gate")
    func names() throws {
        let text = try CommittedFiles.text("docs/workload-file.md")
        let workload = try Workload.load(text: Self.load + examples()[0], file: "example")
        let words =
            WorkloadKind.allCases.flatMap { [$0.rawValue] + $0.defaultMix.map { "\($0.name): \($0.weight)" } }
            + workload.expectations.keys.map(\.rawValue) + ReadPolicy.allCases.map(\.rawValue)
            + GateChange.Gate.allCases.map(\.rawValue) + ExpectedOutcome.allCases.map(\.rawValue)
            + ExpectedVerdict.allCases.map(\.rawValue)
        for word in words { #expect(text.contains(word), "\(word) is not described") }
    }
}
