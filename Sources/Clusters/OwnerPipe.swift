import Glibc

/// The controller's hold on a lab it starts: when it closes, by whatever death, the lab's pid 1 ends and all with it.
final class OwnerPipe: Sendable {
    private let descriptor: Int32

    /// Makes the FIFO and opens it; no child inherits it.
    init(_ path: String) throws {
        // Read and write, so that opening does not wait for the lab.
        guard unsafe mkfifo(path, 0o600) == 0 else {
            throw LabError(.startFailed, "\(path) cannot be made: errno \(errno)")
        }
        descriptor = unsafe open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw LabError(.startFailed, "\(path) cannot be opened: errno \(errno)")
        }
    }

    deinit { close(descriptor) }

    /// Lets the lab live on after this controller.
    func persist() throws {
        let word = Array("persist\n".utf8)
        guard unsafe write(descriptor, word, word.count) == word.count else {
            throw LabError(.startFailed, "the lab's pid 1 did not hear that it should stay: errno \(errno)")
        }
    }
}
