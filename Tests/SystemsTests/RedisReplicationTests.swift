import Clients
import Glibc
import HistoryModel
import Testing

@testable import Systems

@Suite("redis as a system")
struct RedisReplicationTests {
    private let system = RedisReplication(options: RedisOptions())

    @Test("a replica's configuration names its primary, its own directory and nothing of the primary's")
    func configuration() throws {
        let options = try RedisOptions(
            ["appendfsync": "everysec", "min-replicas-to-write": 1], nodes: ["n1", "n2", "n3"])
        let spec = RedisReplication(options: options).launch(Fixture.sites[1], in: Fixture.plan)
        let expected = """
            bind 10.0.0.2
            port 7000
            protected-mode no
            daemonize no
            dir "/var/lib/inquest/run1/n2/data"
            pidfile "/run/inquest/run1/n2.pid"
            save ""
            appendonly yes
            appendfsync everysec
            replica-announce-ip 10.0.0.2
            repl-diskless-sync-delay 0
            repl-timeout 5
            repl-ping-replica-period 1
            replica-serve-stale-data yes
            min-replicas-to-write 1
            min-replicas-max-lag 1
            replicaof 10.0.0.1 7000

            """
        #expect(spec.files.map { String(decoding: $0.content, as: UTF8.self) } == [expected])
        #expect(spec.process.argv == ["redis-server", "/var/lib/inquest/run1/n2/redis.conf"])
        let primary = system.launch(Fixture.sites[0], in: Fixture.plan).files.first
        #expect(primary.map { String(decoding: $0.content, as: UTF8.self).contains("replicaof") } == false)
    }

    static let primary = """
        # Replication\r
        role:master\r
        connected_slaves:2\r
        slave0:ip=10.0.0.2,port=6379,state=online,offset=14,lag=0\r
        slave1:ip=10.0.0.3,port=6379,state=wait_bgsave,offset=0,lag=0\r
        master_failover_state:no-failover\r
        master_replid:8f9a\r
        master_repl_offset:28\r
        """
    static let replica = """
        # Replication\r
        role:slave\r
        master_host:10.0.0.1\r
        master_port:6379\r
        master_link_status:up\r
        slave_read_repl_offset:30\r
        slave_repl_offset:28\r
        connected_slaves:0\r
        master_replid:8f9a\r
        master_repl_offset:28\r
        """

    @Test("the status is read at the primary and at a replica")
    func status() throws {
        #expect(
            try RedisReply.status(Self.primary, node: "n1")
                == NodeStatus(
                    node: "n1", role: .leader, timeline: 0, lineage: "8f9a", lsn: 28, applied: 28, leader: "n1",
                    peers: [
                        "10.0.0.2:6379": .init(isConnected: true, received: 14, flushed: 14, applied: 14),
                        "10.0.0.3:6379": .init(isConnected: false),
                    ]))
        #expect(
            try RedisReply.status(Self.replica, node: "n2")
                == NodeStatus(
                    node: "n2", role: .follower, timeline: 0, lineage: "8f9a", lsn: 30, applied: 28,
                    leader: "10.0.0.1:6379"))
    }

    @Test("a replica that is receiving a copy has not caught up, whatever its position")
    func copying() throws {
        let text = Self.replica.replacing("master_link_status:up", with: "master_link_status:down")
        let status = try RedisReply.status(text, node: "n2")
        let leader = try RedisReply.status(Self.primary, node: "n1")
        #expect(status.lag(behind: leader) == "it has no link to its leader, or is receiving a copy")
        #expect(try RedisReply.status(Self.replica, node: "n2").lag(behind: leader) == nil)
    }

    @Test(
        "what is no status or no dump is refused",
        arguments: ["", "role:master", "# Replication\r\nrole:slave\r\n"])
    func malformed(text: String) {
        #expect(throws: AnswerError.self) { try RedisReply.status(text, node: "n1") }
        #expect(throws: AnswerError.self) { try RedisReply.dump(Array(text.utf8), node: "n1") }
    }

    @Test("a key that is neither text nor set is said to be so, not skipped")
    func strangeKey() {
        let text = #"[["k","hash",null]]"#
        #expect(throws: AnswerError(.badOutput, "no text and no set: k,hash,null")) {
            try RedisReply.dump(Array(text.utf8), node: "n1")
        }
    }

    static let hosts: [(String, Int32, String)] = [
        ("", 127, "install it there: apt-get install redis-server"), ("Redis server v=6.0.16 sha=0", 0, "too old"),
        ("what?", 0, "too old"),
    ]

    @Test("a host without redis, or with an old one, is told what to install", arguments: hosts)
    func notInstalled(text: String, status: Int32, message: String) async throws {
        let host = RecordingHost(printing: text, status: status)
        let error = await #expect(throws: SystemError.self) {
            try await system.checkHost(of: Fixture.sites[0], via: host)
        }
        #expect(error?.code == .notInstalled)
        #expect(error?.message.contains(message) == true)
    }
}

@Suite("A real cluster of redis", .timeLimit(.minutes(2)))
struct RedisClusterTests {
    private let system = RedisReplication(options: RedisOptions())

