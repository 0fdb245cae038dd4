/// One method for each operation; the deadlines leave the agent time for what it was asked to wait for.
extension AgentClient {
    public func hello(leaseSeconds: Double, protectedPorts: [Int] = []) async throws(AgentError) -> HelloReply {
        try await call(Hello(leaseSeconds: leaseSeconds, protectedPorts: protectedPorts))
    }

    public func renew() async throws(AgentError) -> RenewReply {
        try await call(Renew(), deadline: .seconds(10))
    }

    /// Renews the lease again and again until cancelled; throws when the lease is lost.
    ///
    /// A renewal that got no answer in time is not the end: the next one is tried.
    public func keepLease(every pause: Duration) async throws {
        while true {
            try await Task.sleep(for: pause)
            do {
                _ = try await renew()
            } catch let error where error.code == .deadline {
                continue
            }
        }
    }

    public func healAll() async throws(AgentError) -> HealReply {
        try await call(HealAll(), deadline: .seconds(60))
    }

    public func bye() async throws(AgentError) -> HealReply {
        try await call(Bye(), deadline: .seconds(60))
    }

    public func status() async throws(AgentError) -> StatusReply {
        try await call(Status())
    }

    public func spawn(_ spawn: Spawn) async throws(AgentError) -> SpawnReply {
        try await call(spawn, deadline: .seconds(spawn.readySeconds + 10))
    }

    public func signal(
        _ name: String, _ signal: Signal.Kind, waitSeconds: Double = 2
    ) async throws(AgentError) -> SignalReply {
        try await call(
            Signal(name: name, signal: signal, waitSeconds: waitSeconds), deadline: .seconds(waitSeconds + 10))
    }

    public func processState(_ name: String) async throws(AgentError) -> ProcessReport {
        try await call(ProcessState(name: name))
    }

    public func exec(_ exec: Exec) async throws(AgentError) -> ExecReply {
        try await call(exec, deadline: .seconds(exec.deadlineSeconds + 10))
    }

    public func putFile(
        _ path: String, _ content: [UInt8], mode: Int = 0o600, isTemporary: Bool = false
    ) async throws(AgentError) {
        _ = try await call(PutFile(path: path, content: Bytes(content), mode: mode, isTemporary: isTemporary))
    }

    public func getFile(_ path: String) async throws(AgentError) -> [UInt8] {
        try await call(GetFile(path: path)).bytes
    }

    public func readLog(
        _ path: String, offset: Int, limit: Int = AgentLimits.fileBytes
    ) async throws(AgentError) -> LogPiece {
        try await call(ReadLog(path: path, offset: offset, limit: limit))
    }

    public func removeTree(_ path: String) async throws(AgentError) -> RemoveReply {
        try await call(RemoveTree(path: path), deadline: .seconds(120))
    }

    public func netDrop(
        fault: String, _ drops: [Drop], ttlSeconds: Double = 5, degradation: Degradation? = nil
    ) async throws(AgentError) -> NetReport {
        try await call(NetDrop(fault: fault, drops: drops, ttlSeconds: ttlSeconds, degradation: degradation))
    }

    public func netRenew(fault: String? = nil) async throws(AgentError) {
        _ = try await call(NetRenew(fault: fault))
    }

    public func netHeal(fault: String) async throws(AgentError) -> NetReport {
        try await call(NetHeal(fault: fault))
    }

    public func netCounters(fault: String) async throws(AgentError) -> NetReport {
        try await call(NetCounters(fault: fault))
    }

    public func probeListen(port: Int) async throws(AgentError) {
        _ = try await call(ProbeListen(port: port))
    }

    public func probeSend(
        to address: String, port: Int, nonce: String, count: Int = 3
    ) async throws(AgentError) -> ProbeSent {
        try await call(ProbeSend(address: address, port: port, nonce: nonce, count: count))
    }

    public func probeReport(nonce: String? = nil) async throws(AgentError) -> ProbesReceived {
        try await call(ProbeReport(nonce: nonce))
    }

    public func finalCompare(clockToleranceMilliseconds: Double = 100) async throws(AgentError) -> HostComparison {
        try await call(
            FinalCompare(clockToleranceMilliseconds: clockToleranceMilliseconds), deadline: .seconds(60))
    }
}
