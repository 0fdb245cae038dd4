import Checkers
import Foundation
import Testing

@Suite("Documents") struct DocumentTests {
    private static let documents: [String] = {
        let names =
            FileManager.default.enumerator(atPath: Inquest.root + "/docs")?.compactMap { $0 as? String } ?? []
        return ["README.md", "CONTRIBUTING.md"] + names.filter { $0.hasSuffix(".md") }.sorted().map { "docs/\($0)" }
    }()

    @Test("every link to a file leads somewhere", arguments: documents)
    func links(_ document: String) throws {
        let text = try String(contentsOfFile: "\(Inquest.root)/\(document)", encoding: .utf8)
        let directory = URL(filePath: "\(Inquest.root)/\(document)").deletingLastPathComponent()
        for link in text.matches(of: /\]\(([^)#]+)[^)]*\)/).map({ String($0.1) }) where !link.contains("://") {
            let file = directory.appending(path: link).path
            #expect(FileManager.default.fileExists(atPath: file), "\(document) leads to \(link)")
        }
    }
}
