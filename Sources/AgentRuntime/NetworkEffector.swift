import AgentProtocol
import Glibc

/// Applies, renews and ends network faults. One `nft` runs at a time.
final class NetworkEffector: Sendable {
    private struct Active {
        var fault: NetworkFault
        var ledger: Int
        var renewed: Int64
        var lapses = 0
        var isPretended: Bool
        /// Where packets that leave go through a class of ours.
        var devices: [String] = []

        var ttl: Int64 { fault.ttlSeconds.nanoseconds }
    }

    private let command: HostCommand
    private let ledger: Monitor<Ledger>
    private let isSabotaged: Bool
    private let active = Monitor<[String: Active]>([:])

    init(command: HostCommand, ledger: Monitor<Ledger>, isSabotaged: Bool) {
        self.command = command
        self.ledger = ledger
        self.isSabotaged = isSabotaged
    }

    var names: [String] { active.withLock { $0.keys.sorted() } }

    private var queues: QueueRules { QueueRules(command: command) }

    func drop(_ fault: NetworkFault, protectedPorts: Set<Int>) throws(AgentError) -> NetReport {
        try active.withLock { active throws(AgentError) in
            var fault = fault
            if let old = active[fault.name] {
                fault.queueClass = old.fault.queueClass
                guard old.fault == fault else {
                    throw AgentError(.exists, "fault \(fault.name) is under way with other rules; heal it first")
                }
            }
            guard active[fault.name] != nil || active.count < AgentLimits.networkFaults else {
                throw AgentError(.busy, "\(active.count) network faults are under way already")
            }
            var number = active[fault.name]?.ledger ?? 0
            if number == 0 { number = try ledger.add(.network(fault: fault.name)) }
            fault.queueClass = QueueRules.queueClass(number)
            let entry =
                active[fault.name]
                ?? Active(fault: fault, ledger: number, renewed: 0, isPretended: isSabotaged)
            active[fault.name] = entry
            if entry.isPretended { return pretence(entry) }
            do throws(AgentError) {
                if entry.devices.isEmpty { active[fault.name]?.devices = try queues.add(fault) }
                try apply(&active, gone: [], protectedPorts)
            } catch {
                try? queues.remove(fault, from: active[fault.name]?.devices ?? [])
                active[fault.name] = nil
                ledger.markUndone(number)
                throw error
            }
            return try report(fault.name, active)
        }
    }

    /// Success without a deed, for tests that evidence must fail.
    private func pretence(_ entry: Active) -> NetReport {
        let count = NetworkRules.elements(entry.fault).values.reduce(0) { $0 + $1.count }
        return NetReport(
            fault: entry.fault.name, isPresent: true, elements: count, packetsIn: 0, packetsOut: 0, lapses: 0,
            clocks: .now())
    }

    private func apply(
        _ active: inout [String: Active], gone: [NetworkFault], _ protectedPorts: Set<Int>
    ) throws(AgentError) {
        let real = active.values.filter { !$0.isPretended }.map(\.fault).sorted { $0.name < $1.name }
        let text =
            real.isEmpty
            ? NetworkRules.removal
            : NetworkRules.apply(real, gone: gone, protectedPorts: protectedPorts)
        _ = try command.tool(["nft", "-f", "-"], input: text)
        markRenewed(&active)
    }

    private func markRenewed(_ active: inout [String: Active]) {
        let now = monotonicNanoseconds()
        for (name, entry) in active where !entry.isPretended {
            if entry.renewed > 0, now - entry.renewed > entry.ttl { active[name]?.lapses += 1 }
            active[name]?.renewed = now
        }
    }

    private func report(_ name: String, _ active: [String: Active]) throws(AgentError) -> NetReport {
        let lapses = active[name]?.lapses ?? 0
        guard let listing = try NetworkListing.read(command) else {
            return NetReport(
                fault: name, isPresent: false, elements: 0, packetsIn: 0, packetsOut: 0, lapses: lapses,
                clocks: .now())
        }
        var report = listing.report(name, lapses: lapses)
        if let entry = active[name] {
            let hasClasses = try queues.has(entry.fault, on: entry.devices)
            report.isPresent = report.isPresent && hasClasses
        }
        return report
    }

    func counters(_ name: String) throws(AgentError) -> NetReport {
        try active.withLock { active throws(AgentError) in try report(name, active) }
    }

    func heal(_ name: String, protectedPorts: Set<Int>) throws(AgentError) -> NetReport {
        try active.withLock { active throws(AgentError) in
            let last = try report(name, active)
            guard let entry = active.removeValue(forKey: name) else { return last }
            if !entry.isPretended {
                do throws(AgentError) {
                    try apply(&active, gone: [entry.fault], protectedPorts)
                    try queues.remove(entry.fault, from: entry.devices)
                } catch {
                    active[name] = entry
                    throw error
                }
            }
            ledger.markUndone(entry.ledger)
            return last
        }
    }

    /// Starts the time of one fault or all anew.
    func renew(_ name: String?, protectedPorts: Set<Int>) throws(AgentError) {
        try active.withLock { active throws(AgentError) in
            if let name, active[name] == nil {
                throw AgentError(.notFound, "no network fault \(name) is under way")
            }
            try renewAll(&active, protectedPorts)
        }
    }

    /// Renews when a third of the shortest time is over.
    func renewIfDue(protectedPorts: Set<Int>) throws(AgentError) {
        try active.withLock { active throws(AgentError) in
            let now = monotonicNanoseconds()
            guard active.values.contains(where: { !$0.isPretended && now - $0.renewed > $0.ttl / 3 }) else {
                return
            }
            try renewAll(&active, protectedPorts)
        }
    }

    private func renewAll(_ active: inout [String: Active], _ protectedPorts: Set<Int>) throws(AgentError) {
        let real = active.values.filter { !$0.isPretended }.map(\.fault)
        guard !real.isEmpty else { return }
        do {
            _ = try command.tool(["nft", "-f", "-"], input: NetworkRules.renewal(real))
            markRenewed(&active)
        } catch {
            // Somebody removed our table: it comes back, and the report says that there was a gap.
            note("renewal failed, applying anew: \(error)")
            for fault in real { active[fault.name]?.lapses += 1 }
            try apply(&active, gone: [], protectedPorts)
        }
    }

    /// Runs `heal`, which removes the table, while no other change is made, and forgets every fault.
    func removeAll<Value>(_ heal: () -> Value) -> Value {
        active.withLock { active in
            defer { active = [:] }
            return heal()
        }
    }
}
