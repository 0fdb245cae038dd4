import FoundationEssentials
import Synchronization

/// How patient a client is.
public struct AgentClientOptions: Sendable {
    /// How long the client tries to connect again, before it gives up for good.
    public var reconnectFor: Duration
    /// Pauses between two tries, from the first to the longest.
    public var pause: Duration
    public var longestPause: Duration

    public init(
        reconnectFor: Duration = .seconds(20), pause: Duration = .milliseconds(50),
        longestPause: Duration = .seconds(1)
    ) {
        self.reconnectFor = reconnectFor
        self.pause = pause
        self.longestPause = longestPause
    }
}

/// The controller's side of one host's agent.
///
/// Many requests may be under way at once. When the channel drops, the client connects again and sends what is
/// unanswered once more under the same ids; the agent answers from its journal what it has already done. If another
/// agent answers, such requests fail with `restarted`. Nothing happens without `run()`; see `withAgentClient`.
public actor AgentClient<Channel: AgentByteChannel> {
    private struct Pending {
        var line: [UInt8]
        var deadline: ContinuousClock.Instant
        var op: String
        var waiter: CheckedContinuation<[UInt8], any Error>
    }

    public nonisolated let host: String
    public nonisolated let controller: String
    private let connect: @Sendable () async throws -> Channel
    private let options: AgentClientOptions
    private var instance: String?
    private var number = 0
    private var pending: [Int: Pending] = [:]
    private var channel: Channel?
    /// Bytes for the present channel; `wake` tells the sender that there are some.
    private var outbox: [UInt8] = []
    private let wakes: AsyncStream<Void>
    private let wake: AsyncStream<Void>.Continuation
    private var end: AgentError?
    /// Whether the present channel has brought anything.
    private var hasHeard = false
    private let cancelled = Mutex<Set<Int>>([])

    /// - Parameter controller: a name that no other controller has, as `isAgentName` without `-`.
    public init(
        host: String, controller: String, options: AgentClientOptions = AgentClientOptions(),
        connect: @escaping @Sendable () async throws -> Channel
    ) {
        precondition(isAgentName(controller) && !controller.contains("-"), "controller: \(controller)")
        self.host = host
        self.controller = controller
        self.options = options
        self.connect = connect
        (wakes, wake) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Connects, reads replies and watches deadlines until `close()`, cancellation, or reconnecting has failed.
    public func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.watch() }
            group.addTask { await self.send() }
            group.addTask { await self.keepConnected() }
        }
        finish(AgentError(.closed, "the client was closed", host: host))
    }

    /// Fails what is unanswered and ends `run()`.
    public func close() async {
        finish(AgentError(.closed, "the client was closed", host: host))
        await channel?.close()
    }

    /// Sends a request and waits for its reply.
    public func call<Request: AgentRequest>(
        _ request: Request, deadline: Duration = .seconds(30)
    ) async throws(AgentError) -> Request.Reply {
        if let end { throw end }
        guard pending.count < AgentLimits.outstanding else {
            throw AgentError(.busy, "\(Request.op): \(pending.count) requests are unanswered already", host: host)
        }
        number += 1
        let own = number
        let header = RequestHeader(
            id: "\(controller)-\(own)", op: Request.op, instance: Request.op == Hello.op ? nil : instance,
            seen: pending.keys.min() ?? own)
        do {
            let line = try AgentLine.request(header, request)
            guard line.count <= AgentLimits.lineBytes else {
                throw AgentError(.tooLong, "\(Request.op): a request of \(line.count) bytes")
            }
            let reply = try await answer(own, Request.op, line + [UInt8(ascii: "\n")], .now + deadline)
            let value = try AgentLine.replyBody(Request.Reply.self, reply)
            if let hello = value as? HelloReply { instance = hello.instance }
            return value
        } catch var error as AgentError {
            error.host = host
            throw error
        } catch {
            throw AgentError(.malformed, "\(Request.op): \(error)", host: host)
        }
    }

    private func answer(
        _ own: Int, _ op: String, _ line: [UInt8], _ deadline: ContinuousClock.Instant
    ) async throws -> [UInt8] {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { waiter in
                pending[own] = Pending(line: line, deadline: deadline, op: op, waiter: waiter)
                if channel != nil { outbox += line }
                wake.yield()
            }
        } onCancel: {
            cancelled.withLock { _ = $0.insert(own) }
        }
    }
}

