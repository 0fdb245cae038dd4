import FoundationEssentials
import Reports
import RunStore
import Testing

@Suite struct ReportFileTests {
    private func withDirectory(_ body: (RunDirectory) throws -> Void) throws {
        let path = FileManager.default.temporaryDirectory.path + "/inquest-reports-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: path) }
        try body(RunDirectory(path: path))
    }

    @Test func `a judged run gets its four files`() throws {
        try withDirectory { directory in
            #expect(ReportFiles.write(try TextReportTests.run(), to: directory) == [])
            let names = try FileManager.default.contentsOfDirectory(atPath: directory.path)
            #expect(Set(names) == ["verdict.json", "index.html", "junit.xml", "summary.md"])
        }
    }

    @Test func `one that cannot be written does not keep the others from being written`() throws {
        try withDirectory { directory in
            for path in [directory.verdict, directory.junit] {
                try FileManager.default.createDirectory(atPath: path + "/taken", withIntermediateDirectories: true)
            }
            let errors = ReportFiles.write(try TextReportTests.run(), to: directory)
            #expect(errors.map(\.path) == [directory.verdict, directory.junit])
            #expect(errors.allSatisfy { $0.code == .cannotWrite })
            for path in [directory.report, directory.summary] {
                #expect(FileManager.default.contents(atPath: path)?.isEmpty == false)
            }
        }
    }
}
