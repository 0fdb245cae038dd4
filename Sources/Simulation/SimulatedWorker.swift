import Clients
import Generators
import HistoryModel
import Workloads

/// Does the operations of one client place: process after process, one operation at a time.
final class SimulatedWorker {
    let place: Int
    private let session: SimulationSession
    private var process: Int
    private var client: SimulatedClient

    /// A worker waits this long before it asks again where a generator names no time.
    private static let idle: Int64 = 1_000_000
    /// From the end of an operation to the next one of the same process.
    private static let pause: Int64 = 5_000

    init(place: Int, session: SimulationSession) {
        self.place = place
        self.session = session
        process = place
        client = session.client(process: place, place: place)
    }

    /// Asks the generator and does what it says, until it is exhausted.
    func work(on source: SharedSource, ended: @escaping () -> Void) {
        let time = session.cluster.time
        switch source.next(process: process, clients: session.plan.clients, at: time.now) {
        case .operation(let operation):
            let asked = process
            perform(operation) { reply in
                source.update(
                    operation, process: asked, clients: self.session.plan.clients, at: time.now, reply)
                time.after(Self.pause) { self.work(on: source, ended: ended) }
            }
        case .pending(let until):
            let next = until.map { source.origin + $0 } ?? time.now + Self.idle
            time.at(max(next, time.now + 1)) { self.work(on: source, ended: ended) }
        case .exhausted: ended()
        }
    }

    /// Does one operation and records both ends of it. After an `info` the place goes on as another process.
    func perform(
        _ operation: PlannedOperation, at node: String? = nil, hold: String? = nil,
        done: @escaping (ClientReply) -> Void
    ) {
        let request = OperationRequest(
            f: operation.f, key: operation.key, value: operation.value, shape: operation.shape,
            isFinal: operation.isFinal, node: node ?? operation.node, hold: hold)
        let identity = ProcessID.client(process)
        let recorder = session.recorder
        func begin(_ f: String, _ key: String?, _ value: Value) {
            recorder.record(
                identity, .invoke, f: f, key: key, value: value, node: request.node,
                meta: request.isFinal ? ["final": true] : .null)
        }
        if !request.isToldLater { begin(request.f, request.key, request.value) }
        client.invoke(request) { reply in
            let (f, key, value) = request.recorded(as: reply)
            // Before that nobody knows what is written.
            if request.isToldLater { begin(f, key, value) }
            recorder.record(
                identity, reply.type, f: f, key: key, value: value, node: reply.node,
                error: reply.error.map { "\($0)" }, meta: reply.meta)
            if reply.type == .info {
                self.process += self.session.plan.clients
                self.client = self.session.client(process: self.process, place: self.place)
            }
            done(reply)
        }
    }

    /// Lets an attempt arrive that the client keeps on its way.
    func release(_ attempt: String, done: @escaping (String?) -> Void) { client.release(attempt, done: done) }

    /// Records the content of a node, which is asked for by other means than the client.
    func dump(_ node: SimulatedNode) -> Value? {
        let identity = ProcessID.client(process)
        session.recorder.record(identity, .invoke, f: "dump", node: node.name, meta: ["final": true])
        guard let value = session.cluster.dump(node) else {
            session.recorder.record(identity, .fail, f: "dump", node: node.name, error: "the node does not answer")
            return nil
        }
        session.recorder.record(identity, .ok, f: "dump", value: value, node: node.name)
        return value
    }
}

/// A generator that all workers ask; it counts time from `origin`.
final class SharedSource {
    private var generator: any Generator
    let origin: Int64

    init(_ generator: any Generator, origin: Int64) {
        self.generator = generator
        self.origin = origin
    }

    func next(process: Int, clients: Int, at time: Int64) -> Next {
        generator.next(GeneratorContext(time: time - origin, process: process, clients: clients))
    }

    func update(_ operation: PlannedOperation, process: Int, clients: Int, at time: Int64, _ reply: ClientReply) {
        generator.update(
            CompletedOperation(
                process: process, clients: clients, time: time - origin, operation: operation,
                outcome: reply.type, result: reply.value ?? .null))
    }

    var keys: [UsedKey] { generator.keys }
}
