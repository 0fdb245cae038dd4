import Glibc
public import HistoryModel

/// Writes a history to a file, or to standard output, in one of the forms in which histories are written.
public enum ConvertedFile {
    /// The most bytes that wait to be written.
    private static let bufferLimit = 1 << 20

    /// Replaces the file in one step once all is written; `nil` for standard output.
    public static func write(_ history: History, as format: WrittenFormat, to path: String?) throws(StoreError) {
        guard let path else { return try write(history, format, to: STDOUT_FILENO, "standard output") }
        let temporary = path + ".part"
        let descriptor = unsafe open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw StoreError(.cannotCreate, path: path, lastSystemError()) }
        do throws(StoreError) {
            defer { close(descriptor) }
            try write(history, format, to: descriptor, path)
        } catch {
            unsafe unlink(temporary)
            throw error
        }
        if unsafe rename(temporary, path) == 0 { return }
        let error = StoreError(.cannotWrite, path: path, lastSystemError())
        unsafe unlink(temporary)
        throw error
    }

    private static func write(
        _ history: History, _ format: WrittenFormat, to descriptor: Int32, _ path: String
    ) throws(StoreError) {
        var buffer: [UInt8] = []
        let count = history.events.count
        for position in 0..<count {
            buffer += format.line(position, of: history)
            guard buffer.count >= bufferLimit || position == count - 1 else { continue }
            if let failure = writeAll(buffer, to: descriptor) {
                throw StoreError(.cannotWrite, path: path, failure)
            }
            buffer.removeAll(keepingCapacity: true)
        }
    }
}
