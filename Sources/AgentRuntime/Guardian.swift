import AgentProtocol
import CHostCalls
import Glibc

/// The agent's parent: small, and does nothing but wait, so that nothing brings it down with the agent.
///
/// When the agent ends in any way, or the lease's time is over and the agent has not acted, it undoes all from the
/// ledger. Orphans of the agent become its children.
struct Guardian {
    /// How long after the deadline the guardian acts in the agent's place.
    static let graceSeconds = 1.0

    let places: Places

    func run() -> Int32 {
        places.make()
        guard let lock = StateLock.wait(places.lock, seconds: 2) else {
            note("another agent uses \(places.state)")
            return 75
        }
        _ = host_become_subreaper()
        unsafe host_set_name("inquest-guard")
        do throws(AgentError) {
            let children = Children(marker: places.state)
            try heal(children, "left by an earlier agent")
            let alive = try Pipe()
            let lease = try LeaseFile(places.lease)
            lease.set(0)
            guard let agent = children.start({ serve(alive.reading, lock.descriptor) }) else {
                throw AgentError(.cannotStart, "the agent: \(errorText())")
            }
            close(alive.reading)
            notePids(agent)
            let status = watch(agent, children, lease)
            note("the agent \(status.text)")
            try heal(children, "undone")
            removeFile(places.socket)
            removeFile(places.pids)
            return status.code == 0 ? 0 : 1
        } catch {
            note("guardian: \(error)")
            return 1
        }
    }

    private func serve(_ alive: Int32, _ lock: Int32) -> Int? {
        let null = unsafe open("/dev/null", O_RDWR | O_CLOEXEC)
        defer { close(null) }
        return spawnProgram(
            ["inquest-agent", "serve"] + places.arguments, environment: Children.basics,
            descriptors: [(null, 0), (null, 1), (2, 2), (alive, 13), (lock, 14), (13, 3), (14, 4)])
    }

    private func notePids(_ agent: Int) {
        let text = [Int(getpid()), agent].compactMap { ProcessStat.read($0)?.identity }
            .map { "\($0.pid) \($0.start)\n" }.joined()
        let file = unsafe open(places.pids, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { return note("\(places.pids): \(errorText())") }
        _ = writeAll(file, [UInt8](text.utf8))
        close(file)
    }

    /// Until the agent has ended; kills it when it let the lease lapse without acting.
    private func watch(_ agent: Int, _ children: Children, _ lease: LeaseFile) -> ExitStatus {
        while true {
            if let status = children.waitForEnd(agent, until: monotonicNanoseconds() + 100_000_000) {
                return status
            }
            let deadline = lease.read()
            guard deadline != 0, bootNanoseconds() > deadline + Self.graceSeconds.nanoseconds else { continue }
            note("the lease lapsed and the agent does not act; ending it")
            kill(pid_t(agent), SIGKILL)
        }
    }

    private func heal(_ children: Children, _ what: String) throws(AgentError) {
        let reply = try Self.heal(places, children)
        reply.undone.forEach { note("\(what): \($0)") }
        reply.failures.forEach { note("FAILED: \($0)") }
    }

    /// Undoes all that the ledger lists. Nobody else may be writing it: the caller holds the lock.
    static func heal(_ places: Places, _ children: Children) throws(AgentError) -> HealReply {
        var ledger = try Ledger(places.ledger)
        var healing = Healing(
            command: HostCommand(children: children), stateDirectory: places.state, root: Int(getpid()))
        healing.spares = { children.tools }
        var undone: [Int] = []
        let reply = healing.undo(ledger.open) { undone.append($0) }
        for number in undone { try ledger.markUndone(number) }
        return reply
    }
}
