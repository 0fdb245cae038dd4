import Determinism
import Faults
import Replication

// Faults that make the network between some nodes and all others worse than it is. Random numbers are drawn only where
// one is on, so that a run without any is what it was.
extension SimulatedCluster {
    func setNetwork(_ network: PoorNetwork?, of nodes: [String], for fault: String) {
        poorNetworks[fault] = network.map { (Set(nodes), $0) }
    }

    /// What is on between two hosts, for the evidence of a fault.
    func isPoor(from speaker: String, to hearer: String, _ network: PoorNetwork) -> Bool {
        networks(from: speaker, to: hearer).contains(network)
    }

    private func networks(from speaker: String, to hearer: String) -> [PoorNetwork] {
        guard !poorNetworks.isEmpty, speaker != hearer else { return [] }
        return poorNetworks.sorted { $0.key < $1.key }.map(\.value)
            .filter { $0.nodes.contains(speaker) || $0.nodes.contains(hearer) }.map(\.network)
    }

    /// Whether a message that stands alone does not arrive.
    func isLostToFault(from speaker: String, to hearer: String) -> Bool {
        // Each draws, whatever the others did.
        networks(from: speaker, to: hearer).count { $0.loss > 0 && networkRandom.chance($0.loss, in: 1000) } > 0
    }

    /// How much later something comes that is not sent again.
    func onceLateness(_ size: Int, from speaker: String, to hearer: String) -> Int64 {
        let networks = networks(from: speaker, to: hearer)
        var late: Int64 = 0
        for network in networks {
            if let delay = network.delay {
                late += networkRandom.time(delay.lowerBound.nanoseconds...delay.upperBound.nanoseconds)
            }
        }
        guard let rate = networks.compactMap(\.bitsPerSecond).min() else { return late }
        let out = max(sentUntil[speaker] ?? 0, time.now) + Int64(size) * 8_000_000_000 / Int64(rate)
        sentUntil[speaker] = out
        return late + out - time.now
    }

    /// How much later a part of a stream comes, which is sent again when it is lost.
    func lateness(_ size: Int, from speaker: String, to hearer: String) -> Int64 {
        let isLost = isLostToFault(from: speaker, to: hearer)
        return onceLateness(size, from: speaker, to: hearer) + (isLost ? networkRandom.time(model.resending) : 0)
    }
}

extension PeerMessage {
    /// Bytes on the wire, with what frames and packets add.
    var size: Int { payload.count + 96 }
}

extension SimulatedConnection.Item {
    var size: Int { if case .message(let message) = self { message.size } else { 66 } }
}
