import Checkers
import Foundation
import HistoryModel
import Testing

/// The shared histories with known verdicts, beside the package.
private enum Corpus {
    /// `INQUEST_SHARED` names the shared folder where it is not beside the package.
    static let folder: URL = {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let named = ProcessInfo.processInfo.environment["INQUEST_SHARED"].map { URL(filePath: $0) }
        return (named ?? root.appending(path: "../shared")).appending(path: "data/generated").standardizedFileURL
    }()

    static let files: [String] = {
        let names = try? FileManager.default.contentsOfDirectory(atPath: folder.path)
        return (names ?? []).filter { $0.hasSuffix(".jsonl") }.sorted()
    }()

    static func history(_ file: String) throws -> History {
        let bytes = [UInt8](try Data(contentsOf: folder.appending(path: file)))
        return try JSONLines.read(bytes).history
    }

    /// What the folder's README says: valid by construction, unless something was put in. Queues and list-append are for
    /// models that do not exist here: they must not be called valid.
    static func expected(_ file: String) -> Judgement {
        if file.hasPrefix("q_") || file.hasPrefix("append_") { return .unknown }
        return file.contains("_bad") || file.hasPrefix("casib_") ? .invalid : .valid
    }
}

@Suite("Histories with known verdicts")
struct CorpusTests {
    @Test(
        "every recorded register history gets its known verdict",
        .enabled(
            if: !Corpus.files.isEmpty, "the shared histories are not beside this package (../shared/data/generated)"
        ),
        arguments: Corpus.files)
    func known(file: String) throws {
        let verdict = check(try Corpus.history(file), CheckOptions(guarantees: [.linearizable]))[0]
        #expect(verdict.judgement == Corpus.expected(file), "\(verdict.reason ?? "")")
        #expect(verdict.judgement != .invalid || verdict.anomalies[0].evidence.count <= 20)
    }
}
