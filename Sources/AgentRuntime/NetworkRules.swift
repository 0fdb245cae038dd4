import AgentProtocol
import Glibc

/// One network fault, checked.
struct NetworkFault: Hashable {
    var name: String
    var drops: [Drop]
    var ttlSeconds: Double
    var degradation: Degradation?
    /// The class of packets that are slowed down, of the queueing disciplines that are ours.
    var queueClass = 0
}

/// The text of our nftables table.
///
/// Each fault has sets of its own, so overlapping faults never share an element. Every set's elements expire; the
/// rules without elements match nothing. The chains' first rules let protected ports through whatever the faults say.
enum NetworkRules {
    static let table = "inet inquest"
    /// Works whether or not the table is there, in every version of nft.
    static let removal = "add table \(table)\ndelete table \(table)\n"

    struct SetKey: Hashable, Comparable {
        var direction: Drop.Direction
        var side: Drop.Side
        var isIPv6: Bool

        var suffix: String { direction.rawValue + (isIPv6 ? "6" : "4") + side.rawValue }

        static func < (left: Self, right: Self) -> Bool { left.suffix < right.suffix }
    }

    static func set(_ fault: String, _ key: SetKey) -> String { "f_\(fault)_\(key.suffix)" }
    static func counter(_ fault: String, _ direction: Drop.Direction) -> String {
        "c_\(fault)_\(direction.rawValue)"
    }

    static func lossCounter(_ fault: String) -> String { "l_\(fault)" }

    /// Throws what is wrong with a fault: bad names, no addresses, ports that must stay open.
    static func check(_ request: NetDrop, protectedPorts: Set<Int>) throws(AgentError) -> NetworkFault {
        guard isAgentName(request.fault) else {
            throw AgentError(.badRequest, "a fault's name is letters, digits, '.', '_' and '-'")
        }
        guard request.ttlSeconds >= 0.5, request.ttlSeconds <= 60 else {
            throw AgentError(.badRequest, "ttlSeconds: \(request.ttlSeconds) is not within 0.5 and 60")
        }
        guard !request.drops.isEmpty, request.drops.count <= AgentLimits.dropsPerFault else {
            throw AgentError(.badRequest, "a fault has 1 to \(AgentLimits.dropsPerFault) drops")
        }
        var drops: [Drop] = []
        for drop in request.drops { drops.append(try check(drop, protectedPorts)) }
        if let degradation = request.degradation { try check(degradation, drops) }
        return NetworkFault(
            name: request.fault, drops: drops, ttlSeconds: request.ttlSeconds, degradation: request.degradation)
    }

    private static func check(_ degradation: Degradation, _ drops: [Drop]) throws(AgentError) {
        let delays =
            degradation
            .leastDelayMicroseconds...max(
                degradation.leastDelayMicroseconds, degradation.mostDelayMicroseconds)
        guard (0...999_999).contains(degradation.lossPerMillion), (0...60_000_000).contains(delays.lowerBound),
            delays.upperBound <= 60_000_000, (8000...100_000_000_000).contains(degradation.bitsPerSecond ?? 8000)
        else {
            throw AgentError(
                .badRequest,
                "a loss of less than 1000000, delays of up to 60 s, and a rate from 8 kbit/s to 100 Gbit/s"
            )
        }
        let acts = drops.allSatisfy { $0.direction == .input ? degradation.lossPerMillion > 0 : degradation.isSlow }
        guard acts else { throw AgentError(.badRequest, "nothing would be done to packets of one direction") }
    }

    private static func check(_ drop: Drop, _ protected: Set<Int>) throws(AgentError) -> Drop {
        var drop = drop
        guard let address = canonical(drop.address) else {
            throw AgentError(.badRequest, "\(drop.address.debugDescription) is no IPv4 or IPv6 address")
        }
        drop.address = address
        guard !drop.ports.isEmpty, drop.ports.count <= 64, drop.ports.allSatisfy({ (1...65535).contains($0) })
        else { throw AgentError(.badRequest, "a drop names 1 to 64 ports from 1 to 65535") }
        if let port = drop.ports.first(where: protected.contains) {
            throw AgentError(
                .refused, "port \(port) carries SSH or is protected: a rule that matches it would cut off the host")
        }
        return drop
    }

