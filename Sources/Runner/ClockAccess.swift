import AgentProtocol
import Clusters
import Faults
import FoundationEssentials
import RunStore
import Systems
import Workloads

/// How the clocks of a system's nodes are made to lie.
enum ClockAccess: Hashable, Sendable {
    /// The nodes are told, and read the host's clocks wrongly.
    case nodes
    /// Nodes run under libfaketime: the wall clock alone.
    case preload
    /// The hosts' own wall clocks are moved. What each kernel's boot is called, the controller's among them.
    case hosts(boots: [String: String])

    /// What the plan's clock faults need; throws what speaks against them before anything is begun.
    ///
    /// - Parameter hosts: those of the hosts file; `nil` for a lab, which shares the clock of its machine.
    static func find(
        _ plan: Plan, _ system: any SystemUnderTest, hosts: [ClusterHost]?
    ) throws(RunFailure) -> ClockAccess {
        guard plan.hasClockFaults, !(system is any ClockSkewable) else { return .nodes }
        func refused(_ why: String, _ advice: String) -> RunFailure {
            RunFailure(.usage, "\(plan.workload.file): clock: \(why)", advice: advice)
        }
        let clocks = plan.faults.compactMap { if case .clock(let fault) = $0.kind { fault.clock } else { nil } }
        guard clocks.allSatisfy({ $0 == .wall }) else {
            throw refused(
                "of \(system.traits.name) the wall clock alone can be moved", "say clock: wall, for a rate too")
        }
        if let hosts, !hosts.isEmpty, hosts.allSatisfy(\.hasOwnClock) { return .hosts(boots: [:]) }
        if system is any PreloadSkewable { return .preload }
        throw refused(
            "the nodes of \(system.traits.name) read the clocks of their hosts, which are not theirs alone",
            "use a node of this repository, or dedicated hosts of which the hosts file says clock: own")
    }

    /// What the controller's own kernel calls its boot.
    static var controllerBoot: String {
        let text = try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8)
        return String((text ?? "").filter { !$0.isWhitespace })
    }

    /// The controller's entry among the boots; no host has this name.
    private static let controller = ""

    /// The same with the boots of the hosts, by node; and what is wrong with them.
    func with(boots: [(node: String, host: String, boot: String)]) -> (access: ClockAccess, problems: [Problem]) {
        guard case .hosts = self else { return (self, []) }
        var known = [Self.controller: Self.controllerBoot]
        var problems: [Problem] = []
        for (node, host, boot) in boots {
            let other = known.first { $0.value == boot || boot.isEmpty }
            if let other {
                let whom = other.key == Self.controller ? "the controller" : "the host of \(other.key)"
                problems.append(
                    Problem(
                        .unsupported, node: host,
                        "the clock of this host is not moved: it runs the same kernel as \(whom), and shares its clock",
                        advice: "take clock: own out of the hosts file, or hosts that are machines of their own"))
            }
            known[node] = boot
        }
        return (.hosts(boots: known), problems)
    }

    /// How the agent of a node's host is to set the clock.
    func request(_ fault: ClockFault, of node: String, isOn: Bool) -> ClockSet {
        let lie = isOn ? ClockLie(fault.change) : .none
        guard case .hosts(let boots) = self else { return ClockSet(process: node, lie: lie) }
        let others = boots.filter { $0.key != node }.values.sorted()
        return ClockSet(process: nil, lie: lie, otherBoots: others)
    }
}

extension ClockLie {
    fileprivate init(_ change: ClockFault.Change) {
        self =
            switch change {
            case .offset(let time): .offset(time.nanoseconds)
            case .jump(let time): .jump(time.nanoseconds)
            case .rate(let rate): .rate(rate)
            case .strobe(let by, let every): .strobe(by: by.nanoseconds, every: every.nanoseconds)
            }
    }
}
