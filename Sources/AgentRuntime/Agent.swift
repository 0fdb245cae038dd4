import AgentProtocol
import Glibc

/// Everything an agent can do, apart from how requests reach it.
final class Agent: Sendable {
    let instance: String
    let places: Places
    let session: Session
    let probes: Probes
    let network: NetworkEffector
    let processes: Processes
    let files: HostFiles
    let clocks: FakeClocks
    let hostClock: HostClock
    private let command: HostCommand
    private let ledger: Monitor<Ledger>
    /// Held while everything is undone, and while a lease begins; the host's abilities, once found.
    private let turning = Monitor<Capabilities?>(nil)

    init(_ places: Places, onChange: @escaping @Sendable () -> Void) throws(AgentError) {
        self.places = places
        // No two agents of a host start in the same moment with the same number.
        instance = "\(bootNanoseconds())-\(getpid())"
        let children = Children(marker: places.state)
        command = HostCommand(children: children)
        var ledger = try Ledger(places.ledger)
        ledger.isSealed = true
        self.ledger = Monitor(ledger)
        session = Session(file: try LeaseFile(places.lease), protectedPorts: places.protectedPorts)
        probes = Probes(onChange: onChange)
        network = NetworkEffector(
            command: command, ledger: self.ledger, isSabotaged: places.sabotage.contains(NetDrop.op))
        processes = Processes(children: children, ledger: self.ledger, sabotage: places.sabotage)
        clocks = FakeClocks(
            command: command, ledger: self.ledger, stateDirectory: places.state,
            isSabotaged: places.sabotage.contains(ClockSet.op))
        hostClock = HostClock(calls: ThisHostClock(command: command), ledger: self.ledger)
        let roots = [places.state, "/run/inquest"]
        files = HostFiles(
            roots: Array(Set(roots.map { HostFiles.realPath($0) ?? $0 })).sorted(),
            own: [places.own, places.socket].map { HostFiles.realPath($0) ?? $0 }, ledger: self.ledger)
    }

    func hello(_ request: Hello, from controller: String) throws(AgentError) -> HelloReply {
        guard request.leaseSeconds >= 1, request.leaseSeconds <= AgentLimits.seconds else {
            throw AgentError(.badRequest, "leaseSeconds: \(request.leaseSeconds) is not within 1 and 3600")
        }
        guard request.protectedPorts.count <= 64, request.protectedPorts.allSatisfy((1...65535).contains) else {
            throw AgentError(.badRequest, "protectedPorts: at most 64 ports from 1 to 65535")
        }
        let abilities = try turning.withLock { abilities throws(AgentError) in
            let found = abilities ?? HostAbilities.find(command)
            abilities = found
            if try session.open(controller, request) {
                session.keep(HostSnapshot.take(command))
                ledger.withLock { $0.isSealed = false }
            }
            return found
        }
        return HelloReply(
            version: agentVersion, instance: instance, hostname: HostSnapshot.hostname(),
            kernel: HostAbilities.kernel(), boot: ThisHostClock.boot, capabilities: abilities, clocks: .now(),
            sabotage: places.sabotage.sorted(), protectedPorts: session.protectedPorts.sorted())
    }

    func healAll(_ request: HealAll, for controller: String) throws(AgentError) -> HealReply {
        try turning.withLock { _ throws(AgentError) in
            if !request.isForced { try session.refuse(besides: controller) }
            let reply = undoEverything()
            ledger.withLock { $0.isSealed = session.holder == nil }
            return reply
        }
    }

    /// Heals and ends the lease, before the agent itself ends.
    func stop(_ request: Stop, for controller: String) throws(AgentError) -> HealReply {
        try turning.withLock { _ throws(AgentError) in
            if !request.isForced { try session.refuse(besides: controller) }
            return endLease()
        }
    }

    /// Heals and ends the lease by the wish of the controller that holds it.
    func bye(_ controller: String) throws(AgentError) -> HealReply {
        try turning.withLock { _ throws(AgentError) in
            try session.require(controller)
            return endLease()
        }
    }

    /// Heals and ends the lease, whoever holds it.
    func release() -> HealReply {
        turning.withLock { _ in endLease() }
    }

    private func endLease() -> HealReply {
        session.close()
        let reply = undoEverything()
        // What could not be undone is left to the guardian, which acts when the deadline has passed.
        if reply.failures.isEmpty { session.rest() }
        return reply
    }

    private func undoEverything() -> HealReply {
        let entries = ledger.withLock { ledger in
            ledger.isSealed = true
            return ledger.open
        }
        probes.close()
        clocks.release()
        hostClock.release()
        var healing = Healing(command: command, stateDirectory: places.state, root: Int(getpid()))
        healing.spares = { [command] in command.children.tools }
        return network.removeAll {
            healing.undo(entries) { number in ledger.markUndone(number) }
        }
    }

    /// Ends a lease whose time is over; called often.
    func watchLease() {
        if session.isOverdue {
            // Nobody gets the host before everything is undone.
            turning.withLock { _ in
                guard let controller = session.lapse() else { return }
                note("the lease of \(controller) lapsed; undoing everything")
                let reply = endLease()
                (reply.undone + reply.failures.map { "FAILED: \($0)" }).forEach(note)
            }
        } else if session.holder != nil {
            do { try network.renewIfDue(protectedPorts: session.protectedPorts) } catch {
                note("network faults were not renewed: \(error)")
            }
        }
    }

    func compare(_ request: FinalCompare, for controller: String) throws(AgentError) -> HostComparison {
        try session.refuse(besides: controller)
        guard let before = session.snapshot else {
            throw AgentError(.noLease, "nothing to compare with: hello takes stock of the host")
        }
        var healing = Healing(command: command, stateDirectory: places.state, root: Int(getpid()))
        healing.spares = { [command] in command.children.tools }
        let survivors = healing.survivors([])
        return HostDifference(
            before: before, after: HostSnapshot.take(command), survivors: survivors,
            own: [places.socket, places.state], clockToleranceMilliseconds: request.clockToleranceMilliseconds
        ).comparison
    }

    func status(journalEntries: Int) -> StatusReply {
        let holder = session.holder
        let pages = ProcessStat.read(Int(getpid()))?.residentPages ?? 0
        return StatusReply(
            version: agentVersion, instance: instance, pid: Int(getpid()), guardian: Int(getppid()),
            controller: holder?.controller, leaseSeconds: holder?.seconds, processes: processes.running,
            faults: network.names, journalEntries: journalEntries,
            residentBytes: pages * sysconf(Int32(_SC_PAGESIZE)), sabotage: places.sabotage.sorted(),
            state: places.state)
    }
}
