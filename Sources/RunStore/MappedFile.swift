import Glibc

/// The bytes of a file, not held twice: a regular file is mapped, anything else, such as a pipe, is read.
///
/// Whoever cuts the file shorter while it is mapped ends this process; a run's files only grow.
@safe
struct MappedFile: ~Copyable {
    private let mapping: UnsafeRawBufferPointer?
    private let content: [UInt8]

    init(path: String) throws(StoreError) {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw StoreError(.cannotRead, path: path, lastSystemError()) }
        defer { close(descriptor) }
        let mapped = unsafe Self.map(descriptor)
        let read = unsafe mapped == nil ? try readAll(descriptor, path: path) : []
        unsafe mapping = mapped
        content = read
    }

    deinit {
        guard let mapping = unsafe mapping else { return }
        unsafe munmap(UnsafeMutableRawPointer(mutating: mapping.baseAddress), mapping.count)
    }

    /// Lends the bytes.
    borrowing func withBytes<Content, Failure>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Content
    ) throws(Failure) -> Content {
        if let mapping = unsafe mapping { return unsafe try body(mapping) }
        let result = unsafe content.withUnsafeBytes { bytes in
            Result { () throws(Failure) in unsafe try body(bytes) }
        }
        return try result.get()
    }

    private static func map(_ descriptor: Int32) -> UnsafeRawBufferPointer? {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size > 0 else {
            return nil
        }
        let count = Int(status.st_size)
        let start = unsafe mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0)
        guard let start = unsafe start, unsafe start != MAP_FAILED else { return nil }
        unsafe madvise(start, count, MADV_SEQUENTIAL)
        return unsafe UnsafeRawBufferPointer(start: start, count: count)
    }
}