    /// Three nodes on loopback addresses that no other test has, the first leading.
    private func withCluster(_ test: Int, _ body: ([ClusterMember], ClusterPlan) async throws -> Void) async throws
    {
        let network = 20 + Int(getpid()) % 200
        try await LocalHost.with { host, directory in
            let sites = (1...3).map { number in
                NodeSite(
                    name: "n\(number)", host: "here", address: "127.\(network).\(test).\(number)",
                    clientPort: 17_379,
                    peerPort: 17_379, stateDirectory: "\(directory)/n\(number)", runDirectory: "\(directory)/run")
            }
            let plan = ClusterPlan(name: "test", sites: sites, leader: "n1", seed: 1)
            let members = sites.map { ClusterMember(site: $0, host: host) }
            try await system.checkHost(of: sites[0], via: host)
            for member in members { try await system.start(member, in: plan, deadline: .seconds(30)) }
            try await body(members, plan)
        }
    }

    private func client(_ topology: Topology) -> ValidatingClient {
        ValidatingClient(RESPClient(process: 1, dialect: system.dialect, topology: topology, seed: 1))
    }

    private func write(_ client: some Client, _ key: String, _ value: Int64, f: String = "write") async
        -> ClientReply
    {
        await client.invoke(
            OperationRequest(f: f, key: key, value: .int(value)), deadline: .now + .seconds(20))
    }

    private func dumps(_ members: [ClusterMember]) async throws -> [Value] {
        var dumps: [Value] = []
        for member in members { dumps.append(try await system.dump(member.site, via: member.host).value) }
        return dumps
    }

    @Test("start, write, catch up and dump, kill the primary, fail over, rejoin with data wiped")
    func life() async throws {
        try await withCluster(1) { members, plan in
            let topology = plan.topology()
            let client = client(topology)
            for number: Int64 in 1...20 {
                #expect(await write(client, "r\(number % 3)", number).type == .ok)
                #expect(await write(client, "set", number, f: "add").type == .ok)
            }
            try await system.waitUntilCaughtUp(members, leader: "n1", deadline: .seconds(30))
            let set = Value.list((1...20).map { .int($0) })
            let expected: Value = [["r0", 18], ["r1", 19], ["r2", 20], ["set", set]]
            #expect(try await dumps(members) == [expected, expected, expected])

            try await members[0].host.signal("n1", .kill)
            #expect(await write(client, "r0", 21).type != .ok)
            let leader = try await system.failOver(among: Array(members.dropFirst()))
            topology.setLeader(leader)
            #expect(await write(client, "r0", 22).type == .ok)

            var after = plan
            after.leader = leader
            try await system.wipe(members[0])
            try await system.start(members[0], in: after, deadline: .seconds(30))
            try await system.waitUntilCaughtUp(members, leader: leader, deadline: .seconds(30))
            let states = try await dumps(members)
            #expect(states[0].list?.first == ["r0", 22])
            #expect(Set(states).count == 1)
            await client.close()
        }
    }

    @Test("a primary that was killed and started again still has what it acknowledged")
    func restart() async throws {
        try await withCluster(2) { members, plan in
            let client = client(plan.topology())
            #expect(await write(client, "r", 7).type == .ok)
            try await members[0].host.signal("n1", .kill)
            try await system.start(members[0], in: plan, deadline: .seconds(30))
            #expect(try await system.dump(members[0].site, via: members[0].host).value == [["r", 7]])
            try await system.waitUntilCaughtUp(members, leader: "n1", deadline: .seconds(30))
            await client.close()
        }
    }

    @Test("a node that ends at start is reported with the end of its own words")
    func crashes() async throws {
        try await LocalHost.with { host, directory in
            let site = NodeSite(
                name: "n1", host: "here", address: "192.0.2.1", clientPort: 17_379, peerPort: 17_379,
                stateDirectory: "\(directory)/n1", runDirectory: "\(directory)/run")
            let plan = ClusterPlan(name: "test", sites: [site], leader: "n1", seed: 1)
            let member = ClusterMember(site: site, host: host)
            let error = await #expect(throws: SystemError.self) {
                try await system.start(member, in: plan, deadline: .seconds(3))
            }
            #expect(error?.action == "start")
            #expect(error?.message.contains("192.0.2.1:17379: bind") == true, "\(String(describing: error))")
        }
    }

    @Test("a replica that is stopped does not catch up, and is named")
    func stopped() async throws {
        try await withCluster(3) { members, plan in
            let client = client(plan.topology())
            // With something to replicate: a primary sends a new replica nothing before its first word, up to a second.
            #expect(await write(client, "r", 6).type == .ok)
            try await system.waitUntilCaughtUp(members, leader: "n1", deadline: .seconds(30))
            try await members[2].host.signal("n3", .stop)
            #expect(await write(client, "r", 7).type == .ok)
            let error = await #expect(throws: SystemError.self) {
                try await system.waitUntilCaughtUp(members, leader: "n1", deadline: .seconds(2))
            }
            #expect(error?.node == "n3", "\(String(describing: error))")
            try await members[2].host.signal("n3", .cont)
            try await system.waitUntilCaughtUp(members, leader: "n1", deadline: .seconds(30))
            await client.close()
        }
    }
}
