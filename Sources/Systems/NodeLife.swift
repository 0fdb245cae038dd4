/// A node and the way to its host.
public struct ClusterMember: Sendable {
    public var site: NodeSite
    public var host: any HostAccess

    public init(site: NodeSite, host: any HostAccess) {
        self.site = site
        self.host = host
    }
}

extension SystemUnderTest {
    /// Starts a node, or starts it again, and returns when it answers.
    public func start(_ member: ClusterMember, in cluster: ClusterPlan, deadline: Duration)
        async throws(SystemError)
    {
        try await start(launch(member.site, in: cluster), of: member, deadline: deadline)
    }

    /// Starts a process beside a node, and returns when it answers; `host` is that of the node.
    public func start(
        _ companion: Companion, via host: any HostAccess, deadline: Duration
    ) async throws(SystemError) {
        let member = ClusterMember(site: companion.site, host: host)
        try await start(companion.launch, of: member, deadline: deadline)
    }

    private func start(
        _ spec: LaunchSpec, of member: ClusterMember, deadline: Duration
    ) async throws(SystemError) {
        let end = ContinuousClock.now + deadline
        let directories = command("start", ["mkdir", "-p"] + spec.directories, member)
        _ = try await directories.run(via: member.host)
        do {
            for file in spec.files { try await member.host.putFile(file.path, file.content, mode: file.mode) }
            try await member.host.spawn(spec.process, deadline: deadline)
        } catch {
            throw directories.failed(.hostFailed, "\(error)\(await lastWords(member))")
        }
        do throws(SystemError) {
            try await waitUntilReady(member, deadline: end - .now)
        } catch {
            throw directories.failed(error.code, "\(error.message)\(await lastWords(member))")
        }
    }

    /// The end of what the node wrote, which tells more than that it does not answer.
    private func lastWords(_ member: ClusterMember) async -> String {
        let files = [member.site.standardOutput, member.site.standardError]
        let tail = command("read the log", ["tail", "-q", "-n", "3"] + files, member)
        guard let result = try? await tail.run(via: member.host) else { return "" }
        let words = HostCommand.shortened(result.outputText)
        return words.isEmpty ? "; it has written nothing" : "; what it wrote ends: \(words)"
    }

    private func command(_ action: String, _ argv: [String], _ member: ClusterMember) -> HostCommand {
        HostCommand(system: traits.name, site: member.site, action: action, argv: argv)
    }

    /// Waits until a node answers when it is asked how it is.
    public func waitUntilReady(_ member: ClusterMember, deadline: Duration) async throws(SystemError) {
        try await Polling(deadline: deadline).run { () async throws(SystemError) in
            _ = try await status(of: member.site, via: member.host)
        }
    }

    /// Removes all that a node stored, so that it starts as a new one. The node must not run.
    public func wipe(_ member: ClusterMember) async throws(SystemError) {
        do {
            try await member.host.removeTree(member.site.dataDirectory)
        } catch {
            throw SystemError(
                .hostFailed, system: traits.name, node: member.site.name, action: "wipe", "\(error)")
        }
    }
}
