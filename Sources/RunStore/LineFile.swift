import Glibc

/// A file that is appended to through a buffer; not safe to share, its owner guards it.
///
/// The buffer goes to the file when it is full, when `flushInterval` has passed since the last time, and when asked.
/// After the first failure nothing is written any more: a file with a hole in the middle would be worse than one that
/// ends early. What a write left behind of a half line is recognised on reading.
struct LineFile: ~Copyable {
    /// The most bytes that wait in the buffer.
    static let bufferLimit = 1 << 16
    /// Nanoseconds.
    static let flushInterval: Int64 = 100_000_000

    private let path: String
    private let descriptor: Int32
    private var buffer: [UInt8] = []
    private var lastFlush: Int64
    private(set) var isStopped = false

    init(path: String) throws(StoreError) {
        descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw StoreError(.cannotCreate, path: path, lastSystemError()) }
        self.path = path
        lastFlush = monotonicNanoseconds()
        buffer.reserveCapacity(Self.bufferLimit + 1024)
    }

    deinit { Glibc.close(descriptor) }

    mutating func append(_ line: [UInt8]) throws(StoreError) {
        guard !isStopped else { return }
        buffer += line
        let now = monotonicNanoseconds()
        guard buffer.count >= Self.bufferLimit || now - lastFlush >= Self.flushInterval else { return }
        lastFlush = now
        try flush()
    }

    mutating func flush() throws(StoreError) {
        guard !isStopped, !buffer.isEmpty else { return }
        let failure = writeAll(buffer, to: descriptor)
        buffer.removeAll(keepingCapacity: true)
        if let failure {
            isStopped = true
            throw StoreError(.cannotWrite, path: path, failure)
        }
    }

    /// Writes what is left and makes it survive a crash of the machine.
    mutating func finish() throws(StoreError) {
        try flush()
        guard !isStopped else { return }
        isStopped = true
        // EINVAL: a pipe or a device, which has nothing to make durable.
        guard fsync(descriptor) == 0 || errno == EINVAL else {
            throw StoreError(.cannotWrite, path: path, lastSystemError())
        }
    }
}
