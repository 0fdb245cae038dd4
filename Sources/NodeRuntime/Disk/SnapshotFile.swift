internal import Replication

/// A snapshot on disk: `snap-timeline-lsn.bin`.
enum SnapshotFile {
    static func name(_ start: Position) -> String { "snap-\(start.timeline)-\(start.lsn).bin" }

    static func position(of name: String) -> Position? {
        guard name.hasPrefix("snap-"), name.hasSuffix(".bin") else { return nil }
        let parts = name.dropFirst(5).dropLast(4).split(separator: "-")
        guard parts.count == 2, let timeline = UInt32(parts[0]), let lsn = LSN(parts[1]) else { return nil }
        return Position(timeline: timeline, lsn: lsn)
    }

    /// Puts it in place durably; older ones go afterwards.
    static func save(_ snapshot: StoredSnapshot, in directory: String) throws(NodeError) {
        try CheckedFile.snapshot.save(snapshot.content, as: name(snapshot.position), in: directory)
        // One that a leader sent meanwhile may be ahead of this one: it stays.
        for other in try FileSystem.names(in: directory) {
            guard let position = position(of: other), position < snapshot.position else { continue }
            try FileSystem.remove(directory + "/" + other)
        }
    }

    /// The one that is furthest ahead; every one there is must be whole.
    static func newest(_ names: [String], in directory: String) throws(NodeError) -> StoredSnapshot? {
        var newest: StoredSnapshot?
        for name in names {
            guard let position = position(of: name) else { continue }
            let content = try CheckedFile.snapshot.read(directory + "/" + name)
            if position > newest?.position ?? .start || newest == nil {
                newest = StoredSnapshot(position: position, content: content)
            }
        }
        return newest
    }
}
