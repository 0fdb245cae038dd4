import Faults
import Generators
import HistoryModel
import Testing
import Workloads

@Suite("Directed scenarios")
struct ScenarioTests {
    private func load(_ steps: String) throws(WorkloadError) -> Workload {
        let head = "name: s\nsystem: {kind: node-single}\nhosts: 3\nsteps:\n"
        return try Workload.load(text: head + steps, file: "s.yaml")
    }

    private func steps(_ text: String) throws -> [ScenarioStep] {
        try #require(try load(text).steps)
    }

    private func complaint(_ text: String) -> String {
        do throws(WorkloadError) {
            _ = try load(text)
            return "none"
        } catch {
            return error.problems[0].description
        }
    }

    @Test("a death may be for ever")
    func forEver() throws {
        let steps = try steps(
            """
              - {process: 0, write: x}
              - {kill: leader, id: crash, restart: never}
              - {power-cut: n2, id: dark, torn: true, restart: never}
            """)
        let faults = steps.compactMap { if case .start(let fault) = $0.action { fault } else { nil } }
        #expect(faults.map(\.kind) == [.kill, .powerCut(torn: true)])
        #expect(faults.allSatisfy { $0.end == .never })
        #expect(complaint("  - {kill: n2, id: k, restart: x}").contains("restart is never or last-phase"))
    }

