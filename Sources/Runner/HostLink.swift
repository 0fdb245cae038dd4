import AgentProtocol
import Clusters
import Foundation
import SSHTransport

/// An SSH channel to `inquest-agent attach` as the agent's client wants it.
struct SSHAgentChannel: AgentByteChannel {
    var channel: SSHChannel

    var chunks: SSHChannel.Output { channel.output }

    func send(_ bytes: [UInt8]) async throws { try await channel.write(bytes) }

    func close() async { await channel.close() }
}

/// The way to one host: an SSH session, and through it the agent.
struct HostLink: Sendable {
    var host: ClusterHost
    /// The host's IP address: nodes listen at it, and rules of the network match it.
    var address: String
    var session: SSHSession
    var agent: AgentClient<SSHAgentChannel>
    var hello: HelloReply
    /// Where each uploaded program is on the host.
    var programs: [String: String]
}

extension SSHHost {
    /// How to log in to a host of the inventory; passphrases come from the environment.
    init(_ host: ClusterHost) throws(RunFailure) {
        let identity: SSHIdentity
        switch host.identity {
        case .agent: identity = .agent()
        case .keyFile(let path, nil): identity = .keyFile(path)
        case .keyFile(let path, let variable?):
            guard let passphrase = ProcessInfo.processInfo.environment[variable] else {
                throw RunFailure(
                    .usage,
                    "host \(host.name): the passphrase of \(path) should be in $\(variable), which is not set",
                    advice: "set it, or use an ssh-agent")
            }
            identity = .keyFile(path, passphrase: passphrase)
        }
        self.init(
            name: host.name, address: host.address, port: UInt16(host.port), user: host.user,
            identities: [identity], knownHosts: host.knownHosts)
    }
}

/// Prepares hosts and takes leave of them again.
struct Deployment: Sendable {
    var hosts: [ClusterHost]
    var programs: [Program]
    var controller: String
    /// Effectors that only pretend; for tests of the evidence.
    var sabotage: [String]
    var interruption: Interruption
    var progress: @Sendable (RunProgress) -> Void
    /// Is told of a host whose lease is lost: nothing of the run is left there.
    var lost: @Sendable (ClusterHost, any Error) -> Void

    static let leaseSeconds = 10.0
    private static let renewal = Duration.seconds(2)
    /// An agent that nobody commands ends after this time: soon after the lease of a controller that was killed.
    private static let lingerSeconds = 15
    static let socket = "/run/inquest/agent.sock"
    /// A connection that is cut more often while a host is prepared is given up.
    private static let maximumCuts = 5

    /// Connects to every host, brings what it lacks, starts its agent, and gives `body` the way there.
    ///
    /// While `body` runs the leases are renewed. Afterwards agents are stopped and sessions closed.
    func withLinks<Value: Sendable>(
        _ body: @escaping @Sendable ([HostLink]) async throws -> Value
    ) async throws -> Value {
        var targets: [SSHHost] = []
        for host in hosts { targets.append(try SSHHost(host)) }
        let reached = targets
        let sessions = try await interruptible {
            try await connectAll(reached, deadline: .seconds(15))
        }
        do {
            let value = try await withAgents(sessions, try await addresses(sessions), body)
            for session in sessions { await session.close() }
            return value
        } catch {
            for session in sessions { await session.close() }
            throw error
        }
    }

    private func withAgents<Value: Sendable>(
        _ sessions: [SSHSession], _ addresses: [String],
        _ body: @escaping @Sendable ([HostLink]) async throws -> Value
    ) async throws -> Value {
        let prepared = try await interruptible {
            let prepared = try await prepareAll(sessions)
            try await startAll(sessions, prepared)
            return prepared
        }
        return try await withThrowingTaskGroup(of: Void.self) { group in
            var clients: [AgentClient<SSHAgentChannel>] = []
            for (index, session) in sessions.enumerated() {
                let path = prepared[index]?["inquest-agent"] ?? "inquest-agent"
                let client = AgentClient(host: hosts[index].name, controller: controller) {
                    SSHAgentChannel(
                        channel: try await session.openChannel([path, "attach", "--socket", Self.socket]))
                }
                clients.append(client)
                group.addTask { await client.run() }
            }
            let result: Result<Value, any Error>
            // Only agents that took us on are stopped: another may be at work for another controller.
            var ours: [AgentClient<SSHAgentChannel>] = []
            do {
                var links: [HostLink] = []
                for (index, client) in clients.enumerated() {
                    let hello = try await client.call(
                        Hello(leaseSeconds: Self.leaseSeconds, protectedPorts: [hosts[index].port]))
                    ours.append(client)
                    links.append(
                        HostLink(
                            host: hosts[index], address: addresses[index],
                            session: sessions[index], agent: client, hello: hello, programs: prepared[index] ?? [:])
                    )
                    group.addTask { await renew(client, on: hosts[index]) }
                }
                result = .success(try await body(links))
            } catch {
                result = .failure(error)
            }
            for client in ours { _ = try? await client.call(Stop(), deadline: .seconds(10)) }
            for client in clients { await client.close() }
            group.cancelAll()
            return try result.get()
        }
    }

