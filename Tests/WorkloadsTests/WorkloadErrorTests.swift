import Testing
import Workloads

@Suite("Workload files that are refused")
struct WorkloadErrorTests {
    /// A whole file, with one line for each case to replace or add to.
    static let lines = [
        "name: some-load",
        "system: {kind: node-single, options: {ack: async}}",
        "hosts: 3",
        "workload: [{kind: register}]",
        "clients: 4",
        "duration: 20s",
    ]

    struct Case: CustomTestStringConvertible {
        var line: String
        /// `line:column` of the complaint, in the file of seven lines.
        var place: String
        var message: String
        var testDescription: String { line }

        init(_ line: String, _ place: String, _ message: String) {
            self.line = line
            self.place = place
            self.message = message
        }
    }

    /// The message of the only complaint about the six lines with another; a line of a known key replaces it.
    private func complaints(_ line: String, lines: [String] = lines) -> [String] {
        let key = line.prefix { $0 != ":" }
        var text = lines.filter { !$0.hasPrefix("\(key):") }
        text.append(line)
        return complaints(text: text.joined(separator: "\n"))
    }

    private func complaints(text: String) -> [String] {
        do throws(WorkloadError) {
            _ = try Workload.load(text: text, file: "w.yaml")
            return []
        } catch {
            return error.problems.map(\.description)
        }
    }

    @Test("the six lines are a workload")
    func control() {
        #expect(complaints(text: Self.lines.joined(separator: "\n")).isEmpty)
    }

    @Test(
        "values that mean nothing",
        arguments: [
            Case("hosts: many", "6:8", "hosts is a whole number from 1 to 64, and not \"many\""),
            Case("hosts: 0", "6:8", "hosts is a whole number from 1 to 64, and not \"0\""),
            Case("hosts: [1]", "6:8", "hosts is a whole number from 1 to 64; this is a list"),
            Case("clients: 1.5", "6:10", "clients is a whole number from 1 to 1000, and not \"1.5\""),
            Case(
                "duration: 20", "6:11",
                "duration is a duration such as 500ms, 20s or 2min, longer than nothing, and not \"20\""),
            Case("duration: 25h", "6:1", "duration is at most 24h"),
            Case(
                "rate: fast", "7:7",
                "rate is operations of all clients a second such as 200/s, or max, and not \"fast\""),
            Case(
                "rate: 0/s", "7:7",
                "rate is operations of all clients a second such as 200/s, or max, and not \"0/s\""),
            Case(
                "reads: leeder", "7:8",
                "reads is one of leader, any, follower, sticky, local, and not \"leeder\"; did you mean leader?"),
            Case("reads: {}", "7:8", "reads is one of leader, any, follower, sticky, local; this is a mapping"),
            Case(
                "name: a b/c", "6:7",
                "name is up to 80 letters, digits and hyphens, for the report's directory, and not \"a b/c\""),
            Case("colour: red", "7:1", "unknown key colour in a workload"),
            Case("client: 4", "7:1", "unknown key client in a workload; did you mean clients?"),
            Case(
                "system: redis", "6:9",
                "system is written as a mapping, such as {key: value}; this is a single value"),
            Case("system: {options: {}}", "6:9", "system needs kind"),
            Case("system: {kind: x, option: {}}", "6:19", "unknown key option in system; did you mean options?"),
            Case("system: {kind: x, options: {a: [1]}}", "6:32", "the option a is a single value; this is a list"),
        ])
    func values(refused: Case) {
        check(refused)
    }

    private func check(_ refused: Case, sourceLocation: SourceLocation = #_sourceLocation) {
        let found = complaints(refused.line)
        let wanted = "w.yaml:\(refused.place): \(refused.message)"
        #expect(found.count == 1 && found[0].hasPrefix(wanted), "\(found)", sourceLocation: sourceLocation)
    }

