public import HistoryModel

/// A run as it was found on disk: all that reports and a later check need.
public struct StoredRun: Hashable, Sendable {
    /// The directory, or the bare history file.
    public var path: String
    /// `nil` for a bare history file, or when the run ended before it was written.
    public var record: RunRecord?
    public var history: History
    public var faults: [FaultRecord]
    public var verdicts: VerdictFile?
    public var nodeEvents: [NodeEvent]
    /// What was not as it should be about the files; nothing here alters a verdict.
    public var notes: [String]

    public init(
        path: String, record: RunRecord? = nil, history: History, faults: [FaultRecord] = [],
        verdicts: VerdictFile? = nil, nodeEvents: [NodeEvent] = [], notes: [String] = []
    ) {
        self.path = path
        self.record = record
        self.history = history
        self.faults = faults
        self.verdicts = verdicts
        self.nodeEvents = nodeEvents
        self.notes = notes
    }

    /// Whether `path` names the directory of a run rather than a history file.
    public static func isRunDirectory(_ path: String) -> Bool { isDirectory(path) }

    /// Reads the directory of a run, or a bare history file: in the format that is given, or found by its content.
    public static func load(_ path: String, format: HistoryFormat? = nil) throws(StoreError) -> StoredRun {
        guard isDirectory(path) else { return try load(path: path, historyAt: path, format) }
        let directory = RunDirectory(path: path)
        var run = try load(path: path, historyAt: directory.history, .jsonl)
        if fileExists(directory.record) {
            run.record = try StoreJSON.decode(
                RunRecord.self, try readFile(directory.record), path: directory.record)
        } else {
            run.notes.append("run.json is missing: the run ended before its plan was written")
        }
        if fileExists(directory.verdict) {
            run.verdicts = try StoreJSON.decode(
                VerdictFile.self, try readFile(directory.verdict), path: directory.verdict)
        }
        try run.loadFaults(directory.faults)
        try run.loadNodeEvents(directory.nodes)
        return run
    }
}

extension StoredRun {
    private static func load(
        path: String, historyAt file: String, _ format: HistoryFormat?
    ) throws(StoreError) -> StoredRun {
        let bytes = try MappedFile(path: file)
        do throws(HistoryError) {
            let loaded = unsafe try bytes.withBytes { bytes throws(HistoryError) in
                unsafe try HistoryFormat.read(bytes, as: format)
            }
            let torn = loaded.isTorn ? ["the last line of the history is torn and was left out"] : []
            return StoredRun(path: path, history: loaded.history, notes: torn + loaded.notes)
        } catch {
            throw StoreError(.malformed, path: file, "\(error)")
        }
    }

    private mutating func loadFaults(_ path: String) throws(StoreError) {
        guard fileExists(path) else { return }
        let bytes = try readFile(path)
        var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        if let last = lines.popLast(), !last.isEmpty {
            notes.append("the last line of the faults is torn and was left out")
        }
        for line in lines where !line.isEmpty {
            let fault = try StoreJSON.decode(FaultRecord.self, line, path: path)
            if let known = faults.firstIndex(where: { $0.id == fault.id }) {
                faults[known] = fault
            } else {
                faults.append(fault)
            }
        }
    }

    private mutating func loadNodeEvents(_ path: String) throws(StoreError) {
        for node in names(in: path) {
            let file = "\(path)/\(node)/events.jsonl"
            guard fileExists(file) else { continue }
            let lines = try readFile(file).split(separator: UInt8(ascii: "\n"))
            let events = lines.compactMap { NodeEvent(node: node, line: $0) }
            nodeEvents += events
            guard events.count < lines.count else { continue }
            notes.append("\(lines.count - events.count) lines of \(node)'s events are not events")
        }
    }
}
