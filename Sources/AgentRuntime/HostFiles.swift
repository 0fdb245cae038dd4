import AgentProtocol
import CHostCalls
import Glibc

/// Small files on the host. Writing and removing stay beneath the agent's directories.
struct HostFiles {
    /// Directories beneath which the agent may write and remove, in their real form.
    let roots: [String]
    /// The agent's own directory and socket; never touched by a request.
    let own: [String]
    let ledger: Monitor<Ledger>

    func put(_ request: PutFile) throws(AgentError) -> Done {
        let path = try allowed(request.path)
        guard request.content.bytes.count <= AgentLimits.fileBytes else {
            throw AgentError(.tooLong, "\(path): more than \(AgentLimits.fileBytes) bytes")
        }
        guard (0...0o777).contains(request.mode) else {
            throw AgentError(.badRequest, "mode \(request.mode) is not within 0 and 0777")
        }
        if request.isTemporary {
            _ = try ledger.add(.file(path: path))
        }
        makeDirectories(Self.split(path).directory)
        let fresh = path + ".inquest-new"
        removeFile(fresh)
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
        let descriptor = unsafe open(fresh, flags, mode_t(request.mode))
        guard descriptor >= 0 else { throw AgentError(.failed, "\(path): \(errorText())") }
        defer { close(descriptor) }
        guard fchmod(descriptor, mode_t(request.mode)) == 0, writeAll(descriptor, request.content.bytes),
            unsafe rename(fresh, path) == 0
        else {
            let reason = errorText()
            removeFile(fresh)
            throw AgentError(.failed, "\(path): \(reason)")
        }
        return Done()
    }

    func get(_ path: String) throws(AgentError) -> Bytes {
        let piece = try readLog(ReadLog(path: path, offset: 0))
        guard piece.next == piece.size else {
            throw AgentError(
                .tooLong, "\(path): \(piece.size) bytes, more than \(AgentLimits.fileBytes); use read-log")
        }
        return piece.content
    }

    func readLog(_ request: ReadLog) throws(AgentError) -> LogPiece {
        let path = try plain(request.path)
        guard (1...AgentLimits.fileBytes).contains(request.limit) else {
            throw AgentError(.badRequest, "limit: \(request.limit) is not within 1 and \(AgentLimits.fileBytes)")
        }
        // A FIFO or a device would block for ever.
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw AgentError(errno == ENOENT ? .notFound : .failed, "\(path): \(errorText())")
        }
        defer { close(descriptor) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw AgentError(.refused, "\(path): not a regular file")
        }
        let size = Int(status.st_size)
        let offset = min(size, request.offset >= 0 ? request.offset : max(0, size + max(request.offset, -size)))
        lseek(descriptor, off_t(offset), SEEK_SET)
        var content: [UInt8] = []
        while content.count < request.limit,
            case .bytes(let more) = readSome(descriptor, limit: request.limit - content.count)
        { content += more }
        return LogPiece(
            content: Bytes(content), next: offset + content.count, size: max(size, offset + content.count))
    }

    func remove(_ path: String) throws(AgentError) -> RemoveReply {
        let path = try allowed(path)
        let (directory, name) = Self.split(path)
        let parent = unsafe open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard parent >= 0 else {
            if errno == ENOENT { return RemoveReply(removed: 0) }
            throw AgentError(.failed, "\(directory): \(errorText())")
        }
        defer { close(parent) }
        var status = stat()
        _ = unsafe fstat(parent, &status)
        return RemoveReply(removed: try remove(name, in: parent, path, device: status.st_dev, depth: 0))
    }

    /// Removes by descriptors, so that no symbolic link swapped in meanwhile leads elsewhere; stays on one device.
    private func remove(
        _ name: String, in parent: Int32, _ path: String, device: dev_t, depth: Int
    ) throws(AgentError) -> Int {
        guard depth < 128 else { throw AgentError(.refused, "\(path): more than 128 directories deep") }
        var status = stat()
        guard unsafe fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
            if errno == ENOENT { return 0 }
            throw AgentError(.failed, "\(path): \(errorText())")
        }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            guard unsafe unlinkat(parent, name, 0) == 0 else {
                throw AgentError(.failed, "\(path): \(errorText())")
            }
            return 1
        }
        guard status.st_dev == device else { throw AgentError(.refused, "\(path): something is mounted there") }
        let directory = unsafe host_open_beneath(parent, name, O_RDONLY | O_DIRECTORY, 0)
        guard directory >= 0 else { throw AgentError(.failed, "\(path): \(errorText())") }
        defer { close(directory) }
        var removed = 1
        for child in directoryNames("/proc/self/fd/\(directory)") {
            removed += try remove(child, in: directory, path + "/" + child, device: device, depth: depth + 1)
        }
        guard unsafe unlinkat(parent, name, AT_REMOVEDIR) == 0 else {
            throw AgentError(.failed, "\(path): \(errorText())")
        }
        return removed
    }

    /// An absolute path without `.`, `..` or NUL.
    private func plain(_ path: String) throws(AgentError) -> String {
        let parts = path.split(separator: "/", omittingEmptySubsequences: true)
        guard path.hasPrefix("/"), !path.utf8.contains(0), path.utf8.count < 4096, !parts.isEmpty,
            !parts.contains(where: { $0 == "." || $0 == ".." })
        else {
            throw AgentError(.refused, "\(path.debugDescription): not an absolute path without '.' and '..'")
        }
        return "/" + parts.joined(separator: "/")
    }

    /// The path with its directory in real form, strictly beneath one of the roots and not the agent's own.
    func allowed(_ path: String) throws(AgentError) -> String {
        let path = try plain(path)
        let (directory, name) = Self.split(path)
        let real = Self.realDirectory(directory)
        let whole = (real == "/" ? "" : real) + "/" + name
        guard roots.contains(where: { whole.hasPrefix($0 + "/") }) else {
            throw AgentError(
                .refused, "\(path.debugDescription): not beneath \(roots.joined(separator: " or "))")
        }
        guard !own.contains(where: { whole == $0 || whole.hasPrefix($0 + "/") }) else {
            throw AgentError(.refused, "\(path.debugDescription): belongs to the agent")
        }
        return whole
    }

    private static func split(_ path: String) -> (directory: String, name: String) {
        let cut = path.lastIndex(of: "/") ?? path.startIndex
        let directory = String(path[..<cut])
        return (directory.isEmpty ? "/" : directory, String(path[path.index(after: cut)...]))
    }

    /// The real form of a directory that need not be there yet: that of its nearest ancestor, and the rest.
    private static func realDirectory(_ path: String) -> String {
        if let real = realPath(path) { return real }
        guard path != "/" else { return path }
        let (above, name) = split(path)
        let real = realDirectory(above)
        return (real == "/" ? "" : real) + "/" + name
    }

    static func realPath(_ path: String) -> String? {
        guard let found = unsafe realpath(path, nil) else { return nil }
        defer { unsafe free(found) }
        return unsafe String(cString: found)
    }
}
