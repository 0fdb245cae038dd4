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
        if words == ["quiesce"] {
            quiesce(channel, until: NodeLoop.now + Self.patience)
        } else {
            Self.write(AdminWords.answer(words, loop), to: channel)
        }
    }

    private func quiesce(_ channel: any Channel, until deadline: Moment) {
        let unrest = loop.node.unrest
        guard !unrest.isEmpty, NodeLoop.now < deadline, channel.isActive else {
            let text = JSONLine.object { line in
                line.bool("quiet", unrest.isEmpty)
                line.number("lsn", loop.node.log.last.lsn)
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

/// The words of the admin socket.
enum AdminWords {
    static let help =
        "info | status | log FROM TO | dump | hash | gate open|close|list [TARGET] | "
        + "delay TARGET RANGE|off | promote | follow NODE | quiesce | snapshot"

    static func answer(_ words: [String], _ loop: NodeLoop) -> String {
        let node = loop.node
        switch (words.first, words.count) {
        case ("status", 1): return NodeReports.status(node)
        case ("dump", 1): return NodeReports.dump(node)
        case ("hash", 1): return NodeReports.hash(node)
        case ("info", 1):
            return JSONLine.object { line in NodeReports.info(node).forEach { line.string($0.name, $0.value) } }
        case ("log", 3):
            guard let from = LSN(words[1]), let to = LSN(words[2]) else { return error("log FROM TO") }
            return NodeReports.log(node, from: from, to: to)
        case ("gate", 2) where words[1] == "list":
            let gates = node.status.gates
            return JSONLine.object { $0.raw("gates", JSONLine.list(gates.map(JSONLine.quoted))) }
        case ("gate", 3) where words[1] == "open" || words[1] == "close":
            guard let target = GateTarget(words[2]) else { return error("'\(words[2])' is no gate") }
            return render(loop.obey(.gate(target, isClosed: words[1] == "close")), loop)
        case ("delay", 3):
            guard let target = GateTarget(words[1]) else { return error("'\(words[1])' is no gate") }
            let range = DelayRange(words[2])
            guard range != nil || words[2] == "off" else {
                return error("'\(words[2])' is no range like 50..100ms")
            }
            return render(loop.obey(.delay(target, range)), loop)
        case ("promote", 1): return render(loop.obey(.promote), loop)
        case ("follow", 2): return render(loop.obey(.follow(words[1])), loop)
        case ("snapshot", 1): return render(loop.obey(.snapshot), loop)
        default: return error("unknown command; known are: " + help)
        }
    }

    private static func error(_ message: String) -> String {
        JSONLine.object { $0.string("error", message) }
    }

    /// What the node is after the command.
    private static func render(_ reply: AdminReply, _ loop: NodeLoop) -> String {
        switch reply {
        case .refused(let reason): error(reason)
        case .done:
            JSONLine.object { line in
                let status = loop.node.status
                line.bool("ok", true)
                line.string("id", status.name)
                line.string("role", status.role.rawValue)
                line.number("timeline", max(1, status.position.timeline))
                line.number("lsn", status.position.lsn)
                line.raw("leader", status.leader.map(JSONLine.quoted) ?? "null")
            }
        }
    }
}
