@testable import Replication

/// What must hold in every run, looked at after every step of every member.
struct RaftInvariants {
    /// Elections that were won.
    private(set) var leaders: [UInt32: NodeName] = [:]
    /// What any member took for committed, by place.
    private(set) var committed: [RaftEntry] = []
    private(set) var committedBase: LSN = 0
    private(set) var broken: [String] = []
    private var checked: [NodeName: (life: Int, lsn: LSN)] = [:]

    /// A member that was woken, did nothing, and wants to be woken at once: a real one would keep a processor busy.
    mutating func foundRestless(_ name: NodeName, _ now: Moment) {
        broken.append("\(name) has nothing to do at \(now) and asks to be woken at once")
    }

    mutating func check(_ name: NodeName, _ cluster: RaftCluster) {
        guard let core = cluster.core(name), let life = cluster.hosts[name]?.life else { return }
        checkLeader(name, core)
        checkCommitted(name, life, core)
    }

    /// One leader a term, and it has all that is committed.
    private mutating func checkLeader(_ name: NodeName, _ core: RaftCore) {
        guard core.role == .leader, leaders[core.term] != name else { return }
        if let other = leaders[core.term] { broken.append("\(other) and \(name) lead term \(core.term)") }
        leaders[core.term] = name
        let last = LSN(committed.count)
        guard last > core.log.base.lsn else { return }
        if core.log.last.lsn < last || core.log[last] != committed[Int(last) - 1] {
            broken.append("\(name) leads term \(core.term) and lacks entry \(last), which is committed")
        }
    }

    /// What one member takes for committed no other contradicts, then or later.
    private mutating func checkCommitted(_ name: NodeName, _ life: Int, _ core: RaftCore) {
        guard core.installing == nil else { return }
        let before = checked[name].map { $0.life == life ? $0.lsn : 0 } ?? 0
        let end = min(core.commitIndex, core.log.last.lsn)
        var lsn = max(before, core.log.base.lsn)
        while lsn < end {
            lsn += 1
            let entry = core.log[lsn]
            if lsn <= LSN(committed.count) {
                if committed[Int(lsn) - 1] != entry {
                    broken.append("entry \(lsn) of term \(entry.term) at \(name) is not what was committed")
                }
            } else if lsn == LSN(committed.count) + 1 {
                committed.append(entry)
            } else {
                broken.append("\(name) takes entry \(lsn) for committed before \(committed.count + 1)")
            }
        }
        checked[name] = (life, max(before, end))
    }

    /// Two logs that have one entry of one term in the same place have everything before it in common.
    mutating func checkMatching(_ cluster: RaftCluster) {
        let cores = cluster.names.compactMap { cluster.core($0) }
        for (index, one) in cores.enumerated() {
            for other in cores[(index + 1)...] { checkMatching(one, other) }
        }
    }

    private mutating func checkMatching(_ one: RaftCore, _ other: RaftCore) {
        let base = max(one.log.base.lsn, other.log.base.lsn)
        var lsn = min(one.log.last.lsn, other.log.last.lsn)
        while lsn > base, one.log.term(at: lsn) != other.log.term(at: lsn) { lsn -= 1 }
        while lsn > base {
            if one.log[lsn] != other.log[lsn] {
                broken.append("the logs of \(one.name) and \(other.name) differ at \(lsn) and agree later")
            }
            lsn -= 1
        }
    }
}
