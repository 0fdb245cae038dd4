import FoundationEssentials
import Glibc

/// A process that cannot be mistaken for a later one with the same number.
public struct ProcessIdentity: Codable, Hashable, Sendable {
    public var pid: Int32
    /// Clock ticks between boot and the start of the process (field 22 of `/proc/PID/stat`).
    public var start: UInt64

    public init(pid: Int32, start: UInt64) {
        self.pid = pid
        self.start = start
    }

    /// The process that bears this number now; nil when there is none.
    public init?(pid: Int32) {
        guard let stat = ProcessStat(pid: pid) else { return nil }
        self = stat.identity
    }

    /// The process this code runs in.
    static var current: ProcessIdentity? { ProcessIdentity(pid: getpid()) }

    /// Whether it still runs; a zombie does not.
    public var isAlive: Bool {
        guard let stat = ProcessStat(pid: pid), stat.identity == self else { return false }
        return stat.state != "Z" && stat.state != "X"
    }

    /// Sends SIGKILL if the process is still the one meant.
    func kill() {
        guard isAlive else { return }
        _ = Glibc.kill(pid, SIGKILL)
    }
}

/// What `/proc/PID/stat` tells about one process.
struct ProcessStat {
    var identity: ProcessIdentity
    var parent: Int32
    var state: Character

    init?(pid: Int32) {
        guard let bytes = FileManager.default.contents(atPath: "/proc/\(pid)/stat") else { return nil }
        let text = String(decoding: bytes, as: UTF8.self)
        // The command may hold spaces and parentheses: fields count from the last ')'.
        guard let end = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: end)...].split(separator: " ")
        guard fields.count > 19, let state = fields[0].first, let parent = Int32(fields[1]),
            let start = UInt64(fields[19])
        else { return nil }
        identity = ProcessIdentity(pid: pid, start: start)
        self.parent = parent
        self.state = state
    }

    /// All processes of this machine, as far as `/proc` shows them.
    static func all() -> [ProcessStat] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { Int32($0) }.compactMap { ProcessStat(pid: $0) }
    }

    /// The descendants of a process, nearest first.
    static func descendants(of ancestor: Int32) -> [ProcessStat] {
        let children = Dictionary(grouping: all(), by: \.parent)
        var found: [ProcessStat] = []
        var pending = [ancestor]
        while let next = pending.popLast() {
            let own = (children[next] ?? []).sorted { $0.identity.pid < $1.identity.pid }
            found += own
            pending = own.map(\.identity.pid) + pending
        }
        return found
    }
}

/// The command line of a process, argument by argument; empty when it is gone.
func commandLine(of pid: Int32) -> [String] {
    let bytes = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") ?? Data()
    return bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
}
