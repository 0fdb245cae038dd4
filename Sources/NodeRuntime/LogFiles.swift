internal import Glibc
internal import Replication

/// The segments of the log: `timeline-firstLSN.wal`, 1 MiB each, so that old ones can go.
struct LogFiles: ~Copyable {
    static let segmentSize = 1024 * 1024

    let directory: String
    let isSyncing: Bool
    private var file: Int32 = -1
    private var path = ""
    private var size = 0
    /// First LSN of each segment in order, the one being written last.
    private var segments: [(first: LSN, name: String)] = []

    /// Goes on behind what recovery found.
    init(directory: String, isSyncing: Bool, segments: [(first: LSN, name: String)]) throws(NodeError) {
        self.directory = directory
        self.isSyncing = isSyncing
        self.segments = segments
        guard let last = segments.last else { return }
        path = directory + "/" + last.name
        file = unsafe open(path, O_WRONLY | O_APPEND | O_CLOEXEC)
        guard file >= 0 else { throw FileSystem.failure("open", path, .refusedData) }
        size = Int(lseek(file, 0, SEEK_END))
    }

    deinit { if file >= 0 { close(file) } }

    static func name(of position: Position) -> String {
        func padded(_ number: UInt64, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        return padded(UInt64(position.timeline), 10) + "-" + padded(position.lsn, 20) + ".wal"
    }

    static func position(of name: String) -> Position? {
        guard name.hasSuffix(".wal") else { return nil }
        let parts = name.dropLast(4).split(separator: "-")
        guard parts.count == 2, let timeline = UInt32(parts[0]), let lsn = LSN(parts[1]) else { return nil }
        return Position(timeline: timeline, lsn: lsn)
    }

    /// Writes entries and makes them durable.
    mutating func append(_ entries: [LogEntry]) throws(NodeError) {
        var bytes: [UInt8] = []
        for entry in entries {
            if file < 0 || size + bytes.count >= Self.segmentSize {
                try write(&bytes)
                try beginSegment(entry.position)
            }
            LogRecord.append(entry, to: &bytes)
        }
        try write(&bytes)
        if isSyncing, file >= 0 { try FileSystem.sync(file, path) }
    }

    private mutating func write(_ bytes: inout [UInt8]) throws(NodeError) {
        guard !bytes.isEmpty else { return }
        try FileSystem.write(bytes, to: file, path)
        size += bytes.count
        bytes.removeAll(keepingCapacity: true)
    }

    private mutating func beginSegment(_ position: Position) throws(NodeError) {
        if file >= 0 {
            if isSyncing { try FileSystem.sync(file, path) }
            close(file)
        }
        let name = Self.name(of: position)
        path = directory + "/" + name
        file = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw FileSystem.failure("make", path) }
        if isSyncing { try FileSystem.syncDirectory(directory) }
        size = 0
        segments.append((position.lsn, name))
    }

    /// Removes segments that hold nothing behind `lsn`.
    mutating func removeSegments(through lsn: LSN) throws(NodeError) {
        while segments.count > 1, segments[1].first <= lsn + 1 {
            try FileSystem.remove(directory + "/" + segments[0].name)
            segments.removeFirst()
        }
    }

    /// Removes everything: a snapshot has taken its place.
    mutating func removeAll() throws(NodeError) {
        if file >= 0 { close(file) }
        file = -1
        size = 0
        for segment in segments { try FileSystem.remove(directory + "/" + segment.name) }
        segments = []
    }
}
