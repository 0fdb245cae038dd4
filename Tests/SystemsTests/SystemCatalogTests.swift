import HistoryModel
import Testing

@testable import Systems

@Suite("The catalog of systems")
struct SystemCatalogTests {
    @Test("each system is found by its name and says the same name", arguments: SystemCatalog.allCases)
    func names(entry: SystemCatalog) throws {
        #expect(try SystemCatalog.named(entry.rawValue) == entry)
        #expect(try entry.system(options: .null, nodes: ["n1", "n2"]).traits.name == entry.rawValue)
    }

    @Test("an unknown system is refused with the names that there are")
    func unknown() {
        let names = "node-single, node-raft, node-chain, node-multi, node-quorum, redis"
        let error = SystemOptionError(option: "system", value: "etcd", allowed: names)
        #expect(throws: error) { try SystemCatalog.named("etcd") }
        #expect("\(error)" == "option 'system': 'etcd' is not possible; allowed: \(names)")
    }

    static let refused: [(SystemCatalog, Value, String)] = [
        (.nodeSingle, ["akc": "all"], "akc"), (.nodeSingle, "all", "options"),
        (.nodeSingle, ["ack": "count:3"], "ack"), (.nodeSingle, ["ack": "count:0"], "ack"),
        (.nodeSingle, ["ack": "some"], "ack"), (.nodeSingle, ["ack": "count:"], "ack"),
        (.nodeSingle, ["ack-stage": "shown"], "ack-stage"), (.nodeSingle, ["fsync": true], "fsync"),
        (.nodeSingle, ["retain": 0], "retain"), (.nodeSingle, ["retain": "many"], "retain"),
        (.nodeSingle, ["gate": "sync"], "gate"), (.nodeSingle, ["gate": "ship:n9"], "gate"),
        (.nodeSingle, ["gate": ["apply", 1]], "gate"), (.nodeSingle, ["gate": 5], "gate"),
        (.nodeSingle, ["delay": "apply"], "delay"), (.nodeSingle, ["delay": "apply=5"], "delay"),
        (.nodeSingle, ["delay": "apply=5s"], "delay"), (.nodeSingle, ["delay": "apply=9..5ms"], "delay"),
        (.nodeSingle, ["delay": "apply=1...5ms"], "delay"), (.nodeSingle, ["delay": "apply=-1ms"], "delay"),
        (.nodeSingle, ["delay": ["ship:n9": "5ms"]], "delay"), (.nodeSingle, ["delay": "apply=99999ms"], "delay"),
        (.nodeRaft, ["read": "quorum"], "read"),
        (.nodeRaft, ["read": "lease", "checkquorum": "off"], "checkquorum"),
        (.nodeRaft, ["election": 60, "heartbeat": 50], "election"), (.nodeRaft, ["gate": "ship:n9"], "gate"),
        (.nodeRaft, ["dedup": "maybe"], "dedup"), (.nodeMulti, ["policy": "first"], "policy"),
        (.nodeMulti, ["topology": "ring:n1,n2"], "topology"), (.nodeMulti, ["topology": "star:n9"], "topology"),
        (.nodeMulti, ["home": "east"], "home"), (.nodeMulti, ["centres": "east:n1+n2"], "centres"),
        (.nodeMulti, ["policy": "crdt", "causal": "off"], "causal"), (.nodeMulti, ["gate": "ship:n9"], "gate"),
        (.redis, ["appendonly": "no"], "appendonly"),
        (.redis, ["appendfsync": "sometimes"], "appendfsync"),
        (.nodeChain, ["read": "log"], "read"), (.nodeChain, ["order": ["n1", "n2"]], "order"),
        (.nodeChain, ["order": ["n2", "n1", "n3"]], "order"), (.nodeChain, ["mutant": "60"], "mutant"),
        (.redis, ["min-replicas-to-write": 3], "min-replicas-to-write"),
        (.redis, ["repl-timeout": 1], "repl-timeout"), (.redis, ["scripts": "maybe"], "scripts"),
    ]

    @Test("impossible options are refused with name, value and what is allowed", arguments: refused)
    func options(entry: SystemCatalog, options: Value, option: String) {
        let error = #expect(throws: SystemOptionError.self) {
            try entry.system(options: options, nodes: ["n1", "n2", "n3"])
        }
        #expect(error?.option == option)
        #expect(error?.allowed.isEmpty == false)
    }

    @Test("options are read in every form that YAML gives them")
    func accepted() throws {
        let nodes = ["n1", "n2", "n3"]
        let options = try NodeSingleOptions(
            [
                "ack": "count:2", "ack-stage": "recv", "fsync": "never", "gate": ["apply", "ship:n2"],
                "delay": ["apply": "50..100ms", "ship:n3": "20ms"], "retain": 5,
            ], nodes: nodes)
        #expect(options.acknowledgement == .count(2))
        #expect(options.stage == .recv)
        #expect(options.sync == .never)
        #expect(options.gates == ["apply", "ship:n2"])
        #expect(options.delays.map(\.range) == ["50..100ms", "20ms"])
        #expect(options.retain == 5)
        let text = try NodeSingleOptions(["gate": "apply,reply", "delay": "apply=1ms,ack:n1=2..3ms"], nodes: nodes)
        #expect(text.gates == ["apply", "reply"])
        #expect(text.delays.map(\.target) == ["apply", "ack:n1"])
        let redis = try RedisOptions(
            ["scripts": false, "appendfsync": false, "min-replicas-to-write": 2], nodes: nodes)
        #expect(redis.scripts == .no)
        #expect(redis.sync == .no)
        #expect(redis.minimumReplicas == 2)
    }
}