    /// The IP addresses of the hosts: a name stands for the one at which SSH has found the host.
    ///
    /// Two names may stand for one machine, and two nodes of it would take each other's ports.
    private func addresses(_ sessions: [SSHSession]) async throws -> [String] {
        var names: [String: String] = [:]
        var addresses: [String] = []
        for (host, session) in zip(hosts, sessions) {
            let address = isNumericAddress(host.address) ? host.address : try await session.peerAddress()
            if let other = names.updateValue(host.name, forKey: address) {
                throw RunFailure(
                    .cannotStart, "hosts \(other) and \(host.name) have one address, \(address)",
                    advice: "give each host of the hosts file an address, or a name, of its own")
            }
            addresses.append(address)
        }
        return addresses
    }

    private func renew(_ client: AgentClient<SSHAgentChannel>, on host: ClusterHost) async {
        var renewed = ContinuousClock.now
        while !Task.isCancelled {
            guard (try? await Task.sleep(for: Self.renewal)) != nil else { return }
            do throws(AgentError) {
                _ = try await client.call(Renew(), deadline: .seconds(5))
                renewed = .now
            } catch  where Self.isLeaseLost(error) || .now - renewed > .seconds(Self.leaseSeconds) {
                return lost(host, error)
            } catch {
                // No answer in time, or no connection at the moment: the next renewal may still be in time.
            }
        }
    }

    /// Whether a renewal that failed like this leaves nothing to renew.
    static func isLeaseLost(_ error: AgentError) -> Bool {
        [.leaseLapsed, .noLease, .leased, .restarted, .disconnected].contains(error.code)
    }

    /// Does what the user may interrupt.
    private func interruptible<Value: Sendable>(
        _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        guard let value = try await interruption.watching(body) else { throw CancellationError() }
        return value
    }

    private func prepareAll(_ sessions: [SSHSession]) async throws -> [Int: [String: String]] {
        try await withThrowingTaskGroup(of: (Int, [String: String]).self) { group in
            for (index, session) in sessions.enumerated() {
                group.addTask { (index, try await again { try await prepare(hosts[index], session) }) }
            }
            var found: [Int: [String: String]] = [:]
            for try await (index, programs) in group { found[index] = programs }
            return found
        }
    }

    /// Starts the agents once every host has its programs: an agent does not wait long for its controller.
    private func startAll(_ sessions: [SSHSession], _ prepared: [Int: [String: String]]) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (index, session) in sessions.enumerated() {
                let host = hosts[index]
                var start = [prepared[index]?["inquest-agent"] ?? "", "start", "--socket", Self.socket]
                start += ["--state", host.stateDirectory, "--linger", "\(Self.lingerSeconds)"]
                if !sabotage.isEmpty { start += ["--sabotage", sabotage.joined(separator: ",")] }
                let words = start
                group.addTask { _ = try await again { try await session.run(words).checked() } }
            }
            try await group.waitForAll()
        }
    }

    /// Prepares a host, also over a connection that is cut a few times.
    ///
    /// What a host is prepared with may be done again: looking changes nothing, an upload puts a file in place whole or not
    /// at all, and starting the agent where it runs only says so.
    private func again<Value>(_ body: () async throws -> Value) async throws -> Value {
        var cuts = 0
        while true {
            do {
                return try await body()
            } catch let error as SSHError where error.code == .connectionLost && cuts < Self.maximumCuts {
                cuts += 1
                progress(.message("\(error); trying again"))
            }
        }
    }

    /// Brings the programs that the host lacks; gives their places on the host.
    private func prepare(_ host: ClusterHost, _ session: SSHSession) async throws -> [String: String] {
        let paths = Dictionary(
            uniqueKeysWithValues: programs.map { ($0.name, $0.path(in: host.stateDirectory)) })
        let script = "for p do [ -x \"$p\" ] || printf '%s\\n' \"$p\"; done"
        let check = try await session.run(["sh", "-c", script, "sh"] + paths.values.sorted()).checked()
        let missing = Set(check.text.split(separator: "\n").map(String.init))
        for program in programs {
            guard let path = paths[program.name], missing.contains(path) else { continue }
            progress(.message("\(host.name): uploading \(program.name)"))
            _ = try await session.upload(file: program.file, digest: program.sha256, to: path, mode: 0o755)
        }
        return paths
    }
}
