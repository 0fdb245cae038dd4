internal import Glibc
internal import Replication

/// The segments of the log: `timeline-firstLSN.wal`, 1 MiB each, so that old ones can go.
struct LogFiles: ~Copyable {
    /// Bytes from which on a segment is followed by the next.
    var segmentSize = 1024 * 1024
    let directory: String
    let isSyncing: Bool
    let model: DiskModel
    /// Written, and kept from the kernel until it is to be durable.
    private var buffer: [UInt8] = []
    private var file: Int32 = -1
    private var path = ""
    private var size = 0
    /// First LSN of each segment in order, the one being written last.
    private var segments: [(first: LSN, name: String)] = []
    /// The last record that was written.
    private var last: LSN

    /// Goes on behind what recovery found, whose last record is `last`.
    init(
        directory: String, isSyncing: Bool, model: DiskModel = .real, segments: [(first: LSN, name: String)] = [],
        last: LSN = 0
    ) throws(NodeError) {
        self.directory = directory
        self.isSyncing = isSyncing
        self.model = model
        self.segments = segments
        self.last = last
        try openLast()
    }

    deinit { if file >= 0 { close(file) } }

    private mutating func openLast() throws(NodeError) {
        guard let segment = segments.last else { return }
        path = directory + "/" + segment.name
        file = unsafe open(path, O_WRONLY | O_APPEND | O_CLOEXEC)
        guard file >= 0 else { throw FileSystem.failure("open", path, .refusedData) }
        size = Int(lseek(file, 0, SEEK_END))
    }

    private mutating func closeFile() {
        if file >= 0 { close(file) }
        file = -1
        size = 0
    }

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

    /// The segments among the names of files, in order.
    static func segments(of names: [String]) -> [(first: LSN, name: String)] {
        names.compactMap { name in position(of: name).map { ($0, name) } }
            .sorted { ($0.0.lsn, $0.0.timeline) < ($1.0.lsn, $1.0.timeline) }.map { ($0.0.lsn, $0.1) }
    }

    /// Forgets the records behind `cut`, if there is one, writes others and makes all of it durable.
    mutating func write(cuttingAfter cut: LSN?, _ records: [StoredRecord]) throws(NodeError) {
        if let cut { try self.cut(after: cut) }
        try append(records)
    }

    private mutating func append(_ records: [StoredRecord]) throws(NodeError) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(
            records.reduce(0) { $0 + LogRecord.headSize + LogRecord.fixedSize + $1.payload.count })
        for record in records {
            if file < 0 || size + bytes.count >= segmentSize {
                try write(&bytes)
                try beginSegment(record.position)
            }
            LogRecord.append(record, to: &bytes)
            last = record.lsn
        }
        try write(&bytes)
        if isSyncing { try sync() }
    }

    private mutating func write(_ bytes: inout [UInt8]) throws(NodeError) {
        guard !bytes.isEmpty else { return }
        switch model {
        case .real: try FileSystem.write(bytes, to: file, path)
        case .buffered: buffer += bytes
        }
        size += bytes.count
        bytes.removeAll(keepingCapacity: true)
    }

    /// Gives the kernel what was kept from it.
    mutating func writeOut() throws(NodeError) {
        guard !buffer.isEmpty else { return }
        try FileSystem.write(buffer, to: file, path)
        buffer.removeAll(keepingCapacity: true)
    }

    private mutating func sync() throws(NodeError) {
        try writeOut()
        if file >= 0 { try FileSystem.sync(file, path) }
    }

    /// Leaves half of a record behind what is durable, as a power cut may; false if nothing is written at the moment.
    mutating func tear(_ next: StoredRecord?) throws(NodeError) -> Bool {
        var bytes = buffer
        if let next { LogRecord.append(next, to: &bytes) }
        guard file >= 0, let first = LogRecord.read(bytes, at: 0) else { return false }
        try FileSystem.write(Array(bytes[..<(first.next / 2)]), to: file, path)
        try FileSystem.sync(file, path)
        buffer = []
        return true
    }

    private mutating func beginSegment(_ position: Position) throws(NodeError) {
        if file >= 0 {
            // A kernel would have written it by now, asked or not.
            try writeOut()
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

    private mutating func cut(after lsn: LSN) throws(NodeError) {
        guard lsn < last else { return }
        try writeOut()
        closeFile()
        try LogCut.begin(after: lsn, in: directory)
        segments = try LogCut.carryOut(after: lsn, segments, in: directory)
        last = lsn
        try openLast()
    }

    /// Removes segments that hold nothing behind `lsn`.
    mutating func removeSegments(through lsn: LSN) throws(NodeError) {
        while segments.count > 1, segments[1].first <= lsn + 1 {
            try FileSystem.remove(directory + "/" + segments[0].name)
            segments.removeFirst()
        }
    }

    /// Removes everything, the end first: a snapshot has taken its place.
    mutating func removeAll() throws(NodeError) {
        buffer = []
        closeFile()
        for segment in segments.reversed() { try FileSystem.remove(directory + "/" + segment.name) }
        segments = []
        last = 0
    }
}
