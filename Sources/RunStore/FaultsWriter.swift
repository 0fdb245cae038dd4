import Synchronization

/// Streams `faults.jsonl`. A fault may be written more than once as it goes on; the last line of an id counts.
public final class FaultsWriter: Sendable {
    private let file: Mutex<LineFile>

    /// Appends to the file at `path`, which is made if missing.
    public init(path: String) throws(StoreError) {
        file = Mutex(try LineFile(path: path))
    }

    /// Writes one line through to the file: faults are few, and each matters after a crash.
    public func append(_ fault: FaultRecord) throws(StoreError) {
        try file.withLock { file throws(StoreError) in
            try file.append(StoreJSON.line(fault))
            try file.flush()
        }
    }

    /// Makes all of it durable; nothing can be written afterwards.
    public func close() throws(StoreError) {
        try file.withLock { file throws(StoreError) in try file.finish() }
    }
}
