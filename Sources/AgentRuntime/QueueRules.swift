import AgentProtocol

/// Slows down packets that leave, by queueing disciplines whose classes the rules of nftables choose.
///
/// Only packets of a fault's expiring sets are sent through a class: what the sets do not name, and everything once they
/// have expired, goes straight through.
struct QueueRules {
    /// By which our disciplines are known; nobody else's has it.
    static let handle = "1a5f"
    /// As if there were no limit.
    private static let unlimited = 100_000_000_000
    let command: HostCommand

    /// The class of a fault by its number in the ledger.
    static func queueClass(_ number: Int) -> Int { number % 0xfff0 + 1 }

    /// Makes the fault's class on every device that leads to one of its peers; gives the devices.
    func add(_ fault: NetworkFault) throws(AgentError) -> [String] {
        guard let degradation = fault.degradation, degradation.isSlow else { return [] }
        var devices: [String] = []
        for address in Set(fault.drops.filter { $0.direction == .output }.map(\.address)).sorted() {
            let device = try device(towards: address)
            if !devices.contains(device) { devices.append(device) }
        }
        do throws(AgentError) {
            for device in devices { try add(fault.queueClass, degradation, to: device) }
        } catch {
            try? remove(fault, from: devices)
            throw error
        }
        return devices
    }

    private func add(_ number: Int, _ degradation: Degradation, to device: String) throws(AgentError) {
        let place = "\(Self.handle):\(String(number, radix: 16))"
        let rate = degradation.bitsPerSecond ?? Self.unlimited
        // What may go at once: two packets, or what comes in two milliseconds.
        let burst = max(3200, rate / 8 / 500)
        var lines: [String] = []
        if try !isOurs(device) { lines.append("qdisc add dev \(device) root handle \(Self.handle): htb") }
        lines.append(
            "class add dev \(device) parent \(Self.handle): classid \(place) htb rate \(rate)bit burst \(burst) "
                + "cburst \(burst)")
        if degradation.mostDelayMicroseconds > 0 {
            let (least, most) = (degradation.leastDelayMicroseconds, degradation.mostDelayMicroseconds)
            lines.append(
                "qdisc add dev \(device) parent \(place) netem limit 100000 delay \((least + most) / 2)us "
                    + "\((most - least) / 2)us")
        } else {
            lines.append("qdisc add dev \(device) parent \(place) pfifo limit 1000")
        }
        _ = try command.tool(["tc", "-batch", "-"], input: lines.joined(separator: "\n") + "\n")
    }

    /// Takes the fault's classes away, and our disciplines with the last of them.
    func remove(_ fault: NetworkFault, from devices: [String]) throws(AgentError) {
        for device in devices where try isOurs(device) {
            let place = "\(Self.handle):\(String(fault.queueClass, radix: 16))"
            if try classes(of: device).contains(place) {
                _ = try command.tool(["tc", "class", "del", "dev", device, "classid", place])
            }
            if try classes(of: device).isEmpty {
                _ = try command.tool(["tc", "qdisc", "del", "dev", device, "root"])
            }
        }
    }

    /// Whether the fault's class is there on each device.
    func has(_ fault: NetworkFault, on devices: [String]) throws(AgentError) -> Bool {
        let place = "\(Self.handle):\(String(fault.queueClass, radix: 16))"
        for device in devices where try !classes(of: device).contains(place) { return false }
        return true
    }

    /// Takes away every discipline of ours; says which.
    func removeAll() throws(AgentError) -> [String] {
        // Without the tool nothing was ever made with it.
        guard let lines = try? command.tool(["tc", "qdisc", "show"]) else { return [] }
        var undone: [String] = []
        for line in lines.split(separator: "\n") {
            let words = line.split(separator: " ").map(String.init)
            guard words.count > 5, words[2] == "\(Self.handle):", words[3] == "dev", words[5] == "root" else {
                continue
            }
            _ = try command.tool(["tc", "qdisc", "del", "dev", words[4], "root"])
            undone.append("queueing discipline of \(words[4]) removed")
        }
        return undone
    }

    /// Whether the device has our discipline already; throws if it has one of somebody's that would be lost.
    private func isOurs(_ device: String) throws(AgentError) -> Bool {
        let lines = try command.tool(["tc", "qdisc", "show", "dev", device]).split(separator: "\n")
        let root = lines.first { $0.contains(" root ") } ?? ""
        let words = root.split(separator: " ").map(String.init)
        guard words.count > 2, words[2] != "\(Self.handle):" else { return words.count > 2 }
        // What the kernel puts there by itself has no number, and comes back by itself.
        guard words[2] == "0:" else {
            throw AgentError(
                .unsupported,
                "\(device) has a queueing discipline of its own (\(words[1]) \(words[2])), which would be lost: "
                    + "remove it, or leave delay and rate out of the plan")
        }
        return false
    }

    private func classes(of device: String) throws(AgentError) -> [String] {
        try command.tool(["tc", "class", "show", "dev", device]).split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ").map(String.init)
            return words.count > 2 && words[0] == "class" && words[2].hasPrefix("\(Self.handle):") ? words[2] : nil
        }
    }

    private func device(towards address: String) throws(AgentError) -> String {
        let words = try command.tool(["ip", "-o", "route", "get", address]).split(separator: " ").map(String.init)
        guard let place = words.firstIndex(of: "dev"), place + 1 < words.count else {
            throw AgentError(.failed, "there is no way to \(address)")
        }
        return words[place + 1]
    }
}
