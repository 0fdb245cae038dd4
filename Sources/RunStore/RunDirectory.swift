public import FoundationEssentials
import Glibc

/// The directory of one run, `<time>-<name>`, and the paths of what it holds.
public struct RunDirectory: Hashable, Sendable {
    public let path: String

    /// A directory that is there already.
    public init(path: String) {
        self.path = path
    }

    /// Makes a directory of a new name below `parent`, which is made too if missing.
    ///
    /// Two runs of the same second and name get different directories.
    public static func create(
        in parent: String, name: String, at time: Date
    ) throws(StoreError) -> RunDirectory {
        try makeDirectories(parent)
        let stem = "\(parent)/\(stamp(time))-\(fileName(name))"
        for attempt in 1...1000 {
            let path = attempt == 1 ? stem : "\(stem)-\(attempt)"
            if unsafe mkdir(path, 0o755) == 0 { return RunDirectory(path: path) }
            guard errno == EEXIST else {
                throw StoreError(.cannotCreate, path: path, lastSystemError())
            }
        }
        throw StoreError(.cannotCreate, path: stem, "1000 runs of this name and second are there")
    }

    public var record: String { path + "/run.json" }
    public var history: String { path + "/history.jsonl" }
    public var faults: String { path + "/faults.jsonl" }
    public var verdict: String { path + "/verdict.json" }
    public var report: String { path + "/index.html" }
    public var junit: String { path + "/junit.xml" }
    public var summary: String { path + "/summary.md" }
    public var nodes: String { path + "/nodes" }

    /// The last part of the path.
    public var name: String { path.split(separator: "/").last.map(String.init) ?? path }

    /// The directory for what a node left, made if it is missing.
    public func makeNodeDirectory(_ node: String) throws(StoreError) -> String {
        let path = nodes + "/" + Self.fileName(node)
        try Self.makeDirectories(path)
        return path
    }

    public func write(_ record: RunRecord) throws(StoreError) {
        try replaceFile(self.record, with: StoreJSON.file(record))
    }

    public func write(_ verdicts: VerdictFile) throws(StoreError) {
        try replaceFile(verdict, with: verdicts.bytes)
    }

    /// Writes a file of the run, such as `directory.report`, in one step.
    public func write(_ bytes: [UInt8], to path: String) throws(StoreError) {
        try replaceFile(path, with: bytes)
    }
}

extension RunDirectory {
    private static func stamp(_ time: Date) -> String {
        time.formatted(.iso8601).filter { $0.isLetter || $0.isNumber }
    }

    /// A name that is safe as one part of a path: no separators, no leading dot, at most 80 characters.
    static func fileName(_ name: String) -> String {
        let safe = name.unicodeScalars.map { scalar in
            let isPlain = scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar))
            return isPlain || "._-".unicodeScalars.contains(scalar) ? Character(scalar) : "-"
        }
        let text = String(String(safe).drop { $0 == "." }.prefix(80))
        return text.isEmpty ? "run" : text
    }

    private static func makeDirectories(_ path: String) throws(StoreError) {
        var current = path.hasPrefix("/") ? "" : "."
        for part in path.split(separator: "/") {
            current += "/" + part
            guard unsafe mkdir(current, 0o755) == 0 || errno == EEXIST || isDirectory(current) else {
                throw StoreError(.cannotCreate, path: path, lastSystemError())
            }
        }
        guard isDirectory(path) else { throw StoreError(.cannotCreate, path: path, "not a directory") }
    }
}
