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
        return (named ?? root.appending(path: "../shared")).appending(path: "data").standardizedFileURL
    }()

    static let files: [String] = ["generated", "kv"].flatMap { part in
        let names = try? FileManager.default.contentsOfDirectory(atPath: folder.appending(path: part).path)
        return (names ?? []).sorted().map { "\(part)/\($0)" }
    }

    static func history(_ file: String) throws -> History {
        let bytes = [UInt8](try Data(contentsOf: folder.appending(path: file)))
        return try HistoryFormat.read(bytes).history
    }

    /// What the folder's README says: valid by construction, unless something was put in. Lists of
    /// transactions are no object: they must not be called linearizable.
    static func expected(_ file: String) -> Judgement {
        if file.contains("/append_") { return .unknown }
        return ["_bad", "-bad", "/casib_"].contains { file.contains($0) } ? .invalid : .valid
    }
}

@Suite("Histories with known verdicts")
struct CorpusTests {
    @Test(
        "every recorded register history gets its known verdict",
        .enabled(
            if: !Corpus.files.isEmpty, "the shared histories are not beside this package (../shared/data)"
        ),
        arguments: Corpus.files)
    func known(file: String) throws {
        let verdict = check(try Corpus.history(file), CheckOptions(guarantees: [.linearizable]))[0]
        #expect(verdict.judgement == Corpus.expected(file), "\(verdict.reason ?? "")")
        #expect(verdict.judgement != .invalid || verdict.anomalies[0].evidence.count <= 20)
    }
}
