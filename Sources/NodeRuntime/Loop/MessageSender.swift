internal import Glibc
internal import NIOCore
internal import Replication
internal import WireProtocol

/// The connection on which messages that stand alone leave for one peer. It is dialled when there is something to send;
/// what cannot leave is lost. Lives on the event loop.
final class MessageSender: @unchecked Sendable {
    private enum State {
        case idle(notBefore: Moment)
        /// What is to be sent first.
        case dialling([PeerMessage])
        case open(any Channel)
        case stopped
    }

    private let name: NodeName
    private unowned let peers: NodePeers
    private let eventLoop: any EventLoop
    private var state = State.idle(notBefore: 0)
    private var sequence: UInt64 = 0
    private var isTouched = false

    /// Messages that wait for a connection; more are lost.
    static let waiting = 256
    /// Bytes that wait for the kernel; while there are more, messages are lost.
    static let highWater = 4 * 1024 * 1024
    private static let pause: UInt64 = 50_000_000

    init(_ name: NodeName, _ peers: NodePeers, _ eventLoop: any EventLoop) {
        self.name = name
        self.peers = peers
        self.eventLoop = eventLoop
    }

    func send(_ message: PeerMessage) {
        switch state {
        case .open(let channel): write(message, to: channel)
        case .dialling(let messages) where messages.count < Self.waiting: state = .dialling(messages + [message])
        case .idle(let notBefore) where notBefore <= NodeLoop.now: dial(with: message)
        case .idle, .dialling, .stopped: break
        }
    }

    func flush() {
        guard isTouched, case .open(let channel) = state else { return }
        isTouched = false
        channel.flush()
    }

    func stop() {
        if case .open(let channel) = state { channel.close(promise: nil) }
        state = .stopped
    }

    private func dial(with message: PeerMessage) {
        guard let future = peers.dial(name, { MessageSenderHandler(self) }) else { return }
        state = .dialling([message])
        future.whenFailure { _ in self.ended() }
    }

    fileprivate func opened(_ channel: any Channel) {
        guard case .dialling(let messages) = state else { return channel.close(promise: nil) }
        let timeout = ChannelOptions.socket(SocketOptionLevel(IPPROTO_TCP), SocketOptionName(TCP_USER_TIMEOUT))
        channel.setOption(timeout, value: SocketOptionValue(peers.userTimeout)).whenFailure { _ in
            channel.close(promise: nil)
        }
        let mark = ChannelOptions.Types.WriteBufferWaterMark(low: Self.highWater / 2, high: Self.highWater)
        channel.setOption(.writeBufferWaterMark, value: mark).whenFailure { _ in channel.close(promise: nil) }
        state = .open(channel)
        sequence = 0
        write(PeerMessage(kind: PeerHello.kind, payload: peers.hello.encoded), to: channel)
        for message in messages { write(message, to: channel) }
        flush()
    }

    fileprivate func refused(_ why: String) { peers.noteRefusal("it refuses this node: \(why)", of: name) }

    fileprivate func ended() {
        if case .stopped = state { return }
        state = .idle(notBefore: NodeLoop.now + Self.pause)
    }

    private func write(_ message: PeerMessage, to channel: any Channel) {
        guard channel.isWritable, peers.canSend(message, to: name) else { return }
        sequence += 1
        let frame = PeerFrame(
            proto: PeerFrame.messages, type: message.kind, epoch: message.epoch, from: peers.place,
            sequence: sequence, payload: message.payload)
        channel.write(ByteBuffer(bytes: frame.encoded), promise: nil)
        isTouched = true
    }
}

/// The sender's end of its connection, on which nothing arrives but the reason of a refusal.
private final class MessageSenderHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let sender: MessageSender
    private var decoder = PeerFrameDecoder(proto: PeerFrame.messages)

    init(_ sender: MessageSender) { self.sender = sender }

    func channelActive(context: ChannelHandlerContext) { sender.opened(context.channel) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        decoder.append(unwrapInboundIn(data).readableBytesView)
        guard let frame = try? decoder.next(), frame.type == PeerHello.refusalKind else { return }
        sender.refused(String(decoding: frame.payload.prefix(500), as: UTF8.self))
    }

    func channelInactive(context: ChannelHandlerContext) { sender.ended() }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

/// What a connection for messages that stand alone begins with: both sides must be of one kind.
struct PeerHello: Hashable {
    /// The type of its frame.
    static let kind: UInt8 = 0
    /// The type of the frame that says, in words, why a greeting is refused.
    static let refusalKind: UInt8 = 255

    var cluster: String
    var name: NodeName
    var program: String
    var format: UInt32

    var encoded: [UInt8] {
        var writer = ByteWriter()
        writer.text(cluster)
        writer.text(name)
        writer.text(program)
        writer.number(UInt64(format))
        return writer.bytes
    }

    init(cluster: String, name: NodeName, program: String, format: UInt32) {
        self.cluster = cluster
        self.name = name
        self.program = program
        self.format = format
    }

    init(decoding bytes: [UInt8]) throws(DecodingFailure) {
        var reader = ByteReader(bytes)
        cluster = try reader.text()
        name = try reader.text()
        program = try reader.text()
        format = try reader.timeline()
        try reader.finish()
    }

    /// Why nothing from there is taken; `nil` if all is well.
    ///
    /// Members are of one design; between a node and a `correspondent` of it one of both is an arbiter.
    func refusal(by own: PeerHello, _ others: [NodeName], correspondents: Set<NodeName> = []) -> String? {
        if cluster != own.cluster { return "\(name) is of cluster \(cluster), this is \(own.cluster)" }
        if format != own.format { return "\(name) speaks format \(format), this is \(own.format)" }
        if correspondents.contains(name) {
            let arbiters = [program, own.program].count { $0 == ArbiterDesign.program }
            return arbiters == 1 ? nil : "\(name) is a \(program), and no arbiter is between the two"
        }
        if program != own.program { return "\(name) is a \(program), this is a \(own.program)" }
        return others.contains(name) ? nil : "\(name) is no other member"
    }
}
