import Foundation

/// A recorded history with a known verdict, from the folder beside the project, or in `INQUEST_SHARED`.
struct SharedHistory: Sendable {
    /// Below `data`.
    var path: String
    var isLinearizable: Bool

    private static let folder: URL = {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let named = ProcessInfo.processInfo.environment["INQUEST_SHARED"].map { URL(filePath: $0) }
        return (named ?? root.appending(path: "../shared")).appending(path: "data").standardizedFileURL
    }()

    func bytes() throws -> [UInt8] { [UInt8](try Data(contentsOf: Self.folder.appending(path: path))) }

    /// The runs against etcd, by the table of their verdicts.
    static var etcd: [SharedHistory] {
        let table = try? String(contentsOf: folder.appending(path: "expected-porcupine.tsv"), encoding: .utf8)
        return (table ?? "").split(separator: "\n").compactMap { row in
            let fields = row.split(separator: "\t")
            guard fields.count > 1, fields[0].hasPrefix("etcd_") else { return nil }
            return SharedHistory(path: "etcd/\(fields[0]).log", isLinearizable: fields[1] == "true")
        }
    }
}
