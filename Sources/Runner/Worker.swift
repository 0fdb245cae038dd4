import Clients
import Generators
import HistoryModel
import Synchronization

/// A generator that many workers ask; the questions are put one at a time.
final class SharedGenerator: Sendable {
    private let generator: Mutex<any Generator>
    private let origin: Int64

    /// `origin` is the start of the clients' work on the run's clock: generators count from there.
    init(_ generator: any Generator, origin: Int64) {
        self.generator = Mutex(generator)
        self.origin = origin
    }

    func next(process: Int, clients: Int, at time: Int64) -> Next {
        generator.withLock {
            $0.next(GeneratorContext(time: time - origin, process: process, clients: clients))
        }
    }

    func update(
        _ operation: PlannedOperation, process: Int, clients: Int, at time: Int64, _ reply: ClientReply
    ) {
        generator.withLock {
            $0.update(
                CompletedOperation(
                    process: process, clients: clients, time: time - origin, operation: operation,
                    outcome: reply.type, result: reply.value ?? .null))
        }
    }

    /// The run's clock at a time of the generator's.
    func runTime(_ time: Int64) -> Int64 { time + origin }

    /// The keys asked for so far.
    var keys: [UsedKey] { generator.withLock { $0.keys } }
}

/// Does the operations of one client place: process after process, one operation at a time.
///
/// It lives on its clients' thread: stamps are taken right around the call, with no change of threads in between.
actor Worker {
    nonisolated let place: Int
    private nonisolated let loop: ClientLoop
    private let clients: Int
    private let timeout: Duration
    private let recorder: Recorder
    private let makeClient: @Sendable (Int) -> any Client
    private var process: Int
    private var client: any Client

    /// Waits this long before it asks again where a generator names no time.
    private static let idle = Duration.milliseconds(1)

    init(
        place: Int, clients: Int, timeout: Duration, recorder: Recorder, loop: ClientLoop,
        makeClient: @escaping @Sendable (Int) -> any Client
    ) {
        self.place = place
        self.clients = clients
        self.timeout = timeout
        self.recorder = recorder
        self.loop = loop
        self.makeClient = makeClient
        process = place
        client = makeClient(place)
    }

    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.executor.asUnownedSerialExecutor() }

    /// Asks the generator and does what it says, until it is exhausted or the task is cancelled.
    ///
    /// An operation that is under way when the task is cancelled is finished.
    func work(on generator: SharedGenerator) async {
        while !Task.isCancelled {
            let now = recorder.clock.now
            switch generator.next(process: process, clients: clients, at: now) {
            case .operation(let operation):
                let asked = process
                let reply = await perform(operation)
                generator.update(
                    operation, process: asked, clients: clients, at: recorder.clock.now, reply)
            case .pending(let time?):
                try? await recorder.clock.sleep(until: generator.runTime(time))
            case .pending(nil):
                try? await Task.sleep(for: Self.idle)
            case .exhausted:
                return
            }
        }
    }

    /// Does one operation and records both ends of it. After an `info` the place goes on as another process.
    @discardableResult
    func perform(_ operation: PlannedOperation, at node: String? = nil, hold: String? = nil) async -> ClientReply {
        let request = OperationRequest(
            f: operation.f, key: operation.key, value: operation.value, shape: operation.shape,
            isFinal: operation.isFinal, node: node ?? operation.node, hold: hold)
        let identity = ProcessID.client(process)
        func begin(_ f: String, _ key: String?, _ value: Value) {
            recorder.record(
                identity, .invoke, f: f, key: key, value: value, node: request.node,
                meta: request.isFinal ? ["final": true] : .null)
        }
        if !request.isToldLater { begin(request.f, request.key, request.value) }
        let reply = await client.invoke(request, deadline: .now + timeout)
        let (f, key, value) = request.recorded(as: reply)
        // Before that nobody knows what is written.
        if request.isToldLater { begin(f, key, value) }
        recorder.record(
            identity, reply.type, f: f, key: key, value: value, node: reply.node,
            error: reply.error.map { "\($0)" }, meta: reply.meta)
        if reply.type == .info {
            await client.close()
            process += clients
            client = makeClient(process)
        }
        return reply
    }

    /// Lets an attempt arrive that the client keeps on its way; what kept it from its node, if anything did.
    func release(_ attempt: String) async -> String? {
        await client.release(attempt, deadline: .now + timeout)
    }

    /// Records something that is done for this process by other means than its client, such as a dump.
    @discardableResult
    func recording(
        f: String, node: String, _ body: @Sendable () async throws -> Value
    ) async -> Value? {
        let identity = ProcessID.client(process)
        recorder.record(identity, .invoke, f: f, node: node, meta: ["final": true])
        do {
            let value = try await body()
            recorder.record(identity, .ok, f: f, value: value, node: node)
            return value
        } catch {
            recorder.record(identity, .fail, f: f, node: node, error: "\(error)")
            return nil
        }
    }

    func close() async { await client.close() }
}
