/// A design of this repository: one program a node, asked over its admin socket in the words that all designs have.
///
/// A design says its name and options; the rest follows from them.
public protocol BundledNode: Promotable, Gateable, Orderable, PowerCuttable, ClockSkewable, Dumpable {
    /// The name of the system, which is that of its program.
    static var name: String { get }

    /// What its own options are on the command line of one node.
    func words(_ site: NodeSite, in cluster: ClusterPlan) -> [String]

    /// Gates that are closed from the start, and delays that hold from then on.
    var gates: [String] { get }
    var delays: [NodeSingleOptions.Delay] { get }

    /// Who decides about the nodes from beside them.
    var arbiters: ArbiterOptions { get }
}

extension BundledNode {
    private var control: NodeOperator { NodeOperator(system: Self.name) }

    public var arbiters: ArbiterOptions { ArbiterOptions() }

    public func companions(in cluster: ClusterPlan) -> [Companion] { arbiters.companions(in: cluster) }

    public func checkHost(of site: NodeSite, via host: any HostAccess) async throws(SystemError) {
        try await control.checkHost(programs: traits.programs, site, via: host)
    }

    public func launch(_ site: NodeSite, in cluster: ClusterPlan) -> LaunchSpec {
        let argv = control.argv(
            site, cluster, own: words(site, in: cluster) + arbiters.words(in: cluster), gates: gates, delays: delays
        )
        return LaunchSpec(site, argv)
    }

    public func status(of site: NodeSite, via host: any HostAccess) async throws(SystemError) -> NodeStatus {
        try await control.ask(
            site, ["status"], via: host, deadline: HostCommand.statusDeadline, NodeControl.status)
    }

    public func promote(_ site: NodeSite, via host: any HostAccess) async throws(SystemError) {
        try await control.ask(site, ["promote"], via: host) { _ in () }
    }

    public func follow(_ leader: NodeSite, _ site: NodeSite, via host: any HostAccess) async throws(SystemError) {
        try await order(["follow", leader.name], site, via: host)
    }

    public func order(_ words: [String], _ site: NodeSite, via host: any HostAccess) async throws(SystemError) {
        // Some orders are carried out only when others have agreed; the node itself gives them up after 12 s.
        try await control.ask(site, words, via: host, deadline: .seconds(20)) { _ in () }
    }

    public func setGate(
        _ target: String, open: Bool, _ site: NodeSite, via host: any HostAccess
    ) async throws(SystemError) {
        try await control.ask(site, ["gate", open ? "open" : "close", target], via: host) { _ in () }
    }

    public func setDelay(
        _ target: String, _ range: String?, _ site: NodeSite, via host: any HostAccess
    ) async throws(SystemError) {
        try await control.ask(site, ["delay", target, range ?? "off"], via: host) { _ in () }
    }

    public func cutPower(
        torn: Bool, _ site: NodeSite, via host: any HostAccess
    ) async throws(SystemError) {
        try await control.ask(site, ["power-cut"] + (torn ? ["--torn"] : []), via: host) { _ in () }
    }

    public func setClock(
        _ clock: String, _ setting: String, _ site: NodeSite, via host: any HostAccess
    ) async throws(SystemError) -> ClockWord {
        try await control.ask(site, ["clock", clock, setting], via: host) { answer throws(AnswerError) in
            try NodeControl.clock(clock, answer)
        }
    }

    public func dump(_ site: NodeSite, via host: any HostAccess) async throws(SystemError) -> NodeDump {
        try await control.ask(site, ["dump"], via: host, NodeControl.dump)
    }
}
