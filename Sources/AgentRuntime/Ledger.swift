import AgentProtocol
import FoundationEssentials
import Glibc

/// Something done to the host that must be undone.
enum LedgerEntry: Codable, Hashable {
    case process(name: String, ProcessIdentity)
    case stopped(name: String, ProcessIdentity)
    case network(fault: String)
    case file(path: String)
    /// The host's own clock, of the boot of that name; the true time is so much more than the time since boot.
    case hostClock(anchor: Int64, boot: String)
    /// What keeps the host's time, stopped: a unit of systemd.
    case timeService(String)

    var text: String {
        switch self {
        case .process(let name, let identity): "process \(name) (\(identity.pid))"
        case .stopped(let name, let identity): "stop of \(name) (\(identity.pid))"
        case .network(let fault): "network fault \(fault)"
        case .file(let path): "file \(path)"
        case .hostClock: "the host's clock"
        case .timeService(let service): "stop of \(service)"
        }
    }
}

/// The list on disk of what was done and not yet undone: each entry is there before the deed.
///
/// Lines are only appended, each forced to disk, until the file is long and is replaced by one with what is open.
/// Whoever survives reads it: the agent, its guardian, the next start, or `inquest-agent heal`.
struct Ledger: ~Copyable {
    private struct Line: Codable {
        var n: Int
        var entry: LedgerEntry?
        var undone: Bool?
    }

    private static let compactAbove = 256 << 10
    private let path: String
    private var descriptor: Int32
    private var size = 0
    private var next = 1
    private(set) var open: [Int: LedgerEntry] = [:]
    /// While closed to new deeds, because everything is being undone or there is no lease.
    var isSealed = false

    init(_ path: String) throws(AgentError) {
        self.path = path
        descriptor = unsafe Glibc.open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw AgentError(.failed, "ledger \(path): \(errorText())") }
        let bytes = readFile(path, limit: 1 << 30) ?? []
        size = bytes.count
        read(bytes)
        // A line that a crash tore must not swallow the next one.
        if bytes.last.map({ $0 != UInt8(ascii: "\n") }) ?? false { _ = writeAll(descriptor, [UInt8(ascii: "\n")]) }
    }

    deinit { close(descriptor) }

    private mutating func read(_ bytes: [UInt8]) {
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            guard let line = try? JSONDecoder().decode(Line.self, from: Data(line)) else { continue }
            next = max(next, line.n + 1)
            open[line.n] = line.undone == true ? nil : line.entry
        }
    }

    /// Notes a deed that is about to be done.
    mutating func add(_ entry: LedgerEntry) throws(AgentError) -> Int {
        guard !isSealed else {
            throw AgentError(.leaseLapsed, "everything is being undone, or there is no lease any more")
        }
        let number = next
        next += 1
        try append(Line(n: number, entry: entry))
        open[number] = entry
        return number
    }

    /// Notes that a deed was undone; doing so twice is harmless.
    mutating func markUndone(_ number: Int) throws(AgentError) {
        guard open.removeValue(forKey: number) != nil else { return }
        try append(Line(n: number, undone: true))
        if size > Self.compactAbove { try compact() }
    }

    private mutating func append(_ line: Line) throws(AgentError) {
        let bytes = Self.bytes(line)
        guard writeAll(descriptor, bytes), fdatasync(descriptor) == 0 else {
            throw AgentError(.failed, "ledger \(path): \(errorText()); nothing was done")
        }
        size += bytes.count
    }

    private mutating func compact() throws(AgentError) {
        let bytes = open.sorted { $0.key < $1.key }.flatMap { Self.bytes(Line(n: $0.key, entry: $0.value)) }
        let fresh = path + ".new"
        let file = unsafe Glibc.open(fresh, O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0o600)
        guard file >= 0, writeAll(file, bytes), fdatasync(file) == 0, unsafe rename(fresh, path) == 0 else {
            if file >= 0 { close(file) }
            throw AgentError(.failed, "ledger \(fresh): \(errorText())")
        }
        close(descriptor)
        descriptor = file
        size = bytes.count
    }

    private static func bytes(_ line: Line) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Names, numbers and paths always encode.
        return [UInt8]((try? encoder.encode(line)) ?? Data()) + [UInt8(ascii: "\n")]
    }
}

extension Monitor where State == Ledger {
    /// Notes a deed that is about to be done; the number marks it undone later.
    func add(_ entry: LedgerEntry) throws(AgentError) -> Int {
        try withLock { ledger throws(AgentError) in try ledger.add(entry) }
    }

    /// Notes that deeds were undone. A mark that cannot be written makes healing do it twice, which is harmless.
    func markUndone(_ numbers: Int?...) {
        withLock { ledger in
            for number in numbers.compactMap(\.self) { try? ledger.markUndone(number) }
        }
    }
}
