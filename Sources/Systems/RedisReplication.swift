public import Clients
import HistoryModel

/// Debian's `redis-server`: one primary and its replicas, without sentinels; failover is up to the runner.
public struct RedisReplication: SystemUnderTest, PreloadSkewable {
    public static let name = "redis"
    /// The first version with read-only scripts at replicas.
    private static let oldestVersion = 7

    public let options: RedisOptions

    public init(options: RedisOptions) { self.options = options }

    public var traits: SystemTraits {
        SystemTraits(name: Self.name, programs: [], clientPort: 6379, peerPort: 6379)
    }

    public var dialect: any RESPDialect { RedisDialect(allowsScripts: options.scripts == .yes) }

    public func checkHost(of site: NodeSite, via host: any HostAccess) async throws(SystemError) {
        for program in ["redis-server", "redis-cli"] {
            let check = command(site, "check host", [site.program(program), "--version"])
            let output: ExecResult
            do throws(SystemError) {
                output = try await check.run(via: host)
            } catch {
                throw check.failed(
                    .notInstalled,
                    "\(program) does not run on host \(site.host): \(error.message); "
                        + "install it there: apt-get install redis-server redis-tools")
            }
            guard let version = RedisReply.majorVersion(output.outputText), version >= Self.oldestVersion else {
                throw check.failed(
                    .notInstalled,
                    "\(program) on host \(site.host) is too old, version \(Self.oldestVersion) is needed; it says "
                        + "'\(HostCommand.shortened(output.outputText))'")
            }
        }
    }

    public func launch(_ site: NodeSite, in cluster: ClusterPlan) -> LaunchSpec {
        let path = "\(site.stateDirectory)/redis.conf"
        let lines = configuration(site, cluster).map { $0 + "\n" }.joined()
        return LaunchSpec(
            directories: [site.stateDirectory, site.dataDirectory, site.runDirectory],
            files: [LaunchSpec.File(path: path, content: Array(lines.utf8))],
            process: ProcessSpec(
                name: site.name, argv: [site.program("redis-server"), path],
                workingDirectory: site.stateDirectory, standardOutput: site.standardOutput,
                standardError: site.standardError, fakesClock: cluster.fakesClocks))
    }

    /// Debian's server does not start under libfaketime: its allocator asks for the time before the library is ready.
    public func clockTrial(_ site: NodeSite) -> [String] { [site.program("redis-server"), "--version"] }

    private func configuration(_ site: NodeSite, _ cluster: ClusterPlan) -> [String] {
        var lines = [
            "bind \(site.address)", "port \(site.clientPort)", "protected-mode no", "daemonize no",
            "dir \(Self.quoted(site.dataDirectory))",
            "pidfile \(Self.quoted("\(site.runDirectory)/\(site.name).pid"))",
            "save \"\"", "appendonly yes", "appendfsync \(options.sync.rawValue)",
            "replica-announce-ip \(site.address)", "repl-diskless-sync-delay 0",
            "repl-timeout \(options.replicationTimeout)", "repl-ping-replica-period 1",
            "replica-serve-stale-data \(options.servesStaleData.rawValue)",
            "min-replicas-to-write \(options.minimumReplicas)", "min-replicas-max-lag \(options.maximumLag)",
        ]
        if site.name != cluster.leader {
            let leader = cluster.leaderSite
            lines.append("replicaof \(leader.address) \(leader.clientPort)")
        }
        return lines
    }

    private static func quoted(_ path: String) -> String {
        "\"" + path.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : "\($0)" }.joined() + "\""
    }

    public func status(of site: NodeSite, via host: any HostAccess) async throws(SystemError) -> NodeStatus {
        try await ask(
            site, "status", ["INFO", "replication"], via: host, deadline: HostCommand.statusDeadline
        ) { output throws(AnswerError) in
            try RedisReply.status(String(decoding: output, as: UTF8.self), node: site.name)
        }
    }
}

extension RedisReplication: Promotable {
    public func promote(_ site: NodeSite, via host: any HostAccess) async throws(SystemError) {
        try await order(site, "promote", ["REPLICAOF", "NO", "ONE"], via: host)
    }

    public func follow(_ leader: NodeSite, _ site: NodeSite, via host: any HostAccess) async throws(SystemError) {
        try await order(
            site, "follow \(leader.name)", ["REPLICAOF", leader.address, "\(leader.clientPort)"], via: host)
    }
}

extension RedisReplication: Dumpable {
    /// Reads all keys in one atomic step; `EVAL_RO`, so that replicas do it too.
    private static let dumpScript = """
        local found = {}
        for _, key in ipairs(redis.call('KEYS', '*')) do
            local kind = redis.call('TYPE', key)['ok']
            local value = false
            if kind == 'string' then value = redis.call('GET', key) end
            if kind == 'set' then value = redis.call('SMEMBERS', key) end
            found[#found + 1] = {key, kind, value}
        end
        return found
        """

    public func dump(_ site: NodeSite, via host: any HostAccess) async throws(SystemError) -> NodeDump {
        let words = ["--json", "EVAL_RO", Self.dumpScript, "0"]
        return try await ask(site, "dump", words, via: host) { output throws(AnswerError) in
            try RedisReply.dump(output, node: site.name)
        }
    }
}

extension RedisReplication {
    private func command(_ site: NodeSite, _ action: String, _ argv: [String]) -> HostCommand {
        HostCommand(system: Self.name, site: site, action: action, argv: argv)
    }

    private func order(
        _ site: NodeSite, _ action: String, _ words: [String], via host: any HostAccess
    ) async throws(SystemError) {
        try await ask(site, action, words, via: host) { output throws(AnswerError) in
            let said = String(decoding: output, as: UTF8.self)
            guard said.hasPrefix("OK") else { throw AnswerError(.commandFailed, HostCommand.shortened(said)) }
        }
    }

    private func ask<Answer>(
        _ site: NodeSite, _ action: String, _ words: [String], via host: any HostAccess,
        deadline: Duration = HostCommand.defaultDeadline,
        _ read: ([UInt8]) throws(AnswerError) -> Answer
    ) async throws(SystemError) -> Answer {
        let cli = [site.program("redis-cli"), "-e", "-h", site.address, "-p", "\(site.clientPort)"]
        var command = command(site, action, cli + words)
        command.deadline = deadline
        let output = try await command.run(via: host).standardOutput
        do throws(AnswerError) {
            return try read(output)
        } catch {
            throw command.failed(error.code, error.message)
        }
    }
}
