/// What a session has seen: an entry, as the text `log=TERM:INDEX`. An empty one has seen nothing.
///
/// Committed entries stay, so that whoever has applied that entry has all that the session saw.
struct RaftToken: Hashable, Sendable {
    var position: Position

    init(_ position: Position) { self.position = position }

    init?(_ bytes: [UInt8]) {
        guard !bytes.isEmpty else {
            position = .start
            return
        }
        guard let text = String(validating: bytes, as: UTF8.self), text.hasPrefix("log=") else { return nil }
        let parts = text.dropFirst(4).split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let term = UInt32(parts[0]), let lsn = LSN(parts[1]) else { return nil }
        position = Position(timeline: term, lsn: lsn)
    }

    var bytes: [UInt8] { Array("log=\(position)".utf8) }
}
