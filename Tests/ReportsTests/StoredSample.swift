import FoundationEssentials
import PageTesting
import RunStore
import Testing

/// The run that is committed to look at: a real one.
enum StoredSample {
    static let path =
        #filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 } + "/reports/sample"

    static func load() throws -> StoredRun { try StoredRun.load(path) }
}

/// A page's file, which goes with its test.
struct PageFile: ~Copyable {
    let path: String

    init(_ html: [UInt8]) throws {
        path = FileManager.default.temporaryDirectory.path + "/inquest-page-\(UUID().uuidString).html"
        try Data(html).write(to: URL(filePath: path))
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// Opens a page to look at and to use.
func withSession<Result>(
    _ html: [UInt8], width: Int = 1200, _ body: (BrowserSession) throws -> Result
) throws -> Result {
    let file = try PageFile(html)
    let session = try BrowserSession(file: file.path, width: width)
    defer { session.close() }
    return try body(session)
}

extension Trait where Self == ConditionTrait {
    static var needsBrowser: Self {
        .enabled(if: Browser.isExpected, "chromium is not installed: apt-get install chromium")
    }
}
