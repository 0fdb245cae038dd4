// Public face of NodeRuntime: sockets, files and timers around a `Replica`.
//
// `NodeServer.start` recovers the data directory, binds the ports and runs the node on one event loop until `stop`.

internal import Glibc
internal import NIOCore
internal import NIOPosix
internal import Replication

/// A running node.
public final class NodeServer: Sendable {
    /// Where clients and peers connect; the ports are the real ones when 0 was asked for.
    public let clientEndpoint: NodeEndpoint
    public let peerEndpoint: NodeEndpoint

    private let group: MultiThreadedEventLoopGroup
    private let loop: NodeLoop
    private let disk: DiskThread
    private let side: SideThread
    private let lock: Int32
    private let listeners: [any Channel]
    private let adminSocket: String?

    /// Starts a node. `onFailure` is called at most a few times, when a promise can no longer be kept; the caller
    /// ends the process, or at least stops the node.
    public static func start(
        _ options: NodeOptions, onFailure: @escaping @Sendable (NodeError) -> Void
    ) throws(NodeError) -> NodeServer {
        let directory = try DataDirectory(options)
        let side = SideThread()
        do throws(NodeError) {
            let events = try EventLog(options.eventLog, node: options.setting.name, side: side)
            let files = try LogFiles(
                directory: directory.path, isSyncing: options.isDurable, model: options.disk,
                segments: directory.segments,
                last: directory.state.records.last?.lsn ?? 0)
            var member = try member(options, directory.state)
            try setFailpoints(options, &member)
            events?.note("start", NodeReports.status(member))
            directory.reports.forEach { events?.note("recovery", $0) }
            return try NodeServer(options, directory, member, files, side, events, onFailure)
        } catch {
            side.stop()
            DataDirectory.unlock(directory.lock)
            throw error
        }
    }

    private static func member(
        _ options: NodeOptions, _ stored: StoredState
    ) throws(NodeError) -> any Replica {
        do throws(DecodingFailure) {
            return try options.design.member(options.setting, stored)
        } catch {
            throw NodeError(.refusedData, "\(options.dataDirectory): \(error); wipe it")
        }
    }

    /// Failpoints stand before anything happens; their effects are what refuses one.
    private static func setFailpoints(_ options: NodeOptions, _ member: inout any Replica) throws(NodeError) {
        let time = NodeClock().time
        for failpoint in options.failpoints {
            let order = AdminOrder.failpoint(failpoint.name, failpoint.action)
            for case .adminReply(_, .refused(let reason)) in member.step(.admin(0, order), at: time) {
                throw NodeError(.badArguments, "--failpoint: \(failpoint.name): \(reason)")
            }
        }
    }

    private init(
        _ options: NodeOptions, _ directory: DataDirectory, _ member: any Replica,
        _ files: consuming LogFiles, _ side: SideThread, _ events: EventLog?,
        _ onFailure: @escaping @Sendable (NodeError) -> Void
    ) throws(NodeError) {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let disk = DiskThread(files, directory: directory.path)
        let loop = NodeLoop(
            member, options: options, eventLoop: group.next(), disk: disk, side: side, events: events,
            fail: onFailure)
        do {
            let listeners = try Listeners(loop, group).bind(options)
            (clientEndpoint, peerEndpoint) = (listeners.clientEndpoint, listeners.peerEndpoint)
            self.listeners = listeners.channels
        } catch {
            disk.stop()
            try? group.syncShutdownGracefully()
            throw error
        }
        (self.group, self.loop, self.disk, self.side) = (group, loop, disk, side)
        lock = directory.lock
        adminSocket = options.adminSocket
        loop.eventLoop.execute {
            loop.startClocks()
            loop.perform(.tick)
        }
    }

    /// The line that says the node answers.
    public var readyLine: String {
        "READY id=\(loop.options.setting.name) client=\(clientEndpoint) peer=\(peerEndpoint)"
    }

