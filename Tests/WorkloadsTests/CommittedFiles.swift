import Foundation
import Workloads

/// The files of this repository that tests read.
enum CommittedFiles {
    static var root: URL {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
    }

    static func text(_ path: String) throws -> String {
        try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
    }

    static func workload(_ path: String) throws -> Workload {
        try Workload.load(text: text(path), file: path)
    }

    /// The workload files of a directory, by name.
    static func workloads(_ directory: String) -> [String] {
        let names =
            (try? FileManager.default.contentsOfDirectory(atPath: root.appendingPathComponent(directory).path))
        return (names ?? []).filter { $0.hasSuffix(".yaml") }.sorted().map { "\(directory)/\($0)" }
    }
}