// What `run()` does side by side.
extension AgentClient {
    /// Fails requests whose time is over or whose caller is gone.
    private func watch() async {
        while end == nil {
            do { try await Task.sleep(for: .milliseconds(20)) } catch { return await close() }
            let gone = cancelled.withLock { cancelled in
                defer { cancelled = [] }
                return cancelled
            }
            for own in gone {
                pending.removeValue(forKey: own)?.waiter.resume(
                    throwing: AgentError(.closed, "the caller was cancelled"))
            }
            let now = ContinuousClock.now
            for (own, request) in pending where request.deadline <= now {
                pending[own] = nil
                let state = channel == nil ? "there is no connection" : "the agent has not answered"
                request.waiter.resume(throwing: AgentError(.deadline, "\(request.op): \(state) in time"))
            }
        }
    }

    private func send() async {
        for await _ in wakes {
            while !outbox.isEmpty, let channel {
                let bytes = outbox
                outbox = []
                do { try await channel.send(bytes) } catch {
                    // The reading side sees the end of the channel and connects again.
                    await channel.close()
                }
            }
        }
    }

    private func keepConnected() async {
        // Since when channels have opened and ended without a word: there is no agent behind them.
        var mute: ContinuousClock.Instant?
        while end == nil {
            guard let channel = await reconnected() else { return }
            self.channel = channel
            outbox = pending.sorted { $0.key < $1.key }.flatMap(\.value.line)
            wake.yield()
            hasHeard = false
            await read(channel)
            self.channel = nil
            outbox = []
            await channel.close()
            mute = hasHeard ? nil : mute ?? .now
            guard let since = mute, end == nil else { continue }
            guard .now - since < options.reconnectFor else {
                return finish(
                    AgentError(.disconnected, "no agent answers for \(options.reconnectFor)", host: host))
            }
            try? await Task.sleep(for: options.pause)
        }
    }

    private func read(_ channel: Channel) async {
        var lines = LineSplitter()
        do {
            for try await chunk in channel.chunks {
                hasHeard = true
                for case .line(let line) in lines.feed(chunk) { receive(line) }
                if end != nil { return }
            }
        } catch {
            // However the channel ended, what is unanswered is asked again on the next one.
        }
    }

    /// A channel, or nil when the client has ended or gives up.
    private func reconnected() async -> Channel? {
        let limit = ContinuousClock.now + options.reconnectFor
        var pause = options.pause
        while end == nil {
            do {
                return try await connect()
            } catch {
                guard ContinuousClock.now + pause < limit, !Task.isCancelled else {
                    finish(AgentError(.disconnected, "no connection to the agent: \(error)", host: host))
                    return nil
                }
            }
            try? await Task.sleep(for: pause)
            pause = min(pause * 2, options.longestPause)
        }
        return nil
    }

    private func receive(_ line: [UInt8]) {
        guard let header = try? AgentLine.replyHeader(line), let id = header.id,
            let source = RequestHeader(id: id, op: "").source, source.controller == controller,
            let request = pending.removeValue(forKey: source.number)
        else { return }
        if let error = header.error {
            request.waiter.resume(throwing: error)
        } else {
            request.waiter.resume(returning: line)
        }
    }

    private func finish(_ error: AgentError) {
        guard end == nil else { return }
        end = error
        wake.finish()
        for request in pending.values { request.waiter.resume(throwing: error) }
        pending = [:]
    }
}

/// Gives `body` a client that is connected, and connected again when needed, until `body` ends.
public func withAgentClient<Channel: AgentByteChannel, Value: Sendable>(
    host: String, controller: String, options: AgentClientOptions = AgentClientOptions(),
    connect: @escaping @Sendable () async throws -> Channel,
    body: (AgentClient<Channel>) async throws -> Value
) async throws -> Value {
    let client = AgentClient(host: host, controller: controller, options: options, connect: connect)
    return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { await client.run() }
        defer { group.cancelAll() }
        do {
            let value = try await body(client)
            await client.close()
            return value
        } catch {
            await client.close()
            throw error
        }
    }
}
