internal import NIOCore
internal import Replication
internal import WireProtocol

/// One client connection: requests in, answers out in the same order. Lives on the event loop.
///
/// Requests that a client sends without waiting are executed as if it had waited: writes behind writes may be under
/// way together, because they take effect in order anyway; everything else waits for the answers before it.
final class ClientSession {
    /// A request that was taken over and is not answered yet, or not in its turn.
    private struct Slot {
        let id: RequestID
        let wantsMeta: Bool
        let isWrite: Bool
        var answer: [UInt8]?
    }

    /// Requests under way on one connection; more are left in the socket.
    static let limit = 1024

    let channel: any Channel
    private var decoder = RESPDecoder(limits: .requests)
    private var slots: [Slot] = []
    /// Slots before this one have been answered and sent.
    private var sent = 0
    private var held: ClientRequest?
    private var output: ByteBuffer
    /// Why nothing more is taken; its client is told, and gets the time to read it.
    private(set) var refusal: String?
    private var isClosing = false

    init(channel: any Channel) {
        self.channel = channel
        output = channel.allocator.buffer(capacity: 512)
    }

    /// What a client sends that is refused is read and thrown away: input that nobody has read would make the kernel
    /// reset the connection, and the client would not see the answer.
    var isFull: Bool { refusal == nil && (slots.count - sent >= Self.limit || !channel.isWritable) }

    func append(_ bytes: ByteBufferView) { if refusal == nil { decoder.append(bytes) } }

    /// Takes requests as long as they may begin.
    func advance(_ loop: NodeLoop) {
        while !isFull, refusal == nil, let request = takeRequest() {
            switch request {
            case .command(let call, let wantsMeta):
                let id = loop.newRequest(self)
                slots.append(Slot(id: id, wantsMeta: wantsMeta, isWrite: !call.command.isRead, answer: nil))
                loop.step(.request(id, call))
            case .ping(let text):
                immediate(text.map { .bulk($0) } ?? .simple("PONG"))
            case .info: immediate(.text(loop.infoText))
            case .immediate(let value): immediate(value)
            }
        }
    }

    private func takeRequest() -> ClientRequest? {
        if held == nil { held = nextRequest() }
        guard let request = held else { return nil }
        if slots.count > sent {
            guard case .command(let call, _) = request, !call.command.isRead, slots[slots.count - 1].isWrite
            else { return nil }
        }
        held = nil
        return request
    }

    private func nextRequest() -> ClientRequest? {
        do {
            return try decoder.nextRequest().map(ClientRequest.init)
        } catch {
            refusal = "\(error)"
            return nil
        }
    }

    private func immediate(_ value: RESPValue) { output.writeBytes(value.encoded) }

    /// The answer to one of the requests arrived; everything whose turn has come is sent.
    func answer(_ id: RequestID, _ answer: ClientAnswer, _ writer: inout AnswerWriter) {
        // Almost always the first.
        guard let index = slots[sent...].firstIndex(where: { $0.id == id }) else { return }
        slots[index].answer = writer.bytes(answer, wantsMeta: slots[index].wantsMeta)
        while sent < slots.count, let bytes = slots[sent].answer {
            output.writeBytes(bytes)
            slots[sent].answer = nil
            sent += 1
        }
        if sent == slots.count {
            slots.removeAll(keepingCapacity: true)
            sent = 0
        } else if sent > 256 {
            slots.removeFirst(sent)
            sent = 0
        }
    }

    /// How long a client that is refused may read and send.
    private static let farewell = TimeAmount.seconds(2)

    /// Sends what was written; closes when the client does not speak the protocol. True when that begins.
    func flush() -> Bool {
        let isOver = refusal != nil && slots.count == sent && !isClosing
        // Behind the answers to what came before.
        if isOver, let refusal { immediate(.error("ERR protocol: \(refusal)")) }
        if output.readableBytes > 0 {
            channel.writeAndFlush(output, promise: nil)
            output.clear()
        }
        guard isOver else { return false }
        isClosing = true
        channel.close(mode: .output, promise: nil)
        channel.read()
        let channel = channel
        channel.eventLoop.scheduleTask(in: Self.farewell) { channel.close(promise: nil) }
        return true
    }

    /// Requests whose answers nobody will read.
    var openRequests: [RequestID] { slots[sent...].map(\.id) }
}
