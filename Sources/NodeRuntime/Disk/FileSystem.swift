internal import Glibc
internal import WireProtocol

/// The calls to the kernel about files, each with an error that says what, where and why.
enum FileSystem {
    static func failure(_ action: String, _ path: String, _ code: NodeError.Code = .invariant) -> NodeError {
        let number = errno
        let reason = unsafe String(cString: strerror(number))
        return NodeError(code, "cannot \(action) \(path): \(reason)")
    }

    static func makeDirectory(_ path: String) throws(NodeError) {
        var made = ""
        for part in path.split(separator: "/", omittingEmptySubsequences: false) {
            made += made.isEmpty && part.isEmpty ? "/" : (made.isEmpty || made.hasSuffix("/") ? "" : "/") + part
            guard made != "/", !made.isEmpty else { continue }
            if unsafe mkdir(made, 0o755) != 0, errno != EEXIST { throw failure("make", made, .refusedData) }
        }
    }

    static func names(in directory: String) throws(NodeError) -> [String] {
        guard let stream = unsafe opendir(directory) else { throw failure("list", directory, .refusedData) }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
                unsafe $0.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    static func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

    static func read(_ path: String) throws(NodeError) -> [UInt8] {
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw failure("open", path, .refusedData) }
        defer { close(file) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 256 * 1024)
        while true {
            let count = unsafe Glibc.read(file, &piece, piece.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failure("read", path, .refusedData) }
            if count == 0 { return bytes }
            bytes += piece[..<count]
        }
    }

    static func write(_ bytes: [UInt8], to file: Int32, _ path: String) throws(NodeError) {
        var offset = 0
        while offset < bytes.count {
            let count = unsafe bytes[offset...].withUnsafeBytes {
                unsafe Glibc.write(file, $0.baseAddress, $0.count)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure("write", path) }
            offset += count
        }
    }

    static func sync(_ file: Int32, _ path: String) throws(NodeError) {
        guard fdatasync(file) == 0 else { throw failure("sync", path) }
    }

    static func syncDirectory(_ path: String) throws(NodeError) {
        let directory = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw failure("open", path) }
        defer { close(directory) }
        guard fsync(directory) == 0 else { throw failure("sync", path) }
    }

    static func remove(_ path: String) throws(NodeError) {
        if unsafe unlink(path) != 0, errno != ENOENT { throw failure("remove", path) }
    }

    /// Cuts the end of a file off, durably.
    static func truncate(_ path: String, to size: Int) throws(NodeError) {
        let file = unsafe open(path, O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { throw failure("open", path) }
        defer { close(file) }
        guard ftruncate(file, size) == 0, fsync(file) == 0 else { throw failure("truncate", path) }
    }

    /// Puts a file in place whole or not at all, durably: temporary name, sync, rename, sync of the directory.
    static func replace(_ name: String, in directory: String, with bytes: [UInt8]) throws(NodeError) {
        let path = directory + "/" + name
        let temporary = path + ".tmp"
        let file = unsafe open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw failure("make", temporary) }
        do {
            defer { close(file) }
            try write(bytes, to: file, temporary)
            try sync(file, temporary)
        }
        guard unsafe rename(temporary, path) == 0 else { throw failure("rename", temporary) }
        try syncDirectory(directory)
    }
}
