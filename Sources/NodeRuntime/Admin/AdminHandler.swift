internal import NIOCore
internal import Replication

/// The admin socket: a line of words in, a line of JSON out.
final class AdminHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    static let lineLimit = 4096
    /// How long `quiesce` waits, and how often it looks.
    private static let patience: UInt64 = 10_000_000_000
    private static let period = TimeAmount.milliseconds(5)

    private let loop: NodeLoop
    private var buffer: [UInt8] = []

    init(_ loop: NodeLoop) { self.loop = loop }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        buffer += unwrapInboundIn(data).readableBytesView
        while let end = buffer.firstIndex(of: UInt8(ascii: "\n")) {
            let line = String(decoding: buffer[..<end], as: UTF8.self)
            buffer.removeFirst(end + 1)
            obey(line.split(separator: " ").map(String.init), context.channel)
        }
        if buffer.count > Self.lineLimit { context.close(promise: nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func obey(_ words: [String], _ channel: any Channel) {
        if words.first == "power-cut", words.dropFirst().allSatisfy({ $0 == "--torn" }) {
            cutPower(torn: words.count > 1, channel)
        } else if words == ["quiesce"] {
            quiesce(channel, until: NodeLoop.now + Self.patience)
        } else {
            AdminWords.answer(words, loop) { [self] in
                answer($0, channel, until: NodeLoop.now + Self.patience)
            }
        }
    }

    /// What an order has changed outlives a crash before anybody hears of it.
    private func answer(_ text: String, _ channel: any Channel, until deadline: Moment) {
        guard loop.savesUnderWay > 0, NodeLoop.now < deadline, !loop.isFsyncClosed else {
            return Self.write(text, to: channel)
        }
        let bound = NIOLoopBound(self, eventLoop: loop.eventLoop)
        loop.eventLoop.scheduleTask(in: .milliseconds(1)) { bound.value.answer(text, channel, until: deadline) }
    }

    /// The answer leaves first: there is nobody to give it afterwards.
    private func cutPower(torn: Bool, _ channel: any Channel) {
        do throws(NodeError) {
            let (isTorn, die) = try loop.cutPower(torn: torn)
            let text = JSONLine.object { line in
                line.bool("ok", true)
                line.string("id", loop.member.name)
                line.bool("torn", isTorn)
            }
            channel.writeAndFlush(ByteBuffer(string: text + "\n")).whenComplete { _ in die() }
        } catch {
            Self.write(JSONLine.object { $0.string("error", error.message) }, to: channel)
        }
    }

    private func quiesce(_ channel: any Channel, until deadline: Moment) {
        let unrest = loop.member.unrest
        guard !unrest.isEmpty, NodeLoop.now < deadline, channel.isActive else {
            let text = JSONLine.object { line in
                line.bool("quiet", unrest.isEmpty)
                line.raw("lsn", JSONLine.text(loop.member.status["lsn"] ?? .null))
                line.raw("waiting", JSONLine.list(unrest.map(JSONLine.quoted)))
            }
            Self.write(text, to: channel)
            return
        }
        let bound = NIOLoopBound(self, eventLoop: loop.eventLoop)
        loop.eventLoop.scheduleTask(in: Self.period) { bound.value.quiesce(channel, until: deadline) }
    }

    private static func write(_ text: String, to channel: any Channel) {
        channel.writeAndFlush(ByteBuffer(string: text + "\n"), promise: nil)
    }
}
