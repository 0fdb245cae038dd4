internal import Glibc
internal import Replication

/// What a data directory holds at start. Everything that is not as it should be is refused rather than guessed.
struct DataDirectory {
    var path: String
    var control: ControlFile
    var state = RecoveredState()
    var segments: [(first: LSN, name: String)] = []
    /// What recovery had to do, for the event log.
    var reports: [String] = []
    /// Held while the node runs, so that no second one uses the directory.
    var lock: Int32

    /// Opens or makes the directory of a node.
    init(_ options: NodeOptions) throws(NodeError) {
        path = options.dataDirectory
        try FileSystem.makeDirectory(path)
        lock = try Self.lock(path)
        let configuration = options.configuration
        control = ControlFile(
            cluster: configuration.cluster, id: configuration.name, roleWords: options.roleWords,
            role: options.role, leader: options.leader)
        do {
            try recover(options)
        } catch {
            Self.unlock(lock)
            throw error
        }
    }

    /// Lets another process use the directory; said aloud, since a child of this one may hold a copy of the file.
    static func unlock(_ lock: Int32) {
        flock(lock, LOCK_UN)
        close(lock)
    }

    private static func lock(_ path: String) throws(NodeError) -> Int32 {
        let file = unsafe open(path + "/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw FileSystem.failure("open", path + "/lock", .refusedData) }
        guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
            close(file)
            throw NodeError(.refusedData, "\(path) is in use by another process")
        }
        return file
    }

    private mutating func recover(_ options: NodeOptions) throws(NodeError) {
        let names = try FileSystem.names(in: path)
        for name in names where name.hasSuffix(".tmp") { try FileSystem.remove(path + "/" + name) }
        let hasData = names.contains { SnapshotFile.isSnapshot($0) || $0.hasSuffix(".wal") }
        try readControl(options, hasData: hasData)
        try control.save(in: path)
        let snapshots = try names.filter(SnapshotFile.isSnapshot).map { (name) throws(NodeError) in
            try SnapshotFile.read(path + "/" + name)
        }
        state.snapshot = snapshots.max { $0.start < $1.start }
        try readSegments(names)
        try join()
    }

    private mutating func readControl(_ options: NodeOptions, hasData: Bool) throws(NodeError) {
        let file = path + "/" + ControlFile.name
        guard FileSystem.exists(file) else {
            guard !hasData else {
                throw NodeError(.refusedData, "\(path) holds a log but no \(ControlFile.name); wipe it")
            }
            return
        }
        guard let found = ControlFile(try FileSystem.read(file)) else {
            throw NodeError(.refusedData, "\(file) is damaged or of another format; wipe the data directory")
        }
        guard found.cluster == control.cluster, found.id == control.id else {
            throw NodeError(
                .refusedData,
                "\(path) belongs to \(found.id) of cluster \(found.cluster), not to \(control.id) of "
                    + "\(control.cluster); give another --data or wipe it")
        }
        state.hasLed = found.role == .leader
        // An order given while the node ran is newer than the same command line as before.
        if found.roleWords == control.roleWords {
            control.role = found.role
            control.leader = found.leader
        }
    }

    private mutating func readSegments(_ names: [String]) throws(NodeError) {
        let found = names.compactMap { name in LogFiles.position(of: name).map { ($0, name) } }
            .sorted { ($0.0.lsn, $0.0.timeline) < ($1.0.lsn, $1.0.timeline) }
        for (index, (start, name)) in found.enumerated() {
            let file = path + "/" + name
            let bytes = try FileSystem.read(file)
            let end = try readRecords(bytes, file, start)
            if end < bytes.count {
                try cut(file, bytes, at: end, isLast: index == found.count - 1)
            }
            if end == 0 {
                try FileSystem.remove(file)
            } else {
                segments.append((start.lsn, name))
            }
        }
    }

    /// Reads records until the first that is not whole; gives where it begins.
    private mutating func readRecords(
        _ bytes: [UInt8], _ file: String, _ start: Position
    ) throws(NodeError) -> Int {
        var offset = 0
        while let (entry, next) = LogRecord.read(bytes, at: offset) {
            let previous = state.entries.last
            let expected = previous.map { $0.lsn + 1 } ?? start.lsn
            guard entry.lsn == expected, entry.position.timeline >= previous?.position.timeline ?? 0 else {
                throw NodeError(
                    .refusedData, "\(file): entry \(entry.position) where \(expected) belongs; wipe the node")
            }
            state.entries.append(entry)
            offset = next
        }
        return offset
    }

    /// A crash cuts off the end of the last segment and nothing else.
    private mutating func cut(
        _ file: String, _ bytes: [UInt8], at end: Int, isLast: Bool
    ) throws(NodeError) {
        let lsn = state.entries.last?.lsn ?? 0
        guard isLast, !LogRecord.follows(bytes, after: end, lsn: lsn) else {
            throw NodeError(
                .refusedData,
                "\(file): bad record at byte \(end) with good ones behind it; the disk is damaged, wipe the node")
        }
        try FileSystem.truncate(file, to: end)
        reports.append("torn tail: \(bytes.count - end) bytes behind entry \(lsn) of \(file) cut off")
    }

    /// Brings snapshot and log together.
    private mutating func join() throws(NodeError) {
        guard let snapshot = state.snapshot else {
            guard state.entries.first?.lsn ?? 1 == 1 else {
                throw NodeError(
                    .refusedData, "\(path): the log begins at \(state.entries[0].lsn) without a snapshot; wipe it")
            }
            return
        }
        let start = snapshot.start
        let first = state.entries.first?.lsn ?? start.lsn + 1
        let last = state.entries.last?.lsn ?? start.lsn
        guard first <= start.lsn + 1 else {
            throw NodeError(
                .refusedData, "\(path): entries \(start.lsn + 1) to \(first - 1) are missing; wipe it")
        }
        let isSameBranch =
            first > start.lsn || last < start.lsn
            || state.entries[Int(start.lsn - first)].position == start
        // A snapshot from the leader was put in place and the crash came before the old log was gone.
        guard last < start.lsn || !isSameBranch else { return }
        state.entries = []
        for segment in segments { try FileSystem.remove(path + "/" + segment.name) }
        segments = []
        reports.append("the log ended before the snapshot at \(start) and was removed")
    }
}
