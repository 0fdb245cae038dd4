import AgentProtocol
import CHostCalls
import Glibc

/// The kernel's words for an error number.
func errorText(_ number: Int32 = errno) -> String {
    unsafe String(cString: strerror(number))
}

/// Both ends of a pipe, closed in programs started from here.
struct Pipe {
    var reading: Int32 = -1
    var writing: Int32 = -1

    init() throws(AgentError) {
        guard unsafe host_pipe(&reading, &writing) == 0 else {
            throw AgentError(.busy, "no pipe: \(errorText())")
        }
    }
}

func closeOnExec(_ descriptor: Int32) {
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
}

func nonblocking(_ descriptor: Int32) {
    _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
}

/// What one `read` gives.
enum Reading {
    case bytes([UInt8])
    case wouldBlock
    case end
}

func readSome(_ descriptor: Int32, limit: Int = 65536) -> Reading {
    while true {
        var count = 0
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: limit) { buffer, initialized in
            count = unsafe read(descriptor, buffer.baseAddress, limit)
            initialized = max(0, count)
        }
        if count > 0 { return .bytes(bytes) }
        if count == 0 { return .end }
        if errno == EAGAIN { return .wouldBlock }
        if errno != EINTR { return .end }
    }
}

/// Writes all of the bytes to a blocking descriptor; false when the other side is gone or the disk is full.
func writeAll(_ descriptor: Int32, _ bytes: [UInt8]) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
        let count = unsafe rest.withUnsafeBytes { unsafe write(descriptor, $0.baseAddress, $0.count) }
        if count > 0 {
            rest = rest.dropFirst(count)
        } else if errno != EINTR {
            return false
        }
    }
    return true
}

/// A whole file, or nil if it cannot be read or is longer than `limit`.
func readFile(_ path: String, limit: Int = 16 << 20) -> [UInt8]? {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    while case .bytes(let more) = readSome(descriptor) {
        bytes += more
        if bytes.count > limit { return nil }
    }
    return bytes
}

func readText(_ path: String) -> String? {
    readFile(path).map { String(decoding: $0, as: UTF8.self) }
}

/// The names in a directory, sorted; empty when it cannot be read.
func directoryNames(_ path: String) -> [String] {
    guard let directory = unsafe opendir(path) else { return [] }
    defer { unsafe closedir(directory) }
    var names: [String] = []
    while let entry = unsafe readdir(directory) {
        let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
            unsafe $0.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
        }
        if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted()
}

/// Removes a file if it is there.
func removeFile(_ path: String) {
    _ = unsafe unlink(path)
}

/// Makes a directory and those above it; what is there stays.
func makeDirectories(_ path: String, mode: mode_t = 0o755) {
    var prefix = ""
    for part in path.split(separator: "/") {
        prefix += "/" + part
        _ = unsafe mkdir(prefix, mode)
    }
}

/// A line for the agent's log, which is its standard error; stamped in seconds since 1970.
func note(_ text: String) {
    let milliseconds = String(ClockReading.now().wall / 1_000_000)
    let stamp = "\(milliseconds.dropLast(3)).\(milliseconds.suffix(3))"
    _ = writeAll(2, [UInt8]("\(stamp) [\(getpid())] \(text)\n".utf8))
}
