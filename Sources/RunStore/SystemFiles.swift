import Glibc

/// The words for the last system call's error.
func lastSystemError() -> String {
    let number = errno
    return unsafe "\(String(cString: strerror(number))) (errno \(number))"
}

/// Nanoseconds on the clock that never jumps.
func monotonicNanoseconds() -> Int64 {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}

/// Writes all bytes; returns the words for what went wrong, if anything did.
func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> String? {
    var written = 0
    while written < bytes.count {
        let count = unsafe bytes[written...].withUnsafeBytes {
            unsafe write(descriptor, $0.baseAddress, $0.count)
        }
        if count > 0 {
            written += count
        } else if count == 0 || errno != EINTR {
            return lastSystemError()
        }
    }
    return nil
}

/// Replaces a file's content in one step: whoever reads it sees the old bytes or the new ones.
func replaceFile(_ path: String, with bytes: [UInt8]) throws(StoreError) {
    let temporary = path + ".part"
    let descriptor = unsafe open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw StoreError(.cannotCreate, path: path, lastSystemError()) }
    var failure = writeAll(bytes, to: descriptor)
    if failure == nil, fsync(descriptor) != 0 { failure = lastSystemError() }
    close(descriptor)
    if failure == nil, unsafe rename(temporary, path) != 0 { failure = lastSystemError() }
    guard let failure else { return }
    unsafe unlink(temporary)
    throw StoreError(.cannotWrite, path: path, failure)
}

/// All bytes of a file.
func readFile(_ path: String) throws(StoreError) -> [UInt8] {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw StoreError(.cannotRead, path: path, lastSystemError()) }
    defer { close(descriptor) }
    return try readAll(descriptor, path: path)
}

/// All bytes that a descriptor still has.
func readAll(_ descriptor: Int32, path: String) throws(StoreError) -> [UInt8] {
    var status = stat()
    unsafe fstat(descriptor, &status)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(Int(status.st_size))
    var chunk = [UInt8](repeating: 0, count: 1 << 18)
    while true {
        let count = unsafe read(descriptor, &chunk, chunk.count)
        if count == 0 { return bytes }
        if count > 0 {
            bytes += chunk[..<count]
        } else if errno != EINTR {
            throw StoreError(.cannotRead, path: path, lastSystemError())
        }
    }
}

func isDirectory(_ path: String) -> Bool {
    var status = stat()
    return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
}

func fileExists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

/// The names in a directory, sorted; none if there is no such directory.
func names(in path: String) -> [String] {
    guard let directory = unsafe opendir(path) else { return [] }
    defer { unsafe closedir(directory) }
    var names: [String] = []
    while let entry = unsafe readdir(directory) {
        let name = unsafe withUnsafeBytes(of: entry.pointee.d_name) { bytes in
            unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted()
}
