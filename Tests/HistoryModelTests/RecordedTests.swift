import FoundationEssentials
import HistoryModel
import Testing

/// Histories that others recorded, read where they lie.
enum Recorded {
    /// `INQUEST_SHARED` names the shared folder where it is not beside the package.
    static let folder: URL = {
        let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let beside = package.deletingLastPathComponent().appending(path: "shared")
        return (environment("INQUEST_SHARED").map { URL(filePath: $0) } ?? beside).appending(path: "data")
    }()
    static var isHere: Bool { FileManager.default.fileExists(atPath: folder.path) }

    /// All files of a folder, and of those in it, in the order of their names.
    static func files(_ name: String) -> [URL] {
        let all = (try? FileManager.default.subpathsOfDirectory(atPath: folder.appending(path: name).path)) ?? []
        return all.sorted().map { folder.appending(path: name).appending(path: $0) }.filter { !$0.hasDirectoryPath }
            .filter { (try? Data(contentsOf: $0)) != nil }
    }
}

@Suite("Recorded histories", .enabled(if: Recorded.isHere, "../shared/data is not here"))
struct RecordedTests {
    static let folders: [(name: String, format: HistoryFormat, files: Int)] = [
        ("etcd", .jepsenLog, 50), ("kv", .edn, 6), ("knossos", .edn, 50), ("elle", .edn, 2),
        ("generated", .jsonl, 21),
        ("causal-awdit", .transactions, 22), ("objects", .objectLog, 9),
    ]

    @Test(
        "every file is of the format that its folder has, and is the same when written and read again",
        arguments: folders)
    func roundTrip(_ folder: String, _ format: HistoryFormat, _ count: Int) throws {
        let files = Recorded.files(folder)
        #expect(files.count == count)
        for file in files {
            let bytes = Array(try Data(contentsOf: file))
            #expect(throws: Never.self, "\(file.lastPathComponent)") { try HistoryFormat.read(bytes, as: format) }
            // A debug build takes its time with large files.
            guard bytes.count < 300_000 || environment("INQUEST_HISTORIES") != nil else { continue }
            let loaded = try HistoryFormat.read(bytes)
            #expect(!loaded.isTorn && loaded.history.operations.count > 1, "\(file.lastPathComponent)")
            try expectRoundTrips(loaded.history, file.lastPathComponent)
        }
    }

    @Test("the operations are as many as the list of verdicts says")
    func counts() throws {
        let list = try String(
            contentsOf: Recorded.folder.appending(path: "expected-porcupine.tsv"), encoding: .utf8)
        let lines = list.split(separator: "\n").map { $0.split(separator: "\t") }.filter { $0.count == 3 }
        #expect(lines.count == 56)
        for line in lines {
            let name = String(line[0])
            let file = Recorded.files(name.hasPrefix("etcd") ? "etcd" : "kv").first {
                $0.deletingPathExtension().lastPathComponent == name
            }
            let history = try HistoryFormat.read(Array(Data(contentsOf: try #require(file)))).history
            #expect(history.operations.count == Int(line[2]), "\(name)")
        }
    }
}

/// A history is the same when it is written in either form and read again, but for values that EDN fills in.
func expectRoundTrips(_ history: History, _ name: String) throws {
    let lines = WrittenFormat.jsonl.text(of: history)
    #expect(try HistoryFormat.read(lines, as: .jsonl).history == history, "\(name)")
    let edn = WrittenFormat.edn.text(of: history)
    let again = try HistoryFormat.read(edn, as: .edn).history
    #expect(WrittenFormat.edn.text(of: again) == edn, "\(name)")
    #expect(again.hasTimes == history.hasTimes && again.events.count == history.events.count, "\(name)")
    for (mine, other) in zip(history.events, again.events) {
        var filled = mine
        // What Knossos wants to have is the argument; what was read is never made up.
        if mine.value.isNull, mine.type != .ok || ["write", "cas"].contains(mine.f),
            let ordinal = history.ordinal(ofIndex: mine.index)
        {
            filled.value = history.operations[ordinal].argument
        }
        #expect(filled == other, "\(name)")
    }
}