    /// The address as the kernel writes it; nil for anything else.
    static func canonical(_ address: String) -> String? {
        for family in [AF_INET, AF_INET6] {
            var bytes = [UInt8](repeating: 0, count: 16)
            var text = [CChar](repeating: 0, count: 64)
            guard unsafe inet_pton(family, address, &bytes) == 1,
                unsafe inet_ntop(family, bytes, &text, socklen_t(text.count)) != nil
            else { continue }
            return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
        return nil
    }

    /// Elements by set: an address, a protocol and a port each.
    static func elements(_ fault: NetworkFault) -> [SetKey: [String]] {
        var found: [SetKey: Set<String>] = [:]
        for drop in fault.drops {
            for side in drop.side == .both ? [.destination, .source] : [drop.side] {
                let key = SetKey(direction: drop.direction, side: side, isIPv6: drop.address.contains(":"))
                for port in drop.ports {
                    for transport in ["tcp", "udp"] {
                        found[key, default: []].insert("\(drop.address) . \(transport) . \(port)")
                    }
                }
            }
        }
        return found.mapValues { $0.sorted() }
    }

    /// One transaction that makes the rules be those of `faults`, whatever is there, and starts all their times anew.
    ///
    /// Counters go on counting. `gone` are faults that ended: their sets and counters go.
    static func apply(_ faults: [NetworkFault], gone: [NetworkFault], protectedPorts: Set<Int>) -> String {
        var lines = ["add table \(table)", "add set \(table) protected { type inet_service; }"]
        lines += protectedPorts.sorted().map { "add element \(table) protected { \($0) }" }
        for direction in Drop.Direction.allCases { lines += chains(direction) }
        for fault in gone { lines += deletion(fault) }
        for fault in faults { lines += rules(fault) }
        return lines.joined(separator: "\n") + "\n" + renewal(faults)
    }

    private static func chains(_ direction: Drop.Direction) -> [String] {
        let hook = direction == .input ? "input" : "output"
        let word = direction.rawValue
        return [
            "add chain \(table) count_\(word)", "add chain \(table) drop_\(word)",
            "add chain \(table) \(hook) { type filter hook \(hook) priority -150; policy accept; }",
            "flush chain \(table) \(hook)", "flush chain \(table) count_\(word)",
            "flush chain \(table) drop_\(word)",
            "add rule \(table) \(hook) tcp dport @protected accept",
            "add rule \(table) \(hook) tcp sport @protected accept",
            "add rule \(table) \(hook) jump count_\(word)", "add rule \(table) \(hook) jump drop_\(word)",
        ]
    }

    /// Every fault counts first and all drop afterwards, so overlapping faults each see their packets.
    private static func rules(_ fault: NetworkFault) -> [String] {
        let keys = elements(fault).keys.sorted()
        var lines = Set(keys.map(\.direction)).map { "add counter \(table) \(counter(fault.name, $0))" }.sorted()
        if hasLossCounter(fault) { lines.append("add counter \(table) \(lossCounter(fault.name))") }
        for key in keys {
            let word = key.direction.rawValue
            let address = key.direction == .input ? "saddr" : "daddr"
            let family = key.isIPv6 ? "ip6" : "ip"
            let name = set(fault.name, key)
            lines.append(
                "add set \(table) \(name) { type \(key.isIPv6 ? "ipv6" : "ipv4")_addr . inet_proto . inet_service; "
                    + "flags timeout; }")
            let match = "\(family) \(address) . meta l4proto . th \(key.side.rawValue) @\(name)"
            lines.append(
                "add rule \(table) count_\(word) \(match) counter name \(counter(fault.name, key.direction))")
            let action = action(fault, key.direction)
            lines.append("add rule \(table) drop_\(word) \(match) \(action) comment \"f_\(fault.name)\"")
        }
        return lines
    }

    /// What becomes of packets that match: all are dropped, some, or they go through a class of ours.
    private static func action(_ fault: NetworkFault, _ direction: Drop.Direction) -> String {
        guard let degradation = fault.degradation else { return "counter drop" }
        guard direction == .input else {
            return "meta priority set \(QueueRules.handle):\(String(fault.queueClass, radix: 16))"
        }
        return
            "numgen random mod 1000000 < \(degradation.lossPerMillion) counter name \(lossCounter(fault.name)) drop"
    }

    private static func hasLossCounter(_ fault: NetworkFault) -> Bool {
        fault.degradation != nil && fault.drops.contains { $0.direction == .input }
    }

    private static func deletion(_ fault: NetworkFault) -> [String] {
        let keys = elements(fault).keys.sorted()
        return keys.map { "delete set \(table) \(set(fault.name, $0))" }
            + Set(keys.map(\.direction)).map { "delete counter \(table) \(counter(fault.name, $0))" }.sorted()
            + (hasLossCounter(fault) ? ["delete counter \(table) \(lossCounter(fault.name))"] : [])
    }

    /// One transaction that starts the elements' times anew. An element's time cannot be changed on every kernel, so it
    /// is replaced: readers see the old one or the new one. Adding it first makes deleting it right when it expired.
    static func renewal(_ faults: [NetworkFault]) -> String {
        var lines: [String] = []
        for fault in faults {
            let time = "timeout \(Int(fault.ttlSeconds * 1000))ms"
            for (key, elements) in elements(fault).sorted(by: { $0.key < $1.key }) {
                let name = set(fault.name, key)
                let plain = elements.joined(separator: ", ")
                let timed = elements.map { "\($0) \(time)" }.joined(separator: ", ")
                lines.append("add element \(table) \(name) { \(timed) }")
                lines.append("delete element \(table) \(name) { \(plain) }")
                lines.append("add element \(table) \(name) { \(timed) }")
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
