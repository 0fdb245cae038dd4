internal import Glibc

/// The file that says which process a node is.
public enum PIDFile {
    public static func write(_ path: String) throws(NodeError) {
        let file = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw FileSystem.failure("make", path, .cannotStart) }
        defer { close(file) }
        try FileSystem.write(Array("\(getpid())\n".utf8), to: file, path)
    }
}
