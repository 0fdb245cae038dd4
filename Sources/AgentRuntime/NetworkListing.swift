import AgentProtocol
import FoundationEssentials

/// Our table as `nft -j list table` prints it; only what evidence needs.
struct NetworkListing: Decodable {
    struct Counter: Decodable {
        var name: String
        var packets: Int
    }

    private struct Anything: Decodable {
        init(from decoder: any Decoder) {}
    }

    private struct Set: Decodable {
        var name: String
        var elem: [Anything]?
    }

    private struct Rule: Decodable {
        var chain: String
        var comment: String?
    }

    private struct Item: Decodable {
        var counter: Counter?
        var set: Set?
        var rule: Rule?
    }

    private var nftables: [Item]

    /// nil: there is no such table.
    static func read(_ command: HostCommand) throws(AgentError) -> NetworkListing? {
        let reply = try command.run(
            Exec(argv: ["nft", "-j", "list", "table"] + NetworkRules.table.split(separator: " ").map(String.init)))
        guard reply.exit.code == 0 else {
            if reply.error.text.contains("No such file") { return nil }
            throw AgentError(.failed, "nft list table: \(reply.error.text)")
        }
        do {
            return try JSONDecoder().decode(Self.self, from: Data(reply.output.bytes))
        } catch {
            throw AgentError(.failed, "nft -j printed what is not understood: \(error)")
        }
    }

    func report(_ fault: String, lapses: Int) -> NetReport {
        let rules = nftables.compactMap(\.rule).filter { $0.comment == "f_\(fault)" }
        let names = Swift.Set(
            Drop.Direction.allCases.flatMap { direction in
                [Drop.Side.destination, .source].flatMap { side in
                    [true, false].map {
                        NetworkRules.set(fault, .init(direction: direction, side: side, isIPv6: $0))
                    }
                }
            })
        let elements = nftables.compactMap(\.set).filter { names.contains($0.name) }
            .reduce(0) { $0 + ($1.elem?.count ?? 0) }
        func packets(_ direction: Drop.Direction) -> Int {
            let name = NetworkRules.counter(fault, direction)
            return nftables.compactMap(\.counter).first { $0.name == name }?.packets ?? 0
        }
        let lost = nftables.compactMap(\.counter).first { $0.name == NetworkRules.lossCounter(fault) }?.packets ?? 0
        return NetReport(
            fault: fault, isPresent: !rules.isEmpty && elements > 0, elements: elements,
            packetsIn: packets(.input), packetsOut: packets(.output), packetsLost: lost, lapses: lapses,
            clocks: .now())
    }
}
