internal import Glibc
internal import Replication

/// What a data directory holds at start. Everything that is not as it should be is refused rather than guessed.
struct DataDirectory {
    var path: String
    var control: ControlFile
    var state = StoredState()
    var segments: [(first: LSN, name: String)] = []
    /// What recovery had to do, for the event log.
    var reports: [String] = []
    private let mutants: Set<Mutant>
    /// Held while the node runs, so that no second one uses the directory.
    var lock: Int32

    /// A member of a group that votes must not forget what it said and take itself for new.
    private var cure: String {
        let votes = control.program == RaftDesign.program || control.program == ArbiterDesign.program
        return votes ? "wipe the node and start it with --join on" : "wipe the node"
    }

    /// Opens or makes the directory of a node.
    init(_ options: NodeOptions) throws(NodeError) {
        path = options.dataDirectory
        mutants = options.setting.mutants
        try FileSystem.makeDirectory(path)
        lock = try Self.lock(path)
        control = ControlFile(
            cluster: options.setting.cluster, id: options.setting.name, program: type(of: options.design).program)
        do {
            try recover()
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

    private mutating func recover() throws(NodeError) {
        let names = try FileSystem.names(in: path)
        for name in names where name.hasSuffix(".tmp") { try FileSystem.remove(path + "/" + name) }
        try checkControl(
            hasData: names.contains {
                SnapshotFile.position(of: $0) != nil || $0.hasSuffix(".wal") || $0 == StateFile.name
            })
        if names.contains(StateFile.name) {
            state.state = try CheckedFile.state.read(path + "/" + StateFile.name)
        }
        state.snapshot = try SnapshotFile.newest(names, in: path)
        try readSegments(try finishCut(LogFiles.segments(of: names)))
        try join()
    }

    /// A cut of the log that a crash interrupted is done before anything is read.
    private mutating func finishCut(
        _ segments: [(first: LSN, name: String)]
    ) throws(NodeError) -> [(first: LSN, name: String)] {
        guard let lsn = try LogCut.unfinished(in: path) else { return segments }
        reports.append("the cut of the log behind \(lsn) was finished")
        return try LogCut.carryOut(after: lsn, segments, in: path)
    }

    private func checkControl(hasData: Bool) throws(NodeError) {
        let file = path + "/" + ControlFile.name
        guard FileSystem.exists(file) else {
            guard !hasData else {
                throw NodeError(.refusedData, "\(path) holds a log but no \(ControlFile.name); wipe it")
            }
            return try control.save(in: path)
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
        guard found.program == control.program else {
            throw NodeError(
                .refusedData,
                "\(path) was written by \(found.program), and this is \(control.program); give another --data or wipe it"
            )
        }
    }

    private mutating func readSegments(_ found: [(first: LSN, name: String)]) throws(NodeError) {
        for (index, (first, name)) in found.enumerated() {
            let file = path + "/" + name
            let bytes = try FileSystem.read(file)
            var end = try readRecords(bytes, file, first)
            while mutants.contains(.skipBadRecord), let next = skip(bytes, file, from: end) {
                end = try readRecords(bytes, file, first, from: next)
            }
            if end < bytes.count {
                try cut(file, bytes, at: end, isLast: index == found.count - 1)
            }
            if end == 0 {
                try FileSystem.remove(file)
            } else {
                segments.append((first, name))
            }
        }
    }

    /// Reads records until the first that is not whole; gives where it begins.
    private mutating func readRecords(
        _ bytes: [UInt8], _ file: String, _ first: LSN, from start: Int = 0
    ) throws(NodeError) -> Int {
        var offset = start
        while let (record, next) = LogRecord.read(bytes, at: offset) {
            let previous = state.records.last
            let expected = previous.map { $0.lsn + 1 } ?? first
            guard record.lsn == expected, record.timeline >= previous?.timeline ?? 0 else {
                throw NodeError(
                    .refusedData, "\(file): entry \(record.position) where \(expected) belongs; \(cure)")
            }
            state.records.append(record)
            offset = next
        }
        return offset
    }

    /// A planted bug: puts empty records in the place of damaged ones; where the next good one begins.
    private mutating func skip(_ bytes: [UInt8], _ file: String, from end: Int) -> Int? {
        guard let last = state.records.last, let next = LogRecord.next(bytes, after: end, lsn: last.lsn) else {
            return nil
        }
        for lsn in last.lsn + 1..<next.lsn {
            state.records.append(StoredRecord(timeline: last.timeline, lsn: lsn, kind: 0, payload: []))
        }
        reports.append("bad record: went on behind it, at byte \(next.offset) of \(file)")
        return next.offset
    }

    /// A crash cuts off the end of the last segment and nothing else.
    private mutating func cut(
        _ file: String, _ bytes: [UInt8], at end: Int, isLast: Bool
    ) throws(NodeError) {
        let lsn = state.records.last?.lsn ?? 0
        guard isLast, !LogRecord.follows(bytes, after: end, lsn: lsn) else {
            throw NodeError(
                .refusedData,
                "\(file): bad record at byte \(end) with good ones behind it; the disk is damaged, \(cure)")
        }
        if mutants.contains(.tornTailAccepted), let record = LogRecord.torn(bytes, at: end), record.lsn == lsn + 1 {
            state.records.append(record)
            reports.append("torn tail: taken for record \(record.lsn) of \(file)")
            var whole = Array(bytes[..<end])
            LogRecord.append(record, to: &whole)
            let name = String(file.dropFirst(path.count + 1))
            return try FileSystem.replace(name, in: path, with: whole)
        }
        try FileSystem.truncate(file, to: end)
        reports.append("torn tail: \(bytes.count - end) bytes behind entry \(lsn) of \(file) cut off")
    }

    /// Brings snapshot and log together.
    private mutating func join() throws(NodeError) {
        guard let snapshot = state.snapshot else {
            guard state.records.first?.lsn ?? 1 == 1 else {
                throw NodeError(
                    .refusedData, "\(path): the log begins at \(state.records[0].lsn) without a snapshot; wipe it")
            }
            return
        }
        let start = snapshot.position
        let first = state.records.first?.lsn ?? start.lsn + 1
        let last = state.records.last?.lsn ?? start.lsn
        guard first <= start.lsn + 1 else {
            throw NodeError(
                .refusedData, "\(path): entries \(start.lsn + 1) to \(first - 1) are missing; wipe it")
        }
        let isSameBranch =
            first > start.lsn || last < start.lsn
            || state.records[Int(start.lsn - first)].position == start
        // A snapshot from the leader was put in place and the crash came before the old log was gone.
        guard last < start.lsn || !isSameBranch else { return }
        state.records = []
        for segment in segments { try FileSystem.remove(path + "/" + segment.name) }
        segments = []
        reports.append("the log ended before the snapshot at \(start) and was removed")
    }
}
