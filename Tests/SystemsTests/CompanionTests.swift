import Clients
import HistoryModel
import Testing

@testable import Systems

/// A design with arbiters and nothing else.
private struct Attended: BundledNode {
    static let name = "node-single"
    var arbiters: ArbiterOptions
    var gates: [String] { [] }
    var delays: [NodeSingleOptions.Delay] { [] }
    var losesWhatIsNotDurable: Bool { false }
    var dialect: any RESPDialect { NodeDialect() }

    var traits: SystemTraits {
        SystemTraits(
            name: Self.name, programs: [Self.name, "nodectl"] + arbiters.programs, clientPort: 7000, peerPort: 7001,
            companionPorts: arbiters.ports(peer: 7001), choosesLeader: arbiters.count > 0)
    }

    func words(_ site: NodeSite, in cluster: ClusterPlan) -> [String] { [] }
}

@Suite("Arbiters beside nodes")
struct CompanionTests {
    private static func options(_ options: Value, mutants: [String] = []) throws -> ArbiterOptions {
        let reader = try OptionReader(options, known: ArbiterOptions.names)
        return try ArbiterOptions(reader, nodes: ["n1", "n2", "n3"], mutants: mutants)
    }

    @Test("they live on the hosts of the last nodes, with ports and directories of their own")
    func places() throws {
        let system = Attended(arbiters: try Self.options(["arbiters": 3, "failover": "sync-set", "lease": 900]))
        let companions = system.companions(in: Fixture.plan)
        #expect(companions.map(\.name) == ["a1", "a2", "a3"])
        #expect(companions.map(\.beside) == ["n1", "n2", "n3"])
        let second = companions[1]
        #expect(second.site.host == "n2")
        #expect(second.site.clientPort == 7002)
        #expect(second.site.peerPort == 7003)
        #expect(second.site.stateDirectory == "/var/lib/inquest/run1/a2")
        #expect(system.traits.companionPorts == [7003])
        #expect(system.traits.programs.contains("node-arbiter"))
        let argv = second.launch.process.argv.joined(separator: " ")
        #expect(argv.hasPrefix("node-arbiter --id a2 --cluster run1 --peers a1=10.0.0.1:7003,a2=10.0.0.2:7003,"))
        #expect(argv.contains("--nodes n1=10.0.0.1:7001,n2=10.0.0.2:7001,n3=10.0.0.3:7001 "))
        #expect(argv.contains("--failover sync-set --lease 900ms"))
        #expect(argv.contains("--data /var/lib/inquest/run1/a2/data"))
        #expect(!argv.contains("--mutant"))
    }

    @Test("nodes are told of them; without any, nothing changes")
    func words() throws {
        let words = Attended(arbiters: try Self.options(["arbiters": 1])).launch(Fixture.sites[2], in: Fixture.plan)
        let argv = words.process.argv.joined(separator: " ")
        #expect(argv.contains("--arbiters a1=10.0.0.3:7003 --lease 2000ms"))
        let alone = Attended(arbiters: try Self.options(.null))
        #expect(alone.companions(in: Fixture.plan).isEmpty)
        #expect(!alone.launch(Fixture.sites[2], in: Fixture.plan).process.argv.contains("--arbiters"))
        #expect(alone.traits.companionPorts.isEmpty)
    }

    @Test("only bugs of arbiters are planted in them")
    func mutants() throws {
        let options = try Self.options(["arbiters": 1], mutants: ["M10", "M19"])
        let companions = Attended(arbiters: options).companions(in: Fixture.plan)
        #expect(companions[0].launch.process.argv.joined(separator: " ").contains("--mutant M19"))
    }

    @Test("impossible numbers are refused", arguments: [2, 4, 5, 7, -1])
    func counts(count: Int64) {
        let error = #expect(throws: SystemOptionError.self) { try Self.options(["arbiters": .int(count)]) }
        #expect(error?.option == "arbiters")
    }
}
