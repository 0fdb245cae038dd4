import AgentProtocol

/// One operation of the protocol: who may ask for it, where it runs, and how.
struct AgentOperation: Sendable {
    enum Lane: Sendable {
        /// At once on the thread that reads requests: never blocks.
        case inline
        /// Files and the network's rules.
        case quick
        /// Processes, and what concerns the whole host.
        case control
        /// Commands, which may take long.
        case exec
    }

    var needsLease: Bool
    var lane: Lane
    /// From the request's line and its controller to the reply's line.
    var run: @Sendable (_ id: String, _ line: [UInt8], _ controller: String) throws(AgentError) -> [UInt8]

    init<Request: AgentRequest>(
        _ type: Request.Type, _ lane: Lane, needsLease: Bool = true,
        _ body: @escaping @Sendable (Request, String) throws(AgentError) -> Request.Reply
    ) {
        self.needsLease = needsLease
        self.lane = lane
        run = { id, line, controller throws(AgentError) in
            let reply = try body(try AgentLine.body(type, line), controller)
            do {
                return try AgentLine.reply(id: id, ok: reply)
            } catch {
                throw AgentError(.failed, "the reply cannot be written: \(error)")
            }
        }
    }

    /// All operations by name, but for `status` and `stop`, which are the server's.
    static func all(_ agent: Agent) -> [String: AgentOperation] {
        [processes(agent), clocks(agent), files(agent), network(agent)].reduce(session(agent)) { all, more in
            all.merging(more) { $1 }
        }
    }

    private static func session(_ agent: Agent) -> [String: AgentOperation] {
        [
            Hello.op: .init(Hello.self, .control, needsLease: false) { request, controller throws(AgentError) in
                try agent.hello(request, from: controller)
            },
            Linger.op: .init(Linger.self, .inline, needsLease: false) { _, _ in
                agent.session.linger()
                return Done()
            },
            Renew.op: .init(Renew.self, .inline) { _, controller throws(AgentError) in
                try agent.session.renew(controller)
            },
            HealAll.op: .init(HealAll.self, .control, needsLease: false) { request, controller throws(AgentError) in
                try agent.healAll(request, for: controller)
            },
            Bye.op: .init(Bye.self, .control) { _, controller throws(AgentError) in try agent.bye(controller) },
            FinalCompare.op: .init(FinalCompare.self, .control, needsLease: false) {
                request, controller throws(AgentError) in try agent.compare(request, for: controller)
            },
        ]
    }

    private static func processes(_ agent: Agent) -> [String: AgentOperation] {
        [
            Spawn.op: .init(Spawn.self, .control) { request, _ throws(AgentError) in
                guard request.fakesClock else { return try agent.processes.spawn(request) }
                var request = request
                request.argv = try agent.clocks.command(
                    of: request.name, argv: request.argv, path: request.environment["PATH"])
                let reply = try agent.processes.spawn(request)
                try agent.clocks.noteShared(by: reply.process.pid)
                return reply
            },
            Signal.op: .init(Signal.self, .control) { request, _ throws(AgentError) in
                try agent.processes.signal(request)
            },
            ProcessState.op: .init(ProcessState.self, .quick) { request, _ throws(AgentError) in
                try agent.processes.state(request)
            },
            Exec.op: .init(Exec.self, .exec) { request, _ throws(AgentError) in
                try agent.processes.exec(request)
            },
        ]
    }

    private static func clocks(_ agent: Agent) -> [String: AgentOperation] {
        [
            ClockSet.op: .init(ClockSet.self, .exec) { request, _ throws(AgentError) in
                guard let process = request.process else {
                    return try agent.hostClock.set(request.lie, otherBoots: request.otherBoots)
                }
                let pids = try agent.processes.pids(of: process)
                return try agent.clocks.set(process, request.lie, processes: pids)
            },
            ClockTrial.op: .init(ClockTrial.self, .exec) { request, _ throws(AgentError) in
                try agent.clocks.attempt(request.argv)
                return Done()
            },
        ]
    }

    private static func files(_ agent: Agent) -> [String: AgentOperation] {
        [
            PutFile.op: .init(PutFile.self, .quick) { request, _ throws(AgentError) in
                try agent.files.put(request)
            },
            GetFile.op: .init(GetFile.self, .quick) { request, _ throws(AgentError) in
                try agent.files.get(request.path)
            },
            ReadLog.op: .init(ReadLog.self, .quick) { request, _ throws(AgentError) in
                try agent.files.readLog(request)
            },
            RemoveTree.op: .init(RemoveTree.self, .control) { request, _ throws(AgentError) in
                try agent.files.remove(request.path)
            },
        ]
    }

    private static func network(_ agent: Agent) -> [String: AgentOperation] {
        [
            NetDrop.op: .init(NetDrop.self, .quick) { request, _ throws(AgentError) in
                let ports = agent.session.protectedPorts
                return try agent.network.drop(
                    try NetworkRules.check(request, protectedPorts: ports), protectedPorts: ports)
            },
            NetRenew.op: .init(NetRenew.self, .quick) { request, _ throws(AgentError) in
                try agent.network.renew(request.fault, protectedPorts: agent.session.protectedPorts)
                return Done()
            },
            NetHeal.op: .init(NetHeal.self, .quick) { request, _ throws(AgentError) in
                guard isAgentName(request.fault) else { throw AgentError(.badRequest, "that is no fault's name") }
                return try agent.network.heal(request.fault, protectedPorts: agent.session.protectedPorts)
            },
            NetCounters.op: .init(NetCounters.self, .quick) { request, _ throws(AgentError) in
                try agent.network.counters(request.fault)
            },
            ProbeListen.op: .init(ProbeListen.self, .inline) { request, _ throws(AgentError) in
                try agent.probes.listen(request.port)
                return Done()
            },
            ProbeSend.op: .init(ProbeSend.self, .inline) { request, _ throws(AgentError) in
                try agent.probes.send(request)
            },
            ProbeExchange.op: .init(ProbeExchange.self, .exec) { request, _ throws(AgentError) in
                try ProbeEcho.exchange(request)
            },
            ProbeReport.op: .init(ProbeReport.self, .inline) { request, _ in
                agent.probes.report(request.nonce)
            },
        ]
    }
}
