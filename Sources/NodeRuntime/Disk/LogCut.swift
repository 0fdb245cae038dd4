internal import Replication

/// Forgetting the end of a log so that no crash can bring it back.
///
/// Several files may have to go, and a crash may come between any two of them. So what is to be forgotten is written
/// down first, in a file of its own; a start that finds it does all of it again. That file goes, durably, before
/// anything new is appended: otherwise a later start would forget that, too.
enum LogCut {
    static let name = "log.cut"

    /// Writes down what is to be done; from here on the cut is certain.
    static func begin(after lsn: LSN, in directory: String) throws(NodeError) {
        try FileSystem.replace(name, in: directory, with: Array("\(lsn)\n".utf8))
    }

    /// Does it, and gives the segments that are left.
    static func carryOut(
        after lsn: LSN, _ segments: [(first: LSN, name: String)], in directory: String
    ) throws(NodeError) -> [(first: LSN, name: String)] {
        var rest = segments
        while let last = rest.last, last.first > lsn {
            try FileSystem.remove(directory + "/" + last.name)
            rest.removeLast()
        }
        if let last = rest.last { try shorten(directory + "/" + last.name, after: lsn) }
        try FileSystem.syncDirectory(directory)
        try FileSystem.remove(directory + "/" + name)
        try FileSystem.syncDirectory(directory)
        return rest
    }

    private static func shorten(_ path: String, after lsn: LSN) throws(NodeError) {
        let bytes = try FileSystem.read(path)
        guard let end = LogRecord.offset(behind: lsn, in: bytes) else { return }
        try FileSystem.truncate(path, to: end)
    }

    /// The cut that a crash interrupted; `nil` if there is none.
    static func unfinished(in directory: String) throws(NodeError) -> LSN? {
        let path = directory + "/" + name
        guard FileSystem.exists(path) else { return nil }
        let text = String(decoding: try FileSystem.read(path), as: UTF8.self)
        guard text.hasSuffix("\n"), let lsn = LSN(text.dropLast()) else {
            throw NodeError(.refusedData, "\(path) is damaged; wipe the data directory")
        }
        return lsn
    }
}