    @Test(
        "workloads that do nothing, and guarantees that nobody knows",
        arguments: [
            Case(
                "workload: register", "6:11",
                "workload is a list of kinds such as [{kind: register}]; this is a single"),
            Case(
                "workload: [{kind: registers}]", "6:19",
                "kind is one of register, siblings, sessions, prefix, set, counter, bank, list, calendar, and not \"registers\"; did you mean register?"
            ),
            Case("workload: [{weight: 2}]", "6:12", "a kind of workload needs kind"),
            Case(
                "workload: [{kind: set}, {kind: set}]", "6:25", "the kind set is given twice: add the weights up"),
            Case(
                "workload: [{kind: prefix, keys: 3}]", "6:27",
                "the kind prefix makes its own keys, one or two for each client"),
            Case(
                "workload: [{kind: register, mix: {reads: 1, write: 1}}]", "6:35",
                "unknown key reads in the mix of register; did you mean read?"),
            Case(
                "workload: [{kind: register, mix: {read: 1}}]", "6:34",
                "without write the kind register has nothing to show"),
            Case(
                "guarantees: {linearisable: valid}", "7:14",
                "unknown guarantee linearisable; did you mean linearizable?"),
            Case(
                "guarantees: {linearizable: invald}", "7:28",
                "linearizable is one of valid, invalid, any, and not \"invald\"; did you mean invalid?"),
            Case("guarantees: [linearizable, nothing]", "7:28", "unknown guarantee nothing"),
            Case("guarantees: {}", "7:13", "guarantees names at least one guarantee to check"),
            Case(
                "minimums: {others: -1}", "7:20", "others is a whole number from 0 to 1000000000, and not \"-1\""),
            Case("minimums: {ok-reads: 3}", "7:12", "unknown key ok-reads in minimums; did you mean ok-read?"),
            Case("quiet: {from: 19s, for: 2s}", "7:8", "a quiet window ends within the duration of 20 s"),
            Case("quiet: {from: 19s}", "7:8", "a quiet window needs for"),
            Case("failover: {when: always, after: 1s}", "7:18", "when is leader-killed, and not \"always\""),
            Case(
                "failover: {when: leader-killed, after: 1s, choose: best}", "7:52",
                "whom to promote is most-advanced or a node, and not \"best\""),
        ])
    func loads(refused: Case) {
        check(refused)
    }

    @Test(
        "faults that cannot be",
        arguments: [
            Case("faults: {kind: kill}", "7:9", "faults is a list of faults; this is a mapping"),
            Case("faults: [{kind: kill, target: leader, at: 1s}]", "7:10", "a fault needs id"),
            Case(
                "faults: [{id: k, kind: kil, target: leader, at: 1s}]", "7:24",
                "kind is one of kill, pause, partition, clock, network, power-cut, and not \"kil\"; did you mean kill?"
            ),
            Case("faults: [{id: k, kind: kill, target: leader}]", "7:10", "a fault needs at"),
            Case("faults: [{id: k, kind: kill, at: 1s}]", "7:10", "a fault needs target"),
            Case(
                "faults: [{id: k, kind: kill, target: n4, at: 1s}]", "7:38",
                "there is no node or target n4: 3 hosts have n1...n3; did you mean n1?"),
            Case(
                "faults: [{id: k, kind: kill, target: [n1, n9], at: 1s}]", "7:43", "there is no node or target n9"),
            Case(
                "faults: [{id: k, kind: kill, target: follower-3, at: 1s}]", "7:38",
                "3 hosts have 2 followers, so there is no follower-3"),
            Case(
                "faults: [{id: k, kind: kill, target: leader, at: 20s}]", "7:46",
                "the fault starts at 20 s, but clients stop at 20 s"),
            Case(
                "faults: [{id: k, kind: kill, target: leader, at: 1s, for: 2s}]", "7:54",
                "for does not go with a kill: say restart-after, or restart: never"),
            Case(
                "faults: [{id: k, kind: kill, target: leader, at: 1s, restart: never, restart-after: 1s}]", "7:54",
                "restart and restart-after exclude each other"),
            Case(
                "faults: [{id: k, kind: kill, target: leader, at: 1s, restart: later}]", "7:63",
                "restart is never or last-phase, and not \"later\""),
            Case(
                "faults: [{id: k, kind: pause, target: leader, at: 1s, for: 0s}]", "7:60",
                "for is a duration such as 500ms, 20s or 2min, longer than nothing, and not \"0s\""),
            Case(
                "faults: [{id: k, kind: pause, target: leader, at: 1s, shape: halves}]", "7:55",
                "shape belongs to partitions; a pause has a target"),
            Case(
                "faults: [{id: k, kind: partition, target: leader, shape: halves, at: 1s}]", "7:35",
                "target does not go with a partition"),
            Case(
                "faults: [{id: k, kind: partition, shape: halvs, at: 1s}]", "7:42",
                "a shape is one of halves, isolate-one, isolate-leader, one-way, bridge, majority-ring, random "
                    + "or a list of groups, and not \"halvs\"; did you mean halves?"),
            Case(
                "faults: [{id: k, kind: partition, shape: majority-ring, traffic: both, at: 1s}]", "7:42",
                "a ring has no sides that clients could be cut off from"),
            Case(
                "faults: [{id: k, kind: network, target: n2, at: 1s}]", "7:10",
                "a network fault has one or more of loss, delay and rate"),
            Case(
                "faults: [{id: k, kind: network, target: n2, rate: 1kbit, at: 1s}]", "7:51",
                "rate is a rate such as 64kbit, 10mbit or 1gbit, from 8kbit to 100gbit, and not \"1kbit\""),
            Case(
                "faults: [{id: k, kind: pause, target: n2, loss: 1%, at: 1s}]", "7:43",
                "loss belongs to network faults"),
            Case(
                "faults: [{id: k, kind: partition, shape: [[n1], [n1, n2]], at: 1s}]", "7:49",
                "node n1 is in two groups: name it once"),
            Case(
                "faults: [{id: k, kind: partition, shape: [[n1, n2, n3]], at: 1s}]", "7:43",
                "a partition needs nodes on two sides; this group has them all"),
            Case(
                "faults: [{id: k, kind: partition, shape: halves, from: n1, at: 1s}]", "7:50",
                "from belongs to the shape one-way"),
            Case(
                "faults: [{id: k, kind: partition, shape: halves, traffic: peers, at: 1s}]", "7:59",
                "traffic is one of peer, client, both, and not \"peers\"; did you mean peer?"),
            Case(
                "faults: [{id: k, kind: pause, target: one, at: 1s, every: 5s}]", "7:52",
                "a fault that repeats ends before it starts again"),
            Case(
                "faults: [{id: k, kind: pause, target: one, at: 1s, for: 6s, every: 5s}]", "7:61",
                "a fault that repeats ends before it starts again"),
            Case(
                "faults: [{id: k, kind: pause, target: one, at: 1s}, {id: k, kind: pause, target: one, at: 2s}]",
                "7:53", "there are two faults with the id k"),
            Case(
                "faults: [{id: k, kind: pause, target: one, at: 1s, required: yes}]", "7:62",
                "required is true or false, and not \"yes\""),
            Case(
                "faults: [{id: a b, kind: pause, target: one, at: 1s}]", "7:15",
                "id is up to 40 letters, digits and hyphens, and not \"a b\""),
        ])
    func faults(refused: Case) {
        check(refused)
    }

