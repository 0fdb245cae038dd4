import AgentProtocol
import Glibc

/// One line of `/proc/<pid>/stat`.
struct ProcessStat: Hashable {
    var identity: ProcessIdentity
    var parent: Int
    var name: String
    /// `R`, `S`, `D`, `T`, `Z`...
    var state: String
    var cpuTicks: UInt64
    var residentPages: Int

    var isDead: Bool { state == "Z" || state == "X" }

    /// What the kernel says now, or nil when there is no such process.
    static func read(_ pid: Int) -> ProcessStat? {
        readText("/proc/\(pid)/stat").flatMap { ProcessStat(pid, $0) }
    }

    /// The process if it still is this one, not another with its number.
    static func read(_ identity: ProcessIdentity) -> ProcessStat? {
        read(identity.pid).flatMap { $0.identity == identity ? $0 : nil }
    }

    /// The name stands in brackets and may itself hold brackets and spaces: fields count from the last bracket.
    init?(_ pid: Int, _ line: String) {
        guard let open = line.firstIndex(of: "("), let close = line.lastIndex(of: ")"), open < close else {
            return nil
        }
        let fields = line[line.index(after: close)...].split(separator: " ")
        guard fields.count > 21, let parent = Int(fields[1]), let user = UInt64(fields[11]),
            let system = UInt64(fields[12]), let start = UInt64(fields[19].filter(\.isNumber)),
            let pages = Int(fields[21].filter(\.isNumber))
        else { return nil }
        identity = ProcessIdentity(pid: pid, start: start)
        self.parent = parent
        name = String(line[line.index(after: open)..<close])
        state = String(fields[0])
        cpuTicks = user + system
        residentPages = pages
    }
}

/// All processes that this one can see, at one moment.
struct ProcessTable {
    private(set) var all: [Int: ProcessStat] = [:]
    private var children: [Int: [Int]] = [:]

    init() {
        for name in directoryNames("/proc") {
            guard let pid = Int(name), let stat = ProcessStat.read(pid) else { continue }
            all[pid] = stat
            children[stat.parent, default: []].append(pid)
        }
    }

    /// A process' descendants, parents before children, itself left out.
    func descendants(of pid: Int) -> [ProcessStat] {
        var found: [ProcessStat] = []
        var pending = children[pid] ?? []
        while let next = pending.popLast() {
            if let stat = all[next] { found.append(stat) }
            pending += children[next] ?? []
        }
        return found
    }
}

/// Sends a signal to a process if it still is this one; false when it is gone.
@discardableResult
func send(_ signal: Int32, to identity: ProcessIdentity) -> Bool {
    guard ProcessStat.read(identity) != nil else { return false }
    return kill(pid_t(identity.pid), signal) == 0
}
