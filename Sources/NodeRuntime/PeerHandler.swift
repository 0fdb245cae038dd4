internal import NIOCore
internal import Replication
internal import WireProtocol

/// Connects a channel between nodes with the protocol: bytes to frames to messages, and back.
final class PeerHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let loop: NodeLoop
    private var decoder = PeerFrameDecoder()
    private let id: ConnectionID
    /// Whom we dialled; `nil` when the other side did.
    private let dialled: NodeName?

    init(_ loop: NodeLoop, id: ConnectionID, dialled: NodeName?) {
        self.loop = loop
        self.id = id
        self.dialled = dialled
    }

    func channelActive(context: ChannelHandlerContext) {
        loop.peers[id] = context.channel
        loop.perform(dialled.map { .connected(id, to: $0) } ?? .accepted(id))
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        decoder.append(unwrapInboundIn(data).readableBytesView)
        do {
            while let frame = try decoder.next() {
                guard let timeline = UInt32(exactly: frame.epoch) else {
                    throw DecodingFailure("a timeline of more than 32 bits")
                }
                let message = try Message(kind: frame.type, payload: frame.payload)
                loop.step(.message(id, timeline: timeline, message))
            }
        } catch {
            loop.note("bad-frame", "connection \(id): \(error)")
            context.close(promise: nil)
        }
        loop.finish()
    }

    func channelInactive(context: ChannelHandlerContext) {
        loop.ended(id)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
