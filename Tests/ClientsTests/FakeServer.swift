import Clients
import NIOCore
import NIOPosix
import Synchronization
import WireProtocol

/// A server on loopback that answers requests as a test tells it to.
final class FakeServer: Sendable {
    /// What it does upon a request.
    enum Action: Sendable {
        case reply(RESPValue)
        case bytes(String)
        /// Replies after a while.
        case later(TimeAmount, RESPValue)
        case silence
        case close
        /// Writes and then closes.
        case bytesThenClose(String)
    }

    /// A request and the connection that it came on, counted from 0.
    struct Request: Hashable, Sendable {
        var words: [String]
        var connection: Int
    }

    typealias Script = @Sendable (Request) -> Action

    private let script: Script
    private let seen = Mutex<(requests: [Request], connections: Int)>(([], 0))

    private init(_ script: @escaping Script) { self.script = script }

    /// All requests so far.
    var requests: [Request] { seen.withLock { $0.requests } }

    /// Listens while the body runs.
    static func with<Result>(
        _ script: @escaping Script, _ body: (FakeServer, NodeAddress) async throws -> Result
    ) async throws -> Result {
        let server = FakeServer(script)
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let number = server.seen.withLock { seen in
                        seen.connections += 1
                        return seen.connections - 1
                    }
                    try channel.pipeline.syncOperations.addHandler(Connection(server, number))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let port = channel.localAddress?.port ?? 0
        do {
            let result = try await body(server, NodeAddress(host: "127.0.0.1", port: port))
            try await channel.close()
            return result
        } catch {
            try await channel.close()
            throw error
        }
    }

    private func action(for request: Request) -> Action {
        seen.withLock { $0.requests.append(request) }
        return script(request)
    }

    private final class Connection: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private let server: FakeServer
        private let number: Int
        private var decoder = RESPDecoder(limits: .requests)

        init(_ server: FakeServer, _ number: Int) {
            self.server = server
            self.number = number
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            unsafe unwrapInboundIn(data).withUnsafeReadableBytes { unsafe decoder.append($0) }
            while let words = try? decoder.nextRequest() {
                let request = Request(words: words.map { String(decoding: $0, as: UTF8.self) }, connection: number)
                perform(server.action(for: request), context)
            }
        }

        private func perform(_ action: Action, _ context: ChannelHandlerContext) {
            switch action {
            case .reply(let value): send(value.encoded, context)
            case .bytes(let text): send(Array(text.utf8), context)
            case .silence: break
            case .close: context.close(promise: nil)
            case .bytesThenClose(let text):
                send(Array(text.utf8), context)
                context.close(promise: nil)
            case .later(let time, let value):
                context.eventLoop.assumeIsolated().scheduleTask(in: time) {
                    if context.channel.isActive { self.send(value.encoded, context) }
                }
            }
        }

        private func send(_ bytes: [UInt8], _ context: ChannelHandlerContext) {
            context.writeAndFlush(NIOAny(context.channel.allocator.buffer(bytes: bytes)), promise: nil)
        }
    }
}
