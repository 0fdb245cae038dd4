/// How bad the network between some nodes and all others is while a fault is on.
public struct PoorNetwork: Hashable, Sendable {
    /// Of a thousand packets, how many are lost. What a connection loses is sent again and comes later.
    public var loss: Int
    /// How long each packet is held back besides.
    public var delay: ClosedRange<Duration>?
    /// What each node sends to the others together, in bits per second.
    public var bitsPerSecond: Int?

    public init(loss: Int = 0, delay: ClosedRange<Duration>? = nil, bitsPerSecond: Int? = nil) {
        self.loss = loss
        self.delay = delay
        self.bitsPerSecond = bitsPerSecond
    }

    /// The rates that can be asked for: from a modem to what no node here fills.
    public static let rates = 8000...100_000_000_000

    /// Every direction between one of the nodes and another node, as speaker and hearer.
    public static func paths(of nodes: [String], among all: [String]) -> [Grudge.Cut] {
        let chosen = Set(nodes)
        return all.flatMap { speaker in
            all.filter { $0 != speaker && (chosen.contains($0) || chosen.contains(speaker)) }
                .map { Grudge.Cut(hearer: $0, speaker: speaker) }
        }.sorted()
    }
}

extension PoorNetwork: CustomStringConvertible {
    /// `loss 2 %, delay 10 ms to 20 ms, 1 Mbit/s`.
    public var description: String {
        var parts: [String] = []
        if loss > 0 { parts.append("loss \(loss / 10)\(loss % 10 == 0 ? "" : ".\(loss % 10)") %") }
        if let delay {
            let (least, most) = (delay.lowerBound.words, delay.upperBound.words)
            parts.append(least == most ? "delay \(least)" : "delay \(least) to \(most)")
        }
        if let bitsPerSecond { parts.append(Self.words(bitsPerSecond)) }
        return parts.joined(separator: ", ")
    }

    private static func words(_ rate: Int) -> String {
        for (size, unit) in [(1_000_000_000, "Gbit/s"), (1_000_000, "Mbit/s"), (1000, "kbit/s")]
        where rate % size == 0 {
            return "\(rate / size) \(unit)"
        }
        return "\(rate) bit/s"
    }
}
