internal import NIOCore
internal import Replication
internal import WireProtocol

/// Connects a channel between nodes with the member: bytes to frames to messages.
///
/// What a connection that was accepted is for, its first frame says.
final class PeerHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum Purpose {
        /// Nothing was said yet.
        case unknown
        case stream(ConnectionID)
        /// Messages that stand alone, from that member.
        case messages(NodeName)
    }

    private static let patience = TimeAmount.seconds(5)

    private let loop: NodeLoop
    private var decoder: PeerFrameDecoder
    private var purpose: Purpose
    /// Whom we dialled; `nil` when the other side did.
    private let dialled: NodeName?

    /// A connection that was accepted.
    init(_ loop: NodeLoop) {
        self.loop = loop
        decoder = PeerFrameDecoder(proto: nil)
        purpose = .unknown
        dialled = nil
    }

    /// A connection that was dialled.
    init(_ loop: NodeLoop, stream id: ConnectionID, to name: NodeName) {
        self.loop = loop
        decoder = PeerFrameDecoder()
        purpose = .stream(id)
        dialled = name
    }

    func channelActive(context: ChannelHandlerContext) {
        if let dialled, case .stream(let id) = purpose {
            loop.peers.add(id, context.channel)
            loop.perform(.connected(id, to: dialled))
        } else {
            expectWord(context)
        }
        context.fireChannelActive()
    }

    /// Who says nothing is sent away.
    private func expectWord(_ context: ChannelHandlerContext) {
        guard loop.peers.strangers < NodePeers.strangersLimit else { return context.close(promise: nil) }
        loop.peers.strangers += 1
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: Self.patience) {
            let (handler, context) = bound.value
            if case .unknown = handler.purpose { context.close(promise: nil) }
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        decoder.append(unwrapInboundIn(data).readableBytesView)
        do {
            while let frame = try decoder.next() { try take(frame, context.channel) }
        } catch let refusal as PeerRefusal {
            loop.peers.noteRefusal(refusal.message, of: refusal.name)
            refuse(refusal.message, context)
        } catch {
            loop.note("bad-frame", "\(dialled ?? "a peer"): \(error)")
            context.close(promise: nil)
        }
        loop.finish()
    }

    private func take(_ frame: PeerFrame, _ channel: any Channel) throws {
        if case .unknown = purpose { try decide(frame, channel) }
        let message = PeerMessage(kind: frame.type, epoch: frame.epoch, payload: frame.payload)
        switch purpose {
        case .stream(let id): loop.step(.message(id, message))
        case .messages(let name) where frame.sequence > 1: loop.step(.received(from: name, message))
        case .messages, .unknown: break
        }
    }

    /// Says why before the connection ends, for the other side's event log.
    private func refuse(_ why: String, _ context: ChannelHandlerContext) {
        let frame = PeerFrame(
            proto: PeerFrame.messages, type: PeerHello.refusalKind, epoch: 0, from: loop.peers.place, sequence: 1,
            payload: Array(why.utf8))
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: frame.encoded)), promise: nil)
        context.close(promise: nil)
    }

    private func decide(_ frame: PeerFrame, _ channel: any Channel) throws {
        if frame.proto == PeerFrame.stream {
            let id = loop.peers.newConnection()
            loop.peers.add(id, channel)
            purpose = .stream(id)
            loop.step(.accepted(id))
        } else {
            guard frame.proto == PeerFrame.messages, frame.type == PeerHello.kind else {
                throw DecodingFailure("a connection begins with protocol \(frame.proto), type \(frame.type)")
            }
            let hello = try PeerHello(decoding: frame.payload)
            let refusal = hello.refusal(
                by: loop.peers.hello, loop.options.setting.others, correspondents: loop.options.correspondents)
            if let refusal {
                throw PeerRefusal(name: hello.name, message: refusal)
            }
            purpose = .messages(hello.name)
            loop.peers.welcome(hello.name, channel)
        }
        loop.peers.strangers -= 1
    }

    func channelInactive(context: ChannelHandlerContext) {
        switch purpose {
        case .stream(let id): if loop.peers.ended(id) { loop.perform(.disconnected(id)) }
        case .unknown: loop.peers.strangers -= 1
        case .messages: break
        }
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

/// A greeting that can be read, of somebody who is not listened to.
struct PeerRefusal: Error {
    var name: NodeName
    var message: String
}
