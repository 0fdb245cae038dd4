import AgentProtocol
import Faults
import RunStore
import Workloads

/// What the faults of a plan need of every host.
struct AbilityNeed: Hashable, Sendable {
    /// What the plan has.
    var what: String
    /// By which the agent tells what is missing.
    var ability: String
    /// What to do about it.
    var advice: String

    static func all(of plan: Plan) -> [AbilityNeed] {
        let poor = plan.poorNetworks
        var needs: [AbilityNeed] = []
        if plan.hasPartitions || !poor.isEmpty {
            needs.append(
                AbilityNeed(
                    what: plan.hasPartitions ? "partitions" : "faults of the network", ability: "nft",
                    advice: "install nftables there"))
        }
        if poor.contains(where: { $0.loss > 0 }) {
            needs.append(
                AbilityNeed(
                    what: "loss of packets", ability: "loss",
                    advice: "take a kernel with random numbers in nftables (CONFIG_NFT_NUMGEN)"))
        }
        if poor.contains(where: { $0.delay != nil || $0.bitsPerSecond != nil }) {
            needs.append(
                AbilityNeed(
                    what: "delay or rate", ability: "rate",
                    advice: "install iproute2 there, and take a kernel with htb (CONFIG_NET_SCH_HTB)"))
        }
        if poor.contains(where: { $0.delay != nil }) {
            needs.append(
                AbilityNeed(
                    what: "delay of packets", ability: "netem",
                    advice: "modprobe sch_netem there, or take a kernel with netem (CONFIG_NET_SCH_NETEM)"))
        }
        return needs
    }

    /// Why a host cannot do it, and what to do; `nil` where it can.
    func problem(_ abilities: Capabilities, node: String) -> Problem? {
        let works =
            [
                "nft": abilities.nft, "loss": abilities.loss, "rate": abilities.rate, "netem": abilities.netem,
            ][ability] ?? false
        guard !works else { return nil }
        let why = abilities.missing.first { $0.hasPrefix("\(ability):") } ?? "\(ability) does not work"
        return Problem(
            .unsupported, node: node, "the plan has \(what), which this host cannot do: \(why)",
            advice: "\(advice), or take another host, or leave that out of the plan")
    }
}
