internal import Replication
internal import WireProtocol

/// A snapshot on disk: `snap-timeline-lsn.bin`, its content behind a mark and a checksum.
enum SnapshotFile {
    private static let mark = Array("INQSNAP1".utf8)

    static func name(_ start: Position) -> String { "snap-\(start.timeline)-\(start.lsn).bin" }

    static func position(of name: String) -> Position? {
        guard name.hasPrefix("snap-"), name.hasSuffix(".bin") else { return nil }
        let parts = name.dropFirst(5).dropLast(4).split(separator: "-")
        guard parts.count == 2, let timeline = UInt32(parts[0]), let lsn = LSN(parts[1]) else { return nil }
        return Position(timeline: timeline, lsn: lsn)
    }

    static func isSnapshot(_ name: String) -> Bool { position(of: name) != nil }

    /// Puts it in place durably; older ones go afterwards.
    static func save(_ snapshot: Snapshot, in directory: String) throws(NodeError) {
        let content = snapshot.encoded
        var bytes = mark
        bytes.appendLittleEndian(CRC32C.of(content))
        bytes += content
        let name = name(snapshot.start)
        try FileSystem.replace(name, in: directory, with: bytes)
        // One that a leader sent meanwhile may be ahead of this one: it stays.
        for other in try FileSystem.names(in: directory) {
            guard let position = position(of: other), position < snapshot.start else { continue }
            try FileSystem.remove(directory + "/" + other)
        }
    }

    static func read(_ path: String) throws(NodeError) -> Snapshot {
        let bytes = try FileSystem.read(path)
        guard bytes.count >= 12, Array(bytes[..<8]) == mark else {
            throw NodeError(.refusedData, "\(path) is no snapshot; wipe the data directory")
        }
        let content = Array(bytes[12...])
        guard CRC32C.of(content) == bytes.littleEndian(at: 8, as: UInt32.self) else {
            throw NodeError(.refusedData, "\(path) is damaged: wrong checksum; wipe the data directory")
        }
        do throws(DecodingFailure) {
            return try Snapshot(encoded: content)
        } catch {
            throw NodeError(.refusedData, "\(path): \(error)")
        }
    }
}