    @Test("every sort of step in words")
    func words() throws {
        let steps = try steps(
            """
              - {process: 0, write: x}
              - {process: 1, read: x, at: follower-1, expect: any}
              - {process: 1, cas: {key: x, old: 1, new: 7}, expect: fail}
              - {gate: {close: ship, nodes: leader, peers: n2}}
              - {kill: leader, id: crash}
              - {pause: n2, id: stop}
              - {partition: {shape: halves}, id: cut}
              - {promote: most-advanced}
              - {order: rehome x n2 drain, at: leader}
              - {wait: leader}
              - {wait: 1.5s}
              - {restart: crash, closed: apply}
              - {resume: stop}
              - {heal: cut}
              - {gate: {open: apply, nodes: followers}}
              - {wait: caught-up}
              - {wipe: n2}
            """)
        #expect(
            steps.map(\.description) == [
                "client 0: write x, expecting ok", "client 1: read x at follower-1, expecting any",
                "client 1: cas x, expecting fail", "close gate ship at leader towards n2", "kill crash: leader",
                "pause stop: n2", "partition cut: all", "promote most-advanced", "rehome x n2 drain at leader",
                "wait for a leader", "wait 1.5 s",
                "end of crash, with gate apply closed", "end of stop", "end of cut",
                "open gate apply at followers", "wait until followers have caught up", "wipe the disk of n2",
            ])
        #expect(steps.map(\.position.line) == Array(5...21))
    }

    @Test("values that are left out count up for each key, over repetitions too")
    func values() throws {
        let steps = try steps(
            """
              - {process: 0, write: {key: x, value: 5}}
              - repeat: 2
                steps:
                  - {process: 0, write: x}
                  - {process: 0, add: set0}
              - {process: 0, cas: {key: x, new: 20}}
              - {process: 0, write: x}
              - {process: 0, read: set0}
              - {process: 0, txn: [a, x]}
            """)
        let operations = steps.compactMap { step in
            if case .operate(let step) = step.action { step.operation } else { nil }
        }
        #expect(
            operations.map(\.value) == [5, 6, 1, 7, 2, [nil, 20], 21, nil, [["r", "a", nil], ["r", "x", nil]]])
        #expect(
            operations.map { $0.shape == .set } == [false, false, true, false, true, false, false, true, false])
        let plan = try load("  - {process: 0, add: set0}\n  - {process: 1, txn: [a, x]}").plan(seed: 1)
        #expect(plan.scenarioKeys == [UsedKey("set0", shape: .set), UsedKey("a"), UsedKey("x")])
        #expect(plan.clients == 2)
    }

    @Test("a deletion is a write of nothing to a register")
    func deletion() throws {
        let steps = try steps(
            """
              - {process: 0, write: x}
              - {process: 0, delete: x}
              - {process: 0, delete: {key: x}, at: n2}
              - {process: 0, write: x}
            """)
        let operations = steps.compactMap { step in
            if case .operate(let step) = step.action { step.operation } else { nil }
        }
        #expect(operations.map(\.f) == ["write", "write", "write", "write"])
        #expect(operations.map(\.value) == [1, nil, nil, 2])
    }

    @Test(
        "steps that cannot be",
        arguments: [
            ("  - {process: 0}", "5:5: a step does one thing"),
            ("  - {process: 0, raed: x}", "did you mean read?"),
            ("  - {process: 0, read: x, write: y}", "5:5: a step does one thing"),
            ("  - {read: x}", "5:5: a step needs process"),
            ("  - {process: 1, read: x}", "5:3: processes are numbered from 0 without gaps; there is no process 0"),
            ("  - {wait: leader}", "a scenario needs an operation of a client"),
            ("  - {process: 0, read: x, at: n4}", "5:31: there is no node or target n4"),
            ("  - {process: 0, read: x, expect: good}", "expect is one of ok, fail, info, any, and not \"good\""),
            (
                "  - {process: 0, write: {key: x, value: 1}}\n  - {process: 0, write: {key: x, value: 1}}",
                "6:25: 1 is written to x twice: written values are unique"
            ),
            ("  - {process: 0, write: {key: x, value: one}}", "value is a whole number, and not \"one\""),
            ("  - {process: 0, write: x}\n  - {process: 0, add: x}", "key x is added to and written"),
            ("  - {process: 0, delete: x}\n  - {process: 0, add: x}", "key x is added to and written"),
            ("  - {process: 0, delete: {key: x, value: 1}}", "value"),
            ("  - {process: 0, cas: x}", "cas needs key, old and new"),
            ("  - {process: 0, remove: x}", "remove needs key and value"),
            ("  - {process: 0, rejected: x}", "rejected needs key and value"),
            ("  - {process: 0, txn: x}", "txn is a list of the keys to read at once; this is a single value"),
            ("  - {order: promote, at: n1}", "an order is a line for nodectl that begins with rehome"),
            ("  - {order: sync}", "5:5: a step needs at"),
            ("  - {order: sync, at: n1, expect: ok}", "expect is any, for an order that may be refused"),
            ("  - {process: 0, write: x, hold: a}", "5:28: hold is for clients that send again"),
            ("  - {release: a}", "5:15: release names an attempt that a step before holds"),
            ("  - {kill: leader}", "5:5: a step needs id"),
            ("  - {power-cut: leader, id: a, torn: perhaps}", "torn"),
            ("  - {power-cut: leader, id: a}\n  - {heal: a}", "6:12: a is a power-cut, ended by restart"),
            ("  - {kill: leader, id: a, torn: true}", "torn"),
            ("  - {clock: {target: leader}, id: a}", "a clock fault has one of offset, jump, rate and strobe"),
            ("  - {clock: {target: leader, offset: 10s}, id: a}", "a time with its sign"),
            ("  - {clock: {target: leader, rate: 101}, id: a}", "a number from 0 to 100"),
            ("  - {clock: {target: leader, strobe: +1s, period: 1s, clock: both}, id: a}", "cannot go back"),
            (
                "  - {clock: {target: leader, rate: 0.1}, id: a}\n  - {restart: a}",
                "6:15: a is a clock, ended by heal"
            ),
            ("  - {kill: leader, id: a}\n  - {kill: n2, id: a}", "6:16: there are two faults with the id a"),
            ("  - {restart: a}", "5:15: restart names a fault by its id, and no step before has the id a"),
            ("  - {kill: leader, id: a}\n  - {heal: a}", "6:12: a is a kill, ended by restart"),
            ("  - {kill: n1, id: a}\n  - {restart: a}\n  - {restart: a}", "7:15: a has ended before"),
            ("  - {kill: n1, id: a}\n  - {restart: a, closed: ship}", "closed is a gate without peers"),
            ("  - {gate: {nodes: n1}}", "a gate is closed or opened"),
            ("  - {gate: {close: aply, nodes: n1}}", "did you mean apply?"),
            ("  - {gate: {close: apply, nodes: n1, peers: n2}}", "the gate apply is one for the node"),
            ("  - {gate: {close: apply}}", "5:12: gate needs nodes"),
            ("  - {wait: caughtup}", "did you mean caught-up?"),
            ("  - {promote: n8}", "whom to promote is most-advanced or a node, and not \"n8\""),
            ("  - {repeat: 3}", "5:5: a step needs steps"),
            ("clients: 3", "5:1: clients belongs to random loads; this file has steps"),
        ])
    func errors(text: String, message: String) {
        let found = complaint(text.hasPrefix("  ") ? text : "  - {process: 0, read: x}\n" + text)
        if text.hasPrefix("clients") {
            #expect(found == "s.yaml:6:1: clients belongs to random loads; this file has steps")
        } else {
            #expect(found.contains(message), "\(found)")
        }
    }

    @Test("attempts that are held belong to clients that send again, and are released once")
    func held() throws {
        let head = "name: s\nsystem: {kind: node-raft}\nhosts: 3\nretry-after: 200ms\nsteps:\n"
        let hold = "  - {process: 0, write: x, hold: a}\n"
        let workload = try Workload.load(text: head + hold + "  - {release: a}\n", file: "s.yaml")
        #expect(workload.retryAfter == .milliseconds(200))
        let words = ["client 0: write x, expecting ok, first attempt held as a", "client 0: a arrives"]
        #expect(try #require(workload.steps).map(\.description) == words)
        for (text, message) in [
            (head + hold + hold, "7:28: an attempt is held as a already"),
            (head + hold + "  - {release: a}\n  - {release: a}", "8:15: release names an attempt"),
            (head.replacing("200ms", with: "1s") + hold, "4:1: retry-after is shorter than the timeout, 1 s"),
        ] {
            let error = #expect(throws: WorkloadError.self) { try Workload.load(text: text, file: "s.yaml") }
            let found = error.map { "\($0)" } ?? ""
            #expect(found.contains(message), "\(found)")
        }
    }

    @Test("the number of steps has a limit, also of repeated ones")
    func limit() {
        let text = "  - repeat: 1000\n    steps:\n      - {repeat: 1000, steps: [{process: 0, read: x}]}"
        #expect(complaint(text).contains("a scenario has at most 10000 steps"))
    }

    @Test("gates per peer name each peer, others themselves")
    func gates() {
        let ship = GateChange(isClosing: true, gate: .ship, nodes: .leader)
        #expect(ship.targets(at: "n1", peers: ["n1", "n2", "n3"]) == ["ship:n2", "ship:n3"])
        #expect(GateChange(isClosing: true, gate: .apply, nodes: .all).targets(at: "n2", peers: []) == ["apply"])
        let part = GateChange(isClosing: true, gate: .apply, nodes: .all, key: "c1")
        #expect(part.targets(at: "n2", peers: []) == ["apply:c1"])
    }
}
