internal import NIOCore

/// Connects a client's channel with its session.
final class ClientHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let loop: NodeLoop
    private var session: ClientSession?
    private var isReadHeld = false

    init(_ loop: NodeLoop) { self.loop = loop }

    func channelActive(context: ChannelHandlerContext) {
        session = ClientSession(channel: context.channel)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard let session else { return }
        session.append(unwrapInboundIn(data).readableBytesView)
        loop.serve(session)
    }

    /// A client that sends faster than it is served, or does not read, is not read from.
    func read(context: ChannelHandlerContext) {
        if session?.isFull == true {
            isReadHeld = true
        } else {
            context.read()
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if let session { loop.serve(session) }
        resumeReading(context)
        context.fireChannelWritabilityChanged()
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        context.write(data, promise: promise)
        resumeReading(context)
    }

    private func resumeReading(_ context: ChannelHandlerContext) {
        guard isReadHeld, session?.isFull == false else { return }
        isReadHeld = false
        context.read()
    }

    func channelInactive(context: ChannelHandlerContext) {
        if let session { loop.end(session) }
        session = nil
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