    /// Ends the node as a power cut does: what is not durable is gone. `onFailure` is told of a crash.
    ///
    /// Throws `badArguments` where the kernel has all that was written (`--disk real`).
    public func cutPower(torn: Bool) throws(NodeError) {
        let loop = loop
        let result = try? loop.eventLoop.submit { () -> Result<Void, NodeError> in
            do throws(NodeError) {
                try loop.cutPower(torn: torn).die()
                return .success(())
            } catch {
                return .failure(error)
            }
        }.wait()
        try result?.get()
    }

    /// Answers an admin command, as the admin socket does; blocks the caller, and never the event loop.
    public func admin(_ words: [String]) -> String {
        let loop = loop
        let answer = loop.eventLoop.makePromise(of: String.self)
        loop.eventLoop.execute { AdminWords.answer(words, loop) { answer.succeed($0) } }
        return (try? answer.futureResult.wait()) ?? "{\"error\":\"stopped\"}"
    }

    /// Ends the node: nothing is answered any more, what was appended is written.
    public func stop() {
        let loop = loop
        // What crashed leaves no more than a crash does.
        let isCrashed = (try? loop.eventLoop.submit { loop.isStopped }.wait()) ?? true
        try? loop.eventLoop.submit { loop.stop() }.wait()
        for listener in listeners { try? listener.close().wait() }
        isCrashed ? disk.abandon() : disk.stop()
        side.stop()
        try? group.syncShutdownGracefully()
        if let adminSocket { unsafe unlink(adminSocket) }
        DataDirectory.unlock(lock)
    }
}

/// The listening sockets of a node.
private struct Listeners {
    let loop: NodeLoop
    let group: MultiThreadedEventLoopGroup
    var clientEndpoint = NodeEndpoint(host: "", port: 0)
    var peerEndpoint = NodeEndpoint(host: "", port: 0)
    var channels: [any Channel] = []

    init(_ loop: NodeLoop, _ group: MultiThreadedEventLoopGroup) {
        self.loop = loop
        self.group = group
    }

    func bind(_ options: NodeOptions) throws(NodeError) -> Listeners {
        var bound = self
        let loop = loop
        let peer = try listen(options.peer) { PeerHandler(loop) }
        bound.channels.append(peer)
        bound.peerEndpoint = endpoint(options.peer, peer)
        let client = try listen(options.client) { ClientHandler(loop) }
        bound.channels.append(client)
        bound.clientEndpoint = endpoint(options.client, client)
        if let path = options.adminSocket { bound.channels.append(try listenAdmin(path)) }
        return bound
    }

    private func bootstrap(_ handler: @escaping @Sendable () -> any ChannelHandler) -> ServerBootstrap {
        ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(handler())
                }
            }
    }

    private func listen(
        _ endpoint: NodeEndpoint, _ handler: @escaping @Sendable () -> any ChannelHandler
    ) throws(NodeError) -> any Channel {
        do {
            return try bootstrap(handler).childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
                .bind(host: endpoint.host, port: endpoint.port).wait()
        } catch {
            throw NodeError(.cannotStart, "cannot listen on \(endpoint): \(error)")
        }
    }

    private func listenAdmin(_ path: String) throws(NodeError) -> any Channel {
        // The data directory is locked, so a socket that is there was left by a dead process.
        unsafe unlink(path)
        let loop = loop
        do {
            let channel = try bootstrap { AdminHandler(loop) }.bind(unixDomainSocketPath: path).wait()
            guard unsafe chmod(path, 0o600) == 0 else { throw FileSystem.failure("protect", path, .cannotStart) }
            return channel
        } catch {
            throw NodeError(.cannotStart, "cannot listen on \(path): \(error)")
        }
    }

    private func endpoint(_ wanted: NodeEndpoint, _ channel: any Channel) -> NodeEndpoint {
        NodeEndpoint(host: wanted.host, port: channel.localAddress?.port ?? wanted.port)
    }
}
