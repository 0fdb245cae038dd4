import HistoryModel
import Testing

@testable import Systems

@Suite("node-single as a system")
struct NodeSingleTests {
    private let system = NodeSingle(options: NodeSingleOptions())
    private let site = Fixture.sites[1]

    @Test("a follower's command line says all of its cluster, its options and its gates")
    func commandLine() throws {
        let options = try NodeSingleOptions(
            ["ack": "all", "gate": "ship:n2,ship:n3", "delay": "apply=50..100ms,ship:n2=5ms"],
            nodes: ["n1", "n2", "n3"])
        var plan = Fixture.plan
        plan.closedGates = ["n2": ["apply"], "n3": ["reply"]]
        let spec = NodeSingle(options: options).launch(site, in: plan)
        let expected = """
            /bin/ns --id n2 --cluster run1 --peers n1=10.0.0.1:7001,n2=10.0.0.2:7001,n3=10.0.0.3:7001 \
            --client 10.0.0.2:7000 --clients n1=10.0.0.1:7000,n2=10.0.0.2:7000,n3=10.0.0.3:7000 \
            --peer 10.0.0.2:7001 --admin unix:/run/inquest/run1/n2.sock --data /var/lib/inquest/run1/n2/data \
            --role follower --leader n1 --ack all --ack-stage flush --visible acked --semi promote \
            --semi-timeout 1000ms --snapshot-every 100000 --fsync always --retain 10000 \
            --token position --log-format row --fix mysql --apply-workers 1 --seed 42 \
            --gate ship:n3,apply --delay apply=50..100ms --log /var/lib/inquest/run1/n2/events.jsonl \
            --pidfile /run/inquest/run1/n2.pid
            """
        #expect(spec.process.argv.joined(separator: " ") == expected)
        #expect(spec.process.name == "n2")
        #expect(spec.process.readyLine == "READY ")
        #expect(spec.directories.contains("/var/lib/inquest/run1/n2/data"))
        #expect(spec.files.isEmpty)
    }

    @Test("the leader of the plan starts as one, and without gates or delays there is no word of them")
    func leader() {
        let argv = system.launch(Fixture.sites[0], in: Fixture.plan).process.argv
        let role = argv.firstIndex(of: "--role").map { argv[$0 + 1] }
        #expect(role == "leader")
        #expect(!argv.contains("--gate"))
        #expect(!argv.contains("--delay"))
    }

    static let status = """
        {"id":"n2","role":"leader","timeline":3,"lsn":40,"flushed":39,"applied":38,"leader":"n2",
        "peers":{"n1":{"connected":true,"received":40,"flushed":37,"applied":36},
        "n3":{"connected":false,"received":1,"flushed":1,"applied":0}},"gates":["apply"],"delays":{}}
        """

    @Test("the status is read, with what it knows of peers")
    func status() async throws {
        let host = RecordingHost(printing: Self.status)
        let status = try await system.status(of: site, via: host)
        let expected = NodeStatus(
            node: "n2", role: .leader, timeline: 3, lineage: "3", lsn: 40, applied: 38, leader: "n2",
            peers: [
                "n1": .init(isConnected: true, received: 40, flushed: 37, applied: 36),
                "n3": .init(isConnected: false, received: 1, flushed: 1, applied: 0),
            ])
        #expect(status == expected)
        #expect(await host.commands == [["/bin/ctl", "--socket", "/run/inquest/run1/n2.sock", "status"]])
    }

    @Test("a dump is in the order of keys, decimal texts are numbers, and elements stay as they stand")
    func dump() async throws {
        let text = #"{"id":"n2","timeline":1,"lsn":9,"applied":9,"keys":[["s",["10","9",-1]],["r","5"],["t","x"]]}"#
        let dump = try await system.dump(site, via: RecordingHost(printing: text))
        #expect(dump.value == [["r", 5], ["s", [10, 9, -1]], ["t", "x"]])
    }

    @Test("orders are the words of nodectl")
    func orders() async throws {
        let host = RecordingHost(printing: #"{"ok":true}"#)
        try await system.promote(site, via: host)
        try await system.follow(Fixture.sites[2], site, via: host)
        try await system.setGate("apply", open: false, site, via: host)
        try await system.setGate("ship:n3", open: true, site, via: host)
        try await system.setDelay("apply", "5..9ms", site, via: host)
        try await system.setDelay("apply", nil, site, via: host)
        let words = await host.commands.map { $0.dropFirst(3).joined(separator: " ") }
        let expected = [
            "promote", "follow n3", "gate close apply", "gate open ship:n3", "delay apply 5..9ms",
            "delay apply off",
        ]
        #expect(words == expected)
    }

    static let bad: [(String, Int32, SystemError.Code)] = [
        ("", 0, .badOutput), ("not json", 0, .badOutput), ("[]", 0, .badOutput), ("{}", 0, .badOutput),
        (#"{"id":"n2","role":"king","timeline":1,"lsn":1,"applied":1}"#, 0, .badOutput),
        (#"{"id":"n2","role":"leader","timeline":1,"lsn":1.5,"applied":1}"#, 0, .badOutput),
        (#"{"error":"no such word"}"#, 0, .commandFailed), ("{}", 1, .commandFailed),
    ]

    @Test("what is no status is an error that names system, node and action", arguments: bad)
    func malformed(text: String, status: Int32, code: SystemError.Code) async throws {
        let host = RecordingHost(printing: text, status: status, error: "cannot connect")
        let error = await #expect(throws: SystemError.self) { try await system.status(of: site, via: host) }
        #expect(error?.code == code)
        #expect(error?.description.hasPrefix("node-single n2: status: ") == true)
    }

    @Test("a host without the programs is told apart from one that fails")
    func check() async throws {
        try await system.checkHost(of: site, via: RecordingHost(printing: ""))
        let missing = await #expect(throws: SystemError.self) {
            try await system.checkHost(of: site, via: RecordingHost(printing: "", status: 1))
        }
        #expect(missing?.code == .notInstalled)
        #expect(missing?.message == "/bin/ns is no program on host n2; upload it first")
        let broken = RecordingHost { _ in throw CancellationError() }
        let failed = await #expect(throws: SystemError.self) { try await system.checkHost(of: site, via: broken) }
        #expect(failed?.code == .hostFailed)
    }

    @Test("starting makes directories, spawns, and waits for an answer")
    func start() async throws {
        let host = RecordingHost(printing: Self.status)
        let member = ClusterMember(site: site, host: host)
        try await system.start(member, in: Fixture.plan, deadline: .seconds(5))
        #expect(await host.commands.map(\.[0]) == ["mkdir", "/bin/ctl"])
        #expect(await host.spawned == [system.launch(site, in: Fixture.plan).process])
        try await system.wipe(member)
        #expect(await host.removed == ["/var/lib/inquest/run1/n2/data"])
    }

    @Test("a node that never answers is reported with its last words when the time is up")
    func notReady() async throws {
        let host = RecordingHost(printing: "", status: 1, error: "no such socket")
        let error = await #expect(throws: SystemError.self) {
            try await system.waitUntilReady(ClusterMember(site: site, host: host), deadline: .milliseconds(120))
        }
        #expect(error?.code == .deadline)
        #expect(error?.message.contains("no such socket") == true)
    }
}
