import Determinism

// Partitions whose sides overlap: some nodes hear two that do not hear each other. The terms are those of Jepsen's
// nemeses.
extension PartitionShape {
    /// The fewest nodes of which two can be apart while another one hears both.
    public static let leastNodesOfOverlap = 3

    /// The first node hears all; the others are two sides.
    static func bridge(_ nodes: [String], _ traffic: Traffic) throws(FaultError) -> Grudge {
        guard let bridge = nodes.first, nodes.count >= leastNodesOfOverlap else { throw tooFew(nodes, "a bridge") }
        let rest = nodes.dropFirst()
        let sides = [Array(rest.prefix((rest.count + 1) / 2)), Array(rest.dropFirst((rest.count + 1) / 2))]
        var grudge = apart(sides, traffic)
        // Clients stand with the larger side and the bridge.
        grudge.deafToClients.removeAll { $0 == bridge }
        grudge.muteToClients.removeAll { $0 == bridge }
        return grudge
    }

    /// Everybody hears the neighbours in the ring, and where a majority takes one node more the one across.
    ///
    /// Both directions are cut alike, because a connection needs both. Of an odd number of nodes that each need one node
    /// across, one gets two.
    static func ring(_ nodes: [String], _ traffic: Traffic) throws(FaultError) -> Grudge {
        guard nodes.count >= leastNodesOfOverlap else { throw tooFew(nodes, "a ring of majorities") }
        guard traffic == .peer else {
            throw FaultError(
                .noSides, "a ring of majorities has no sides that clients could be cut off from: use traffic peer")
        }
        let heard = links(ofRing: nodes.count)
        var cuts: [Grudge.Cut] = []
        for (place, hearer) in nodes.enumerated() {
            for (other, speaker) in nodes.enumerated() where other != place {
                if heard.contains([place, other]) || heard.contains([other, place]) { continue }
                cuts.append(Grudge.Cut(hearer: hearer, speaker: speaker))
            }
        }
        return Grudge(peers: cuts)
    }

    /// The pairs of places in a ring that hear each other.
    private static func links(ofRing count: Int) -> Set<[Int]> {
        let others = Target.majoritySize(of: count) - 1
        var links: Set<[Int]> = []
        for place in 0..<count {
            for step in 0..<(others / 2) { links.insert([place, (place + step + 1) % count]) }
        }
        guard others % 2 == 1 else { return links }
        let across = count / 2
        for place in 0..<across { links.insert([place, place + across]) }
        if count % 2 == 1 { links.insert([count - 1, across - 1]) }
        return links
    }

    /// A shape that so many nodes can have.
    static func chosen(_ random: inout SeededRandom, _ count: Int, _ traffic: Traffic) -> PartitionShape {
        var shapes: [PartitionShape] = [.halves, .isolateOne]
        if count >= leastNodesOfOverlap { shapes.append(.bridge) }
        if count > leastNodesOfOverlap, traffic == .peer { shapes.append(.majorityRing) }
        return shapes[random.below(shapes.count)]
    }

    private static func tooFew(_ nodes: [String], _ what: String) -> FaultError {
        FaultError(
            .tooFewNodes, "\(what) needs \(leastNodesOfOverlap) nodes or more, and there are \(nodes.count)")
    }
}
