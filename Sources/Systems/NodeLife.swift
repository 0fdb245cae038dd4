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
        let end = ContinuousClock.now + deadline
        let spec = launch(member.site, in: cluster)
        let directories = HostCommand(
            system: traits.name, site: member.site, action: "start", argv: ["mkdir", "-p"] + spec.directories)
        _ = try await directories.run(via: member.host)
        do {
            for file in spec.files { try await member.host.putFile(file.path, file.content, mode: file.mode) }
            try await member.host.spawn(spec.process, deadline: deadline)
        } catch {
            throw directories.failed(
                .hostFailed, "\(error); the node's own words are in \(member.site.standardError)")
        }
        try await waitUntilReady(member, deadline: end - .now)
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
