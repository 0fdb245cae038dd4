import AgentProtocol
import Glibc

/// Finds out what faults a host can do, by trying where trying leaves nothing behind.
enum HostAbilities {
    static func find(_ command: HostCommand) -> Capabilities {
        var missing: [String] = []
        func works(_ what: String, _ argv: [String], input: String = "") -> Bool {
            do {
                _ = try command.tool(argv, input: input)
                return true
            } catch {
                missing.append("\(what): \(error.message.prefix(300))")
                return false
            }
        }
        let example = NetworkFault(
            name: "example", drops: [Drop(address: "192.0.2.1", ports: [1], direction: .input)], ttlSeconds: 1)
        // `-c` has the kernel check the transaction and not commit it.
        let nft = works(
            "nft", ["nft", "-c", "-f", "-"],
            input: NetworkRules.apply([example], gone: [], protectedPorts: [22]))
        var lossy = example
        lossy.degradation = Degradation(lossPerMillion: 1)
        let loss = works(
            "loss", ["nft", "-c", "-f", "-"], input: NetworkRules.apply([lossy], gone: [], protectedPorts: [22]))
        // In a network namespace that ends with the command.
        let queue = ["unshare", "--net", "tc", "qdisc", "add", "dev", "lo", "root"]
        let rate = works("rate", queue + ["handle", "1:", "htb"])
        let netem = works("netem", queue + ["netem", "delay", "1ms"])
        let uts = unsafe access("/proc/self/ns/uts", F_OK) == 0
        if !uts { missing.append("uts: the kernel has no hostname namespaces") }
        return Capabilities(nft: nft, loss: loss, rate: rate, netem: netem, uts: uts, missing: missing)
    }

    static func kernel() -> String {
        HostSnapshot.trimmed(
            readText("/proc/sys/kernel/osrelease")?.split(separator: "\n").first.map(String.init) ?? "unknown")
    }
}
