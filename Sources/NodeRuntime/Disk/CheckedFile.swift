internal import WireProtocol

/// A file that is replaced as a whole: eight bytes that say what it is, a checksum, the content.
struct CheckedFile {
    /// Eight bytes.
    let mark: String

    static let snapshot = CheckedFile(mark: "INQSNAP2")
    static let state = CheckedFile(mark: "INQSTAT2")

    /// Puts it in place durably.
    func save(_ content: [UInt8], as name: String, in directory: String) throws(NodeError) {
        var bytes = Array(mark.utf8)
        bytes.appendLittleEndian(CRC32C.of(content))
        bytes += content
        try FileSystem.replace(name, in: directory, with: bytes)
    }

    /// Throws `refusedData` for what is damaged or of another kind.
    func read(_ path: String) throws(NodeError) -> [UInt8] {
        let bytes = try FileSystem.read(path)
        guard bytes.count >= 12, Array(bytes[..<8]) == Array(mark.utf8) else {
            throw NodeError(.refusedData, "\(path) is damaged or of another format; wipe the data directory")
        }
        let content = Array(bytes[12...])
        guard CRC32C.of(content) == bytes.littleEndian(at: 8, as: UInt32.self) else {
            throw NodeError(.refusedData, "\(path) is damaged: wrong checksum; wipe the data directory")
        }
        return content
    }
}

/// The small state that a member keeps beside its log.
enum StateFile {
    static let name = "node.state"
}
