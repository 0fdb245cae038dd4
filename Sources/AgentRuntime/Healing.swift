import AgentProtocol
import Glibc

/// Undoes what a ledger lists. Whoever is left does it: the agent, its guardian, or `inquest-agent heal`.
///
/// Everything here may be done twice.
struct Healing {
    /// The environment variable that everything started by an agent carries; its value is the state directory.
    static let marker = "INQUEST_AGENT"

    let command: HostCommand
    let stateDirectory: String
    /// Descendants of this process are ended, except those it `spares`.
    let root: Int
    var spares: () -> Set<Int> = { [] }
    /// How the host's own clock is put back, where that is not this host's.
    var hostClock: (any HostClockCalls)?

    /// Undoes the entries and says what was done; each is passed to `mark` once nothing of it is left.
    func undo(_ entries: [Int: LedgerEntry], mark: (Int) -> Void) -> HealReply {
        var reply = HealReply(undone: [], failures: [])
        let ordered = entries.sorted { $0.key < $1.key }
        heal(&reply, ordered, mark, where: \.isNetwork) { () throws(AgentError) in
            try removeTable() + QueueRules(command: command).removeAll()
        }
        for (_, entry) in ordered {
            if case .stopped(_, let identity) = entry { send(SIGCONT, to: identity) }
        }
        heal(&reply, ordered, mark, where: \.isHostClock) { () throws(AgentError) in
            let entries = ordered.map(\.value).filter(\.isHostClock)
            guard !entries.isEmpty else { return [] }
            return try HostClock.undo(entries, hostClock ?? ThisHostClock(command: command))
        }
        heal(&reply, ordered, mark, where: \.isProcess) { () throws(AgentError) in try end(ordered.map(\.value)) }
        for (number, entry) in ordered {
            guard case .file(let path) = entry else { continue }
            heal(&reply, [(number, entry)], mark, where: { _ in true }) { () throws(AgentError) in try remove(path)
            }
        }
        return reply
    }

    /// One step for the entries it takes care of; it is done even without any, for what no ledger knows.
    private func heal(
        _ reply: inout HealReply, _ entries: [(key: Int, value: LedgerEntry)], _ mark: (Int) -> Void,
        where isMine: (LedgerEntry) -> Bool, step: () throws(AgentError) -> [String]
    ) {
        let mine = entries.filter { isMine($0.value) }
        do throws(AgentError) {
            reply.undone += try step()
            for (number, entry) in mine {
                mark(number)
                reply.undone.append("\(entry.text) undone")
            }
        } catch {
            reply.failures.append("\(mine.map(\.value.text).joined(separator: ", ")): \(error.message)")
        }
    }

    private func removeTable() throws(AgentError) -> [String] {
        guard let tables = try? command.tool(["nft", "list", "tables"]) else { return [] }
        guard tables.split(separator: "\n").contains("table \(NetworkRules.table)") else { return [] }
        _ = try command.tool(["nft", "-f", "-"], input: NetworkRules.removal)
        return ["table \(NetworkRules.table) removed"]
    }

    private func remove(_ path: String) throws(AgentError) -> [String] {
        guard unsafe unlink(path) == 0 || errno == ENOENT else {
            throw AgentError(.failed, "\(path): \(errorText())")
        }
        FakeClocks.tidy(path, stateDirectory)
        return []
    }

    /// Kills until nothing is left of the listed processes, their descendants, and all that carries the marker.
    private func end(_ entries: [LedgerEntry]) throws(AgentError) -> [String] {
        let listed = entries.compactMap(\.identity)
        var killed: Set<String> = []
        var left: [ProcessStat] = []
        for _ in 0..<250 {
            left = survivors(listed)
            if left.isEmpty { return killed.sorted() }
            for process in left {
                send(SIGKILL, to: process.identity)
                killed.insert("process \(process.identity.pid) (\(process.name)) ended")
            }
            pause(milliseconds: 20)
        }
        let names = left.map { "\($0.identity.pid) (\($0.name), \($0.state))" }.joined(separator: ", ")
        throw AgentError(.failed, "after 5 s these still live: \(names)")
    }

    func survivors(_ listed: [ProcessIdentity]) -> [ProcessStat] {
        let table = ProcessTable()
        let spared = spares()
        var found: [Int: ProcessStat] = [:]
        for identity in listed {
            guard let stat = table.all[identity.pid], stat.identity == identity else { continue }
            found[identity.pid] = stat
            for stat in table.descendants(of: identity.pid) { found[stat.identity.pid] = stat }
        }
        for stat in table.descendants(of: root) { found[stat.identity.pid] = stat }
        for (pid, stat) in table.all where isMarked(pid) { found[pid] = stat }
        return found.values.filter {
            !$0.isDead && !spared.contains($0.identity.pid) && $0.identity.pid != Int(getpid())
        }.sorted { $0.identity.pid < $1.identity.pid }
    }

    private func isMarked(_ pid: Int) -> Bool {
        guard let environment = readFile("/proc/\(pid)/environ", limit: 1 << 20), !environment.isEmpty else {
            return false
        }
        let mark = [UInt8]("\(Self.marker)=\(stateDirectory)".utf8)
        return environment.split(separator: 0).contains { $0.elementsEqual(mark) }
    }
}

extension LedgerEntry {
    var identity: ProcessIdentity? {
        switch self {
        case .process(_, let identity), .stopped(_, let identity): identity
        case .network, .file, .hostClock, .timeService: nil
        }
    }

    fileprivate var isHostClock: Bool {
        switch self {
        case .hostClock, .timeService: true
        case .process, .stopped, .network, .file: false
        }
    }

    fileprivate var isProcess: Bool { identity != nil }

    fileprivate var isNetwork: Bool {
        if case .network = self { true } else { false }
    }
}
