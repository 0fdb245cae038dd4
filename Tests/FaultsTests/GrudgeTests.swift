import Determinism
import Faults
import Testing

@Suite("Grudges")
struct GrudgeTests {
    private func grudge(
        _ shape: PartitionShape, _ traffic: Traffic = .peer, nodes: Int = 3, seed: UInt64 = 1
    ) throws -> Grudge {
        var random = SeededRandom(seed: seed)
        return try shape.grudge(
            nodes: (1...nodes).map { "n\($0)" }, leader: "n1", traffic: traffic, random: &random)
    }

    private func pairs(_ grudge: Grudge) -> [String] { grudge.peers.map { "\($0.hearer)<\($0.speaker)" } }

    @Test("an isolated leader neither hears nor is heard, and the others hear each other")
    func isolateLeader() throws {
        let grudge = try grudge(.isolateLeader)
        #expect(pairs(grudge) == ["n1<n2", "n1<n3", "n2<n1", "n3<n1"])
        #expect(grudge.unheard(by: "n1") == ["n2", "n3"] && grudge.unheard(by: "n2") == ["n1"])
        #expect(grudge.deafToClients.isEmpty && grudge.muteToClients.isEmpty)
    }

    @Test("every shape but one-way cuts both directions", arguments: 0..<20)
    func symmetric(seed: Int) throws {
        let shapes: [PartitionShape] = [
            .halves, .isolateOne, .isolateLeader, .groups([["n1"], ["n2", "n4"]]), .bridge, .majorityRing, .random,
        ]
        for shape in shapes {
            let grudge = try grudge(shape, nodes: 5, seed: UInt64(seed))
            let mirrored = grudge.peers.map { Grudge.Cut(hearer: $0.speaker, speaker: $0.hearer) }
            #expect(grudge.peers == mirrored.sorted() && !grudge.peers.isEmpty)
            #expect(grudge.peers.allSatisfy { $0.hearer != $0.speaker })
        }
    }

    @Test("halves are as equal as possible", arguments: [(2, 1), (3, 2), (4, 4), (5, 6)])
    func halves(nodes: Int, cutsEachWay: Int) throws {
        #expect(try grudge(.halves, nodes: nodes).peers.count == cutsEachWay * 2)
    }

    @Test("one way: followers do not hear the leader, which hears them")
    func oneWay() throws {
        #expect(pairs(try grudge(.oneWay(from: .leader, to: .all))) == ["n2<n1", "n3<n1"])
        #expect(pairs(try grudge(.oneWay(from: .followers, to: .leader))) == ["n1<n2", "n1<n3"])
    }

    @Test("nodes in no group are a group of their own")
    func groups() throws {
        let grudge = try grudge(.groups([["n1"], ["n2"]]), nodes: 4)
        #expect(
            pairs(grudge) == [
                "n1<n2", "n1<n3", "n1<n4", "n2<n1", "n2<n3", "n2<n4", "n3<n1", "n3<n2", "n4<n1", "n4<n2",
            ])
    }

    @Test("client traffic is cut on the side on which clients do not stand")
    func clients() throws {
        let both = try grudge(.isolateLeader, .both)
        #expect(both.deafToClients == ["n1"] && both.muteToClients == ["n1"] && both.peers.count == 4)
        let client = try grudge(.groups([["n1", "n2"]]), .client)
        #expect(client.peers.isEmpty && client.deafToClients == ["n3"] && client.muteToClients == ["n3"])
        #expect(client.nodes == ["n3"])
        let oneWay = try grudge(.oneWay(from: .leader, to: .all), .client)
        #expect(oneWay.muteToClients == ["n1"] && oneWay.deafToClients.isEmpty)
    }

    @Test(
        "what cannot be divided says why",
        arguments: [
            (PartitionShape.halves, 1, FaultError.Code.tooFewNodes), (.isolateLeader, 1, .tooFewNodes),
            (.groups([["n1", "n2", "n3"]]), 3, .tooFewNodes),
            (.groups([["n1"], ["n1", "n2"]]), 3, .nodeInTwoGroups),
            (.groups([["n7"]]), 3, .unknownNode), (.oneWay(from: .all, to: .leader), 3, .tooFewNodes),
            (.bridge, 2, .tooFewNodes), (.majorityRing, 2, .tooFewNodes),
        ])
    func errors(shape: PartitionShape, nodes: Int, code: FaultError.Code) {
        let error = #expect(throws: FaultError.self) { try grudge(shape, nodes: nodes) }
        #expect(error?.code == code)
    }

    @Test("a bridge hears all, and two sides of the others hear only it and themselves", arguments: 0..<10)
    func bridge(seed: Int) throws {
        for (nodes, larger) in [(3, 1), (5, 2), (6, 3)] {
            let grudge = try grudge(.bridge, .both, nodes: nodes, seed: UInt64(seed))
            let names = (1...nodes).map { "n\($0)" }
            let bridges = names.filter { grudge.unheard(by: $0).isEmpty }
            #expect(bridges.count == 1)
            let sides = Set(names.filter { !bridges.contains($0) }.map { grudge.unheard(by: $0).sorted() })
            #expect(sides.count == 2 && sides.map(\.count).max() == larger)
            // Clients keep to the larger side and the bridge.
            #expect(grudge.deafToClients.count == nodes - 1 - larger)
            #expect(grudge.deafToClients == grudge.muteToClients && sides.contains(grudge.deafToClients))
        }
    }

    @Test("in a ring everybody hears a majority, and no two the same one", arguments: 3...12)
    func majorityRing(nodes: Int) throws {
        let grudge = try grudge(.majorityRing, nodes: nodes)
        let names = Set((1...nodes).map { "n\($0)" })
        let heard = names.map { names.subtracting(grudge.unheard(by: $0)) }
        let majority = Target.majoritySize(of: nodes)
        #expect(heard.allSatisfy { $0.count >= majority } && Set(heard).count == nodes)
        // One hears one more where the number is odd and each would need one node across.
        let excess = heard.reduce(0) { $0 + $1.count - majority }
        #expect(excess == (nodes % 2 == 1 && majority % 2 == 0 ? 1 : 0))
    }

    @Test("a ring has no side on which clients could not be")
    func ringOfClients() {
        let error = #expect(throws: FaultError.self) { try grudge(.majorityRing, .both, nodes: 5) }
        #expect(error?.code == .noSides)
    }

    @Test("a shape at random is each of them at some time")
    func random() throws {
        func kinds(_ nodes: Int, _ traffic: Traffic) throws -> Set<Int> {
            Set(try (0..<60).map { try grudge(.random, traffic, nodes: nodes, seed: $0).peers.count })
        }
        // Of six: one apart 10, halves 18, a bridge 12, a ring 12; of five: 8, 12, 8, 10.
        #expect(try kinds(6, .peer) == [10, 18, 12])
        #expect(try kinds(5, .peer) == [8, 12, 10])
        #expect(try kinds(5, .both) == [8, 12])
        #expect(try kinds(2, .peer) == [2])
    }

    @Test("a grudge in words")
    func words() throws {
        #expect("\(try grudge(.oneWay(from: .leader, to: .all)))" == "n2 does not hear n1; n3 does not hear n1")
    }
}
