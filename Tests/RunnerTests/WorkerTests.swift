import Clients
import Generators
import HistoryModel
import Testing

@testable import Runner

@Suite struct WorkerTests {
    static let read = PlannedOperation(f: "read", key: "k")
    static let write = PlannedOperation(f: "write", key: "k", value: 1)
    static let cas = PlannedOperation(f: "cas", key: "k", value: [1, 2])

    static func reply(_ code: ClientErrorCode) -> @Sendable (OperationRequest) -> ClientReply {
        { ClientReply(.init(ClientError(code, "why"), of: $0), node: "n1") }
    }

    @Test func `both ends are recorded, the first before the call`() async throws {
        try await Stage.with { stage in
            let recorder = stage.recorder
            let worker = stage.worker { _ in
                #expect(recorder.counts.invoked == 1 && recorder.counts.ok == 0)
                return ClientReply(.ok(5), node: "n2", meta: ["lsn": 3])
            }
            await worker.perform(Self.read)
            let events = recorder.drain()
            #expect(events.map(\.type) == [.invoke, .ok])
            #expect(events[0].value == .null && events[0].meta == .null)
            #expect(events[1].value == 5 && events[1].node == "n2" && events[1].meta == ["lsn": 3])
        }
    }

    @Test func `what failed or is unknown keeps what was asked`() async throws {
        try await Stage.with { stage in
            await stage.worker(0, Self.reply(.casFailed)).perform(Self.cas)
            await stage.worker(3, of: 4, Self.reply(.timeout)).perform(Self.write)
            let ends = stage.recorder.drain().filter { $0.type != .invoke }
            #expect(ends.map(\.type) == [.fail, .info])
            #expect(ends.map(\.value) == [[1, 2], 1])
            #expect(ends[0].error == "cas-failed: why")
        }
    }

    @Test func `a read without an answer failed, and its process goes on`() async throws {
        try await Stage.with { stage in
            let worker = stage.worker(2, of: 5, Self.reply(.timeout))
            await worker.perform(Self.read)
            await worker.perform(Self.read)
            #expect(Set(stage.recorder.drain().map(\.process)) == [.client(2)])
        }
    }

    @Test func `after an info the place goes on as another process, which no other place ever is`() async throws {
        try await Stage.with { stage in
            let workers = (0..<3).map { stage.worker($0, of: 3, Self.reply(.timeout)) }
            for _ in 0..<4 {
                for worker in workers { await worker.perform(Self.write) }
            }
            let invoked = stage.recorder.drain().filter { $0.type == .invoke }.map(\.process)
            #expect(invoked == (0..<12).map { .client($0) })
        }
    }

    @Test func `times never run backwards among many workers, and the history is well formed`() async throws {
        try await Stage.with { stage in
            let work = SharedGenerator(
                OperationList(Array(repeating: Self.read, count: 3000)), origin: stage.recorder.clock.now)
            await withDiscardingTaskGroup { group in
                for place in 0..<16 {
                    let worker = stage.worker(place, of: 16) { _ in ClientReply(.ok(1)) }
                    group.addTask { await worker.work(on: work) }
                }
            }
            let history = try History(stage.recorder.drain())
            #expect(history.operations.count == 3000)
            #expect(history.events.map(\.index) == Array(0..<6000))
        }
    }

    @Test func `final reads are marked, and a dump is an operation of the process`() async throws {
        try await Stage.with { stage in
            let worker = stage.worker { _ in ClientReply(.ok(1)) }
            await worker.perform(PlannedOperation(f: "read", key: "k", isFinal: true), at: "n3")
            #expect(await worker.recording(f: "dump", node: "n2") { ["all"] } == ["all"])
            #expect(await worker.recording(f: "dump", node: "n2") { throw CancellationError() } == nil)
            let events = stage.recorder.drain()
            let starts = events.filter { $0.type == .invoke }
            #expect(starts.allSatisfy { $0.meta == ["final": true] })
            #expect(starts.map(\.node) == ["n3", "n2", "n2"])
            #expect(events.filter { $0.type != .invoke }.map(\.type) == [.ok, .ok, .fail])
        }
    }

    @Test func `generators count from the start of the clients' work`() {
        let shared = SharedGenerator(Clockwork(), origin: 500)
        #expect(shared.next(process: 1, clients: 2, at: 530) == .pending(until: 30))
        #expect(shared.runTime(30) == 530)
    }

    @Test func `a worker that is cancelled finishes its operation`() async throws {
        try await Stage.with { stage in
            let work = SharedGenerator(Forever(), origin: 0)
            let worker = stage.worker { _ in ClientReply(.ok(1)) }
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await worker.work(on: work) }
                while stage.recorder.counts.ok < 10 { await Task.yield() }
                group.cancelAll()
            }
            let counts = stage.recorder.counts
            #expect(counts.invoked == counts.ok)
        }
    }
}

/// Says at which of its own times it was asked.
private struct Clockwork: Generator {
    mutating func next(_ context: GeneratorContext) -> Next { .pending(until: context.time) }
    mutating func update(_ completed: CompletedOperation) {}
    var keys: [UsedKey] { [] }
}

private struct Forever: Generator {
    mutating func next(_ context: GeneratorContext) -> Next { .operation(WorkerTests.read) }
    mutating func update(_ completed: CompletedOperation) {}
    var keys: [UsedKey] { [] }
}
