import Checkers
import Determinism
import Faults
import Generators
import Testing
import Workloads

@Suite("Plans")
struct PlanTests {
    private func workload(_ more: String = "") throws -> Workload {
        let text = """
            name: x
            system: {kind: node-single, options: {ack: "count:2", apply-delay: 50..100ms}}
            hosts: 5
            workload: [{kind: register, weight: 3, keys: 2, mix: {read: 1, write: 1}}, {kind: set}]
            clients: 4
            duration: 10s
            rate: 500/s
            \(more)
            """
        return try Workload.load(text: text, file: "x.yaml")
    }

    @Test("what a file leaves out has a default")
    func defaults() throws {
        let workload = try workload()
        #expect(workload.reads == .leader && workload.timeout == .seconds(1))
        #expect(workload.expectations.count == Guarantee.standard.count)
        #expect(workload.expectations.values.allSatisfy { $0 == .valid })
        #expect(workload.minimums["ok-read"] == nil)
        #expect(workload.load?.failover == nil)
    }

    @Test("options reach the system as they are spelled, with their places")
    func options() throws {
        let system = try workload().system
        #expect(system["ack"] == "count:2" && system["apply-delay"] == "50..100ms" && system["none"] == nil)
        #expect(system.options[1].position == TextPosition(line: 2, column: 55))
    }

    @Test("guarantees as a list are all expected valid, and only they are checked")
    func list() throws {
        #expect(try workload("guarantees: [convergence]").expectations == [.convergence: .valid])
    }

    @Test("minimums by name, and one for all others")
    func minimums() throws {
        let minimums = try workload("minimums: {ok-read: 7, others: 2}").minimums
        #expect(minimums["ok-read"] == 7 && minimums["ok-write"] == 2)
    }

    @Test("the same seed gives the same operations, another seed others")
    func seeds() throws {
        func operations(_ seed: UInt64) throws -> [Next] {
            guard case .load(var generator, _, _, _) = try workload().plan(seed: seed).work else { return [] }
            return (0..<500).map {
                generator.next(GeneratorContext(time: Int64($0) * 20_000_000, process: $0 % 4, clients: 4))
            }
        }
        let once = try operations(1)
        #expect(try once == operations(1) && once != operations(2))
        #expect(once.contains { if case .operation(let operation) = $0 { operation.f == "add" } else { false } })
        #expect(
            once[499] == .pending(until: nil) || once.contains { if case .operation = $0 { true } else { false } })
    }

    @Test("after the duration there is nothing more to do")
    func end() throws {
        guard case .load(var generator, _, _, _) = try workload().plan(seed: 1).work else { return }
        #expect(generator.next(GeneratorContext(time: 10_000_000_000, process: 0, clients: 4)) == .exhausted)
    }

    @Test("final reads are made at every node unless clients read at the leader alone")
    func finals() throws {
        func count(_ more: String) throws -> Int {
            var reads = try workload(more).plan(seed: 1).finalReads(of: [UsedKey("a"), UsedKey("b")])
            var count = 0
            while case .operation = reads.next(GeneratorContext(time: 0, process: 0, clients: 1)) { count += 1 }
            return count
        }
        #expect(try count("") == 2)
        #expect(try count("reads: sticky") == 10)
    }

    @Test(
        "faults that leave nobody to answer",
        arguments: [
            ("{id: f, kind: kill, target: leader, at: 1s}", "", ["f"]),
            ("{id: f, kind: kill, target: leader, at: 1s}", "failover: {when: leader-killed, after: 1s}", []),
            ("{id: f, kind: kill, target: leader, at: 1s}", "reads: any", []),
            ("{id: f, kind: kill, target: one-follower, at: 1s}", "", []),
            ("{id: f, kind: pause, target: one, at: 1s, for: 1s, every: 4s}", "", ["f.1", "f.2", "f.3"]),
            ("{id: f, kind: partition, shape: isolate-leader, at: 1s}", "", []),
            ("{id: f, kind: partition, shape: isolate-leader, traffic: both, at: 1s}", "", ["f"]),
        ])
    func outages(fault: String, more: String, names: [String]) throws {
        #expect(try workload("faults: [\(fault)]\n\(more)").plan(seed: 1).faultsWithoutService == Set(names))
    }

    @Test("where clients read")
    func reads() {
        var random = SeededRandom(seed: 1)
        let nodes = ["n1", "n2", "n3"]
        func node(_ policy: ReadPolicy, _ client: Int = 0, wanted: String? = nil, leader: String? = "n2") -> String?
        {
            policy.node(client: client, wanted: wanted, nodes: nodes, leader: leader, random: &random)
        }
        #expect(node(.leader, wanted: "n3") == "n2" && node(.leader, leader: nil) == nil)
        #expect(Set((0..<100).map { _ in node(.any) }) == ["n1", "n2", "n3"])
        #expect(Set((0..<100).map { _ in node(.follower) }) == ["n1", "n3"])
        #expect((0..<20).map { _ in node(.sticky, 1) }.allSatisfy { $0 == "n3" } && node(.sticky, 2) == "n1")
        #expect(node(.any, wanted: "n2") == "n2" && node(.sticky, 0, wanted: "n3") == "n3")
        #expect(node(.follower, wanted: "n2") != "n2")
    }

    @Test(
        "durations",
        arguments: [
            ("1s", Duration.seconds(1)), ("500ms", .milliseconds(500)), ("1.5s", .milliseconds(1500)),
            ("2min", .seconds(120)), ("1h", .seconds(3600)), ("0s", .zero), ("20 ms", .milliseconds(20)),
            ("7us", .microseconds(7)), ("", nil), ("s", nil), ("1", nil), ("-1s", nil), ("1.s", nil),
            ("1..2s", nil),
            ("1 fortnight", nil), ("999999999999h", nil), ("1e3s", nil),
        ])
    func durations(text: String, duration: Duration?) {
        #expect(DurationText.parse(text) == duration)
    }

    @Test("ranges of durations")
    func ranges() {
        #expect(DurationText.range("50..100ms") == .milliseconds(50)...(.milliseconds(100)))
        #expect(DurationText.range("900ms..1.5s") == .milliseconds(900)...(.milliseconds(1500)))
        #expect(DurationText.range("20ms") == .milliseconds(20)...(.milliseconds(20)))
        #expect(DurationText.range("100..50ms") == nil && DurationText.range("..5ms") == nil)
    }
}
