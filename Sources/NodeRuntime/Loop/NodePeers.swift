internal import NIOCore
internal import NIOPosix
internal import Replication
internal import WireProtocol

/// The connections with other nodes. Lives on the event loop.
final class NodePeers {
    private let options: NodeOptions
    private let eventLoop: any EventLoop
    private var streams: [ConnectionID: any Channel] = [:]
    private var sequences: [ConnectionID: UInt64] = [:]
    private var touched: Set<ConnectionID> = []
    private var senders: [NodeName: MessageSender] = [:]
    private var incoming: [NodeName: any Channel] = [:]
    private var lastConnection: ConnectionID = 0
    /// The last reason of each that is refused, or refuses.
    private var refusals: [NodeName: String] = [:]
    private let note: (_ kind: String, _ detail: String) -> Void
    /// Connections that have not said what they are for.
    var strangers = 0

    static let strangersLimit = 64

    init(
        _ options: NodeOptions, _ eventLoop: any EventLoop,
        note: @escaping (_ kind: String, _ detail: String) -> Void = { _, _ in }
    ) {
        self.note = note
        self.options = options
        self.eventLoop = eventLoop
    }

    var setting: NodeSetting { options.setting }

    /// This node's place among the members.
    var place: UInt16 { UInt16(clamping: setting.members.firstIndex(of: setting.name) ?? 0) }

    // MARK: Streams

    func newConnection() -> ConnectionID {
        lastConnection += 1
        return lastConnection
    }

    func add(_ id: ConnectionID, _ channel: any Channel) { streams[id] = channel }

    /// A connection is gone; false if this side has closed it.
    func ended(_ id: ConnectionID) -> Bool {
        sequences[id] = nil
        return streams.removeValue(forKey: id) != nil
    }

    /// A stream ends where something does not fit through it: what follows would have no meaning without.
    func send(_ message: PeerMessage, on id: ConnectionID) {
        guard let channel = streams[id] else { return }
        guard canSend(message, to: "a connection") else {
            return eventLoop.execute { channel.close(promise: nil) }
        }
        let sequence = sequences[id, default: 0] + 1
        sequences[id] = sequence
        let frame = PeerFrame(
            type: message.kind, epoch: message.epoch, from: place, sequence: sequence, payload: message.payload)
        channel.write(ByteBuffer(bytes: frame.encoded), promise: nil)
        touched.insert(id)
    }

    func close(_ id: ConnectionID) {
        let channel = streams.removeValue(forKey: id)
        sequences[id] = nil
        channel?.flush()
        channel?.close(promise: nil)
    }

    func connect(to name: NodeName, _ loop: NodeLoop) {
        let id = newConnection()
        guard let future = dial(name, { PeerHandler(loop, stream: id, to: name) }) else { return }
        future.whenFailure { _ in loop.perform(.connectFailed(to: name)) }
    }

    /// Dials another node; `nil` if nobody said where it is.
    func dial(
        _ name: NodeName, _ handler: @escaping @Sendable () -> any ChannelHandler
    ) -> EventLoopFuture<any Channel>? {
        guard let endpoint = options.peerAddresses[name] else { return nil }
        return ClientBootstrap(group: eventLoop)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .connectTimeout(.nanoseconds(Int64(clamping: options.dialTimeout)))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(handler())
                }
            }
            .connect(host: endpoint.host, port: endpoint.port)
    }

    /// Whether a message fits into a frame; one that does not is noted, as designs are not to send such.
    func canSend(_ message: PeerMessage, to place: String) -> Bool {
        guard message.payload.count > PeerFrame.payloadLimit else { return true }
        note("too-large", "a message of \(message.payload.count) bytes of kind \(message.kind) for \(place)")
        return false
    }

    // MARK: Messages that stand alone

    func send(_ message: PeerMessage, to name: NodeName) {
        let sender = senders[name] ?? MessageSender(name, self, eventLoop)
        senders[name] = sender
        sender.send(message)
    }

    /// What the other side of a connection for messages must be told first.
    var hello: PeerHello {
        PeerHello(
            cluster: setting.cluster, name: setting.name, program: type(of: options.design).program,
            format: formatVersion)
    }

    /// How long what was sent may wait for the word of the other kernel, in milliseconds.
    var userTimeout: Int { Int(clamping: options.dialTimeout / 1_000_000) }

    /// Notes why somebody is not listened to, or does not listen: once, for whoever is refused calls again.
    func noteRefusal(_ why: String, of name: NodeName) {
        guard refusals.updateValue(why, forKey: name) != why else { return }
        note("refused", "\(name): \(why)")
    }

    /// A member calls: it has one connection for its messages, the latest.
    func welcome(_ name: NodeName, _ channel: any Channel) {
        refusals[name] = nil
        incoming.updateValue(channel, forKey: name)?.close(promise: nil)
    }

    // MARK: All

    func flush() {
        for id in touched { streams[id]?.flush() }
        touched.removeAll(keepingCapacity: true)
        for sender in senders.values { sender.flush() }
    }

    func stop() {
        for channel in streams.values { channel.close(promise: nil) }
        for channel in incoming.values { channel.close(promise: nil) }
        for sender in senders.values { sender.stop() }
    }
}
