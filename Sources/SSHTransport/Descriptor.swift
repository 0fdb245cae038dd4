import Glibc

/// A file descriptor that is closed with the value that owns it.
struct Descriptor: ~Copyable {
    let number: Int32

    /// Takes over an open descriptor.
    init(owning number: Int32) { self.number = number }

    init(opening path: String, flags: Int32, mode: mode_t = 0) throws(SystemFailure) {
        guard !path.utf8.contains(0) else { throw SystemFailure("open a path with a NUL", number: EINVAL) }
        let number = unsafe open(path, flags, mode)
        guard number >= 0 else { throw SystemFailure("open \(path)") }
        self.number = number
    }

    deinit { _ = close(number) }

    /// The next bytes, at most so many; none at the end.
    func piece(atMost limit: Int) throws(SystemFailure) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: limit)
        while true {
            let count = unsafe read(number, &bytes, limit)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw SystemFailure("read") }
            bytes.removeLast(limit - count)
            return bytes
        }
    }

    /// Everything from the present position on; a file larger than the limit is an error.
    func contents(atMost limit: Int) throws(SystemFailure) -> [UInt8] {
        var contents: [UInt8] = []
        while true {
            let piece = try piece(atMost: 65536)
            if piece.isEmpty { return contents }
            contents += piece
            guard contents.count <= limit else { throw SystemFailure("read", number: EFBIG) }
        }
    }

    func write(_ bytes: [UInt8]) throws(SystemFailure) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(number, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw SystemFailure("write") }
            rest = rest.dropFirst(count)
        }
    }
}

/// A failed call of the operating system; `errno` is read when it is made.
struct SystemFailure: Error {
    let call: String
    let number: Int32

    init(_ call: String, number: Int32 = errno) {
        self.call = call
        self.number = number
    }

    var text: String { unsafe "\(call): \(String(cString: strerror(number)))" }
}
