import AgentProtocol
import Glibc

/// Whether a program asks the C library for the time, so that another library can answer for it.
enum ProgramLinkage {
    /// Throws why libfaketime would not reach a program. A script is as its interpreter.
    static func check(_ path: String) throws(AgentError) {
        try check(path, depth: 0)
    }

    private static func check(_ path: String, depth: Int) throws(AgentError) {
        func refused(_ why: String) -> AgentError {
            AgentError(.unsupported, "the clock of \(path) cannot be skewed: \(why)")
        }
        var status = stat()
        guard unsafe stat(path, &status) == 0, let file = ElfFile(path) else {
            guard depth == 0, let interpreter = scriptInterpreter(path) else {
                throw refused("it is neither an ELF program nor a script")
            }
            return try check(interpreter, depth: 1)
        }
        guard status.st_mode & 0o6000 == 0 else {
            throw refused("it is setuid or setgid, and takes no library along")
        }
        guard file.is64Bit else { throw refused("it is no 64-bit program") }
        guard !file.isGo else { throw refused("it is written in Go, which asks the kernel for the time itself") }
        guard let interpreter = file.interpreter else {
            throw refused("it is linked statically, and loads no library")
        }
        guard interpreter.contains("/ld-linux") else {
            throw refused("it is not for glibc (its loader is \(interpreter))")
        }
    }

    /// The program that a script names in its first line.
    private static func scriptInterpreter(_ path: String) -> String? {
        guard let bytes = readFile(path, limit: 256), bytes.starts(with: "#!".utf8) else { return nil }
        let line = String(decoding: bytes.dropFirst(2).prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
        let words = line.split(separator: " ").map(String.init)
        guard let program = words.first else { return nil }
        guard program.hasSuffix("/env"), words.count > 1 else { return program }
        return find(words[1], in: Children.basics["PATH"] ?? "")
    }

    /// Where a program is, as the shell would find it.
    static func find(_ program: String, in path: String) -> String? {
        guard !program.contains("/") else { return program }
        return path.split(separator: ":").map { "\($0)/\(program)" }.first { unsafe access($0, X_OK) == 0 }
    }
}

/// What the headers of an ELF file say (System V ABI, "Object Files").
struct ElfFile {
    private(set) var is64Bit = true
    /// The loader that it names; `nil` for a static program.
    private(set) var interpreter: String?
    private(set) var isGo = false

    private static let interpreterKind = 3
    /// Sections that every Go linker leaves, even in stripped programs.
    private static let goSections: Set<String> = [".go.buildinfo", ".gopclntab", ".note.go.buildid"]

    /// nil for what is no ELF file.
    init?(_ path: String) {
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        self.init { offset, count in
            var bytes = [UInt8](repeating: 0, count: count)
            let read = unsafe pread(file, &bytes, count, off_t(offset))
            return read == count ? bytes : nil
        }
    }

    /// - Parameter read: so many bytes from a place in the file; nil if they are not there.
    init?(read: (_ offset: Int, _ count: Int) -> [UInt8]?) {
        guard let header = read(0, 64), header.starts(with: [0x7f, 0x45, 0x4c, 0x46]) else { return nil }
        // Little-endian 64-bit files alone are read on.
        guard header[4] == 2, header[5] == 1 else {
            is64Bit = false
            return
        }
        let segments = (0..<min(Self.number(header, 56, 2), 256)).compactMap { index in
            read(Self.number(header, 32, 8) + index * Self.number(header, 54, 2), 56)
        }
        if let segment = segments.first(where: { Self.number($0, 0, 4) == Self.interpreterKind }) {
            let (offset, size) = (Self.number(segment, 8, 8), Self.number(segment, 32, 8))
            interpreter = read(offset, min(size, 4096)).map {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
        }
        isGo = !Self.goSections.isDisjoint(with: Self.sections(header, read))
    }

    private static func sections(_ header: [UInt8], _ read: (Int, Int) -> [UInt8]?) -> [String] {
        let (table, size) = (number(header, 40, 8), number(header, 58, 2))
        guard table > 0, size >= 64 else { return [] }
        let entries = (0..<min(number(header, 60, 2), 4096)).compactMap { read(table + $0 * size, 64) }
        let place = number(header, 62, 2)
        guard entries.indices.contains(place) else { return [] }
        let (offset, length) = (number(entries[place], 24, 8), number(entries[place], 32, 8))
        guard length < 1 << 20, let names = read(offset, length) else { return [] }
        return entries.map { entry in
            String(decoding: names.dropFirst(number(entry, 0, 4)).prefix { $0 != 0 }, as: UTF8.self)
        }
    }

    /// A little-endian number; what does not fit is as large as can be, and read from nowhere.
    private static func number(_ bytes: [UInt8], _ offset: Int, _ count: Int) -> Int {
        let value = bytes[offset..<(offset + count)].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return Int(min(value, 1 << 40))
    }
}
