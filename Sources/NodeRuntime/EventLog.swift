internal import Glibc
internal import Replication

/// The node's event log: one JSON object a line, with monotonic and wall time in nanoseconds.
final class EventLog: Sendable {
    private let path: String
    private let file: Int32
    private let side: SideThread
    private let node: NodeName

    init?(_ path: String?, node: NodeName, side: SideThread) throws(NodeError) {
        guard let path else { return nil }
        self.path = path
        self.side = side
        self.node = node
        file = unsafe open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw FileSystem.failure("open", path, .cannotStart) }
    }

    deinit { close(file) }

    func write(_ event: ReplicaEvent) {
        let line = line(
            event.kind, position: event.position, peer: event.peer, detail: event.detail)
        // A full disk must not stop the node for the sake of its diary.
        side.run({ [file, path] () throws(NodeError) in try FileSystem.write(Array(line.utf8), to: file, path) }) {
            _ in
        }
    }

    /// Something about the process rather than the protocol.
    func note(_ kind: String, _ detail: String) {
        let line = line(kind, position: nil, peer: nil, detail: detail)
        side.run({ [file, path] () throws(NodeError) in try FileSystem.write(Array(line.utf8), to: file, path) }) {
            _ in
        }
    }

    /// As `note`, done when it returns: the process is about to end.
    func writeNow(_ kind: String, _ detail: String) {
        try? FileSystem.write(Array(line(kind, position: nil, peer: nil, detail: detail).utf8), to: file, path)
    }

    private func line(_ kind: String, position: Position?, peer: NodeName?, detail: String) -> String {
        EventLine.text(
            node, kind, detail, position: position, peer: peer, monotonic: Self.nanoseconds(CLOCK_MONOTONIC),
            wall: Self.nanoseconds(CLOCK_REALTIME)) + "\n"
    }

    static func nanoseconds(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        _ = unsafe clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
