import AgentProtocol
import Faults
import Testing

@testable import Runner

@Suite struct NetworkFaultTests {
    static func fault(_ grudge: Grudge) -> NetworkFault {
        NetworkFault(
            id: "f", grudge: grudge, members: FakeHosts().members, ports: SystemPorts(client: 9, peer: 7001))
    }

    @Test func `both ends drop both directions of a cut that goes both ways`() {
        let fault = Self.fault(
            Grudge(peers: [.init(hearer: "n1", speaker: "n2"), .init(hearer: "n2", speaker: "n1")]))
        for (node, other) in [("n1", "127.0.0.2"), ("n2", "127.0.0.1")] {
            #expect(
                fault.drops(at: node) == [
                    Drop(address: other, ports: [7001], direction: .input),
                    Drop(address: other, ports: [7001], direction: .output),
                ])
        }
        #expect(fault.drops(at: "n3").isEmpty)
        #expect(fault.paths.count == 2 && fault.paths.allSatisfy(\.isCut))
    }

    @Test func `one way, only the hearer drops, and the way back is watched`() {
        let fault = Self.fault(Grudge(peers: [.init(hearer: "n2", speaker: "n1")]))
        #expect(fault.drops(at: "n1").isEmpty)
        #expect(fault.drops(at: "n2") == [Drop(address: "127.0.0.1", ports: [7001], direction: .input)])
        #expect(
            Set(fault.paths) == [
                .init(from: "n1", to: "n2", isCut: true), .init(from: "n2", to: "n1", isCut: false),
            ])
    }

    @Test func `client traffic is cut at the client port, towards the controller alone`() {
        let fault = Self.fault(Grudge(peers: [], deafToClients: ["n1"], muteToClients: ["n2"]))
        #expect(fault.drops(at: "n1") == [Drop(address: "127.0.0.9", ports: [9], direction: .input)])
        #expect(fault.drops(at: "n2") == [Drop(address: "127.0.0.9", ports: [9], direction: .output)])
        #expect(fault.paths.isEmpty)
    }

    @Test func `the way of a client that nobody is in is seen from here`() async {
        #expect(await connectProbe(to: "127.0.0.1", port: 9, within: .seconds(1)) == .refused)
        #expect(await connectProbe(to: "no-address", port: 9, within: .seconds(1)) == .silent)
        #expect(isNumericAddress("::1") && isNumericAddress("192.0.2.1") && !isNumericAddress("host.example"))
    }
}
