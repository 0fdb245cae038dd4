import NIOCore
import NIOPosix
import WireProtocol

/// How one exchange on a connection ended.
enum CallResult: Sendable {
    case reply(RESPValue)
    /// The connection was gone already: nothing was sent.
    case notSent(String)
    /// Something was, or may have been, sent; the connection is closed.
    case lost(String)
    case timedOut
    case malformed(RESPError)
}

/// Sends one request at a time and gives each its reply. Lives on one event loop; nothing here is shared.
///
/// Whatever goes wrong closes the connection, so that a late reply can never be taken for that of a later request.
final class RESPConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private enum State {
        case idle
        case waiting(CheckedContinuation<CallResult, Never>, until: NIODeadline)
        case closed(String)
    }

    private var state = State.closed("not connected")
    private var decoder: RESPDecoder
    private var context: ChannelHandlerContext?
    /// One timer serves many calls: it is set anew only when it fires, or for a call that ends before it would.
    private var timer: Scheduled<Void>?
    private var timerDeadline = NIODeadline.distantFuture

    init(limits: RESPLimits) { decoder = RESPDecoder(limits: limits) }

    var isOpen: Bool { if case .closed = state { false } else { true } }

    /// Sends a request; the continuation is resumed exactly once, at the deadline at the latest.
    func call(
        _ request: [UInt8], deadline: NIODeadline, _ continuation: CheckedContinuation<CallResult, Never>
    ) {
        switch state {
        case .waiting: preconditionFailure("a connection carries one request at a time")
        case .closed(let reason): continuation.resume(returning: .notSent(reason))
        case .idle:
            guard let context else { return continuation.resume(returning: .notSent("not connected")) }
            state = .waiting(continuation, until: deadline)
            setTimer(deadline, context)
            context.writeAndFlush(NIOAny(context.channel.allocator.buffer(bytes: request)), promise: nil)
        }
    }

    /// Ends the connection from this side.
    func close() { end(.lost("closed by the client"), "closed by the client") }

    private func setTimer(_ deadline: NIODeadline, _ context: ChannelHandlerContext) {
        guard timer == nil || deadline < timerDeadline else { return }
        timer?.cancel()
        timerDeadline = deadline
        timer = context.eventLoop.assumeIsolated().scheduleTask(deadline: deadline) { self.timerFired() }
    }

    private func timerFired() {
        timer = nil
        guard case .waiting(_, let deadline) = state, let context else { return }
        guard deadline <= .now() else { return setTimer(deadline, context) }
        end(.timedOut, "closed after a request that was not answered in time")
    }

    private func end(_ result: CallResult, _ reason: String) {
        let ended = state
        state = .closed(reason)
        timer?.cancel()
        timer = nil
        if case .waiting(let continuation, _) = ended { continuation.resume(returning: result) }
        context?.close(promise: nil)
    }
}

extension RESPConnection {
    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if context.channel.isActive { state = .idle }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        end(.lost("the connection was closed"), "the connection was closed")
        self.context = nil
    }

    func channelActive(context: ChannelHandlerContext) {
        state = .idle
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        let reason = decoder.isInsideValue ? "closed by the node within a reply" : "closed by the node"
        end(.lost(reason), reason)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        end(.lost("\(error)"), "\(error)")
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        unsafe buffer.withUnsafeReadableBytes { unsafe decoder.append($0) }
        do throws(RESPError) {
            while let value = try decoder.next() { deliver(value) }
        } catch {
            end(.malformed(error), "\(error)")
        }
    }

    private func deliver(_ value: RESPValue) {
        guard case .waiting(let continuation, _) = state else {
            // A reply that nobody asked for: what comes after it cannot be trusted either.
            return end(.lost("a reply without a request"), "a reply without a request")
        }
        state = .idle
        continuation.resume(returning: .reply(value))
    }
}

extension RESPConnection {
    /// Connects on an event loop; throws NIO's error when it is refused or the time is up.
    static func connect(
        to address: NodeAddress, within time: TimeAmount, limits: RESPLimits, on loop: any EventLoop
    ) async throws -> NIOLoopBound<RESPConnection> {
        let target = try SocketAddress(ipAddress: address.host, port: address.port)
        return try await ClientBootstrap(group: loop)
            .connectTimeout(time)
            .channelOption(.socketOption(.so_reuseaddr), value: 1)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            // A reply fits one read, so a second that finds nothing is a system call saved.
            .channelOption(.maxMessagesPerRead, value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(RESPConnection(limits: limits))
                }
            }
            .connect(to: target)
            .flatMapThrowing { channel in
                NIOLoopBound(
                    try channel.pipeline.syncOperations.handler(type: RESPConnection.self),
                    eventLoop: channel.eventLoop)
            }
            .get()
    }
}