    @Test("everything wrong is told at once, in the order of the file")
    func several() {
        let text = """
            name: x
            hosts: 3
            system: {kind: redis}
            workload: [{kind: register, keys: none}]
            clients: 0
            duratoin: 5s
            """
        #expect(
            complaints(text: text) == [
                "w.yaml:1:1: a workload needs duration",
                "w.yaml:4:35: keys is a whole number from 1 to 10000, and not \"none\"",
                "w.yaml:5:10: clients is a whole number from 1 to 1000, and not \"0\"",
                "w.yaml:6:1: unknown key duratoin in a workload; did you mean duration?",
            ])
    }

    @Test("what is not YAML, or not one mapping, is refused with its place")
    func syntax() {
        #expect(complaints(text: "") == ["w.yaml:1:1: the file is empty"])
        #expect(complaints(text: "a: [1\nb: 2")[0].hasPrefix("w.yaml:2:"))
        #expect(complaints(text: "- a")[0].hasPrefix("w.yaml:1:1: a workload is written as a mapping"))
        #expect(complaints(text: "name: a\nname: b")[0].contains("name is given twice"))
        #expect(
            complaints(text: String(repeating: "#", count: 1_000_001)) == [
                "w.yaml:1:1: the file is larger than 1000000 bytes"
            ])
    }

    @Test("targets that so few hosts do not have")
    func fewHosts() {
        let one = Self.lines.map { $0 == "hosts: 3" ? "hosts: 1" : $0 }
        #expect(
            complaints("faults: [{id: k, kind: kill, target: followers, at: 1s}]", lines: one)
                == ["w.yaml:7:38: one host has no followers"])
        #expect(
            complaints("faults: [{id: k, kind: partition, shape: halves, at: 1s}]", lines: one)
                == ["w.yaml:7:10: a partition needs at least 2 hosts"])
        let two = Self.lines.map { $0 == "hosts: 3" ? "hosts: 2" : $0 }
        #expect(
            complaints("faults: [{id: k, kind: kill, target: minority, at: 1s}]", lines: two)
                == ["w.yaml:7:38: 2 hosts have no minority: use 3 or more"])
    }
}
