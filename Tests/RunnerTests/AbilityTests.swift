import AgentProtocol
import RunStore
import Testing
import Workloads

@testable import Runner

@Suite struct AbilityTests {
    private func problems(_ faults: String, network: String = "", _ abilities: Capabilities) throws -> [String] {
        let text = """
            name: text
            system: {kind: node-single}
            hosts: 3
            workload: [{kind: register}]
            clients: 2
            duration: 5s
            \(network)
            \(faults.isEmpty ? "" : "faults: [{id: f, at: 1s, \(faults)}]")
            """
        let plan = try Workload.load(text: text, file: "text").plan(seed: 1)
        return AbilityNeed.all(of: plan).compactMap { $0.problem(abilities, node: "h") }.map { problem in
            "\(problem.message); \(problem.advice ?? "")"
        }
    }

    private static let all = Capabilities(nft: true, loss: true, rate: true, netem: true, uts: true, missing: [])

    @Test func `nothing is asked of a host that no fault needs`() throws {
        let none = Capabilities(
            nft: false, loss: false, rate: false, netem: false, uts: true, missing: ["nft: gone"])
        #expect(try problems("kind: kill, target: n1", none) == [])
        #expect(try problems("kind: network, target: n1, loss: 1%, delay: 1ms, rate: 1mbit", Self.all) == [])
    }

    @Test func `delay without netem is refused with what, where and what to do; loss and rate are not`() throws {
        var abilities = Self.all
        abilities.netem = false
        abilities.missing = ["netem: qdisc kind is unknown"]
        let refused = [
            "the plan has delay of packets, which this host cannot do: netem: qdisc kind is unknown; modprobe "
                + "sch_netem there, or take a kernel with netem (CONFIG_NET_SCH_NETEM), or take another host, or "
                + "leave that out of the plan"
        ]
        #expect(try problems("kind: network, target: n1, delay: 1..5ms", abilities) == refused)
        #expect(try problems("", network: "network: {delay: 1..5ms}", abilities) == refused)
        #expect(try problems("kind: network, target: n1, loss: 1%, rate: 1mbit", abilities) == [])
        #expect(try problems("", network: "network: {loss: 1%}", abilities) == [])
    }

    @Test(arguments: [
        ("kind: partition, shape: halves", "nft"), ("kind: network, target: n1, loss: 1%", "loss"),
        ("kind: network, target: n1, rate: 1mbit", "rate"),
    ])
    func `what is missing is named`(fault: String, ability: String) throws {
        var abilities = Self.all
        abilities.nft = ability != "nft"
        abilities.loss = ability != "loss"
        abilities.rate = ability != "rate"
        abilities.missing = ["\(ability): there is none"]
        let found = try problems(fault, abilities)
        #expect(found.count == 1 && found.first?.contains("\(ability): there is none") == true)
    }
}
