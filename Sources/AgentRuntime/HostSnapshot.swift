import AgentProtocol
import Glibc

/// What of a host a run could change, as it is at one moment.
struct HostSnapshot: Sendable {
    /// Lines by nftables table, our own among them.
    var tables: [String: [String]]
    var qdiscs: Set<String>
    var links: Set<String>
    var addresses: Set<String>
    var mounts: Set<String>
    var hostname: String
    var clocks: ClockReading
    /// Names in `/tmp`, `/run` and `/run/inquest`, as paths.
    var files: Set<String>
    var listeners: Set<Listener>

    static func take(_ command: HostCommand) -> HostSnapshot {
        // A tool that is missing shows nothing, before and after.
        func lines(_ argv: [String]) -> [String] {
            ((try? command.tool(argv)) ?? "").split(separator: "\n").map(String.init)
        }
        return HostSnapshot(
            tables: tables(lines(["nft", "-s", "list", "ruleset"])),
            qdiscs: Set(lines(["tc", "qdisc", "show"]).map(trimmed)),
            links: Set(lines(["ip", "-o", "link", "show"]).map(withoutCounters)),
            addresses: Set(lines(["ip", "-o", "addr", "show"]).map(withoutLifetimes)), mounts: mounts(),
            hostname: hostname(), clocks: .now(), files: files(), listeners: Listener.all())
    }

    /// `table <family> <name> {` starts each table.
    static func tables(_ lines: [String]) -> [String: [String]] {
        var tables: [String: [String]] = [:]
        var current = ""
        for line in lines {
            if line.hasPrefix("table ") {
                current = line.split(separator: " ").dropFirst().prefix(2).joined(separator: " ")
                tables[current] = []
            } else if line != "}" {
                tables[current, default: []].append(trimmed(line))
            }
        }
        return tables
    }

    static func trimmed(_ line: String) -> String {
        line.split(whereSeparator: { $0 == " " || $0 == "\t" }).joined(separator: " ")
    }

    /// `2: eth0@if3: <BROADCAST,UP> mtu 1500 ...`: the name and the settings.
    private static func withoutCounters(_ line: String) -> String {
        trimmed(line.split(separator: "\\").first.map(String.init) ?? line)
    }

    private static func withoutLifetimes(_ line: String) -> String {
        trimmed(line.split(separator: "\\").first.map(String.init) ?? line)
    }

    private static func mounts() -> Set<String> {
        let lines = (readText("/proc/self/mountinfo") ?? "").split(separator: "\n")
        return Set(
            lines.map { line in
                let fields = line.split(separator: " ")
                let rest = fields.split(separator: "-", maxSplits: 1).last.map(Array.init) ?? []
                return "\(fields.count > 4 ? fields[4] : "?") (\(rest.prefix(2).joined(separator: " ")))"
            })
    }

    static func hostname() -> String {
        trimmed(readText("/proc/sys/kernel/hostname")?.split(separator: "\n").first.map(String.init) ?? "")
    }

    private static func files() -> Set<String> {
        Set(["/tmp", "/run", "/run/inquest"].flatMap { place in directoryNames(place).map { "\(place)/\($0)" } })
    }
}

/// A socket that waits for others: TCP that listens, or UDP that is bound.
struct Listener: Hashable, Sendable {
    var transport: String
    /// Address in the kernel's hexadecimal form, and port.
    var address: String
    var port: Int
    var inode: String

    static func all() -> Set<Listener> {
        Set(["tcp", "tcp6", "udp", "udp6"].flatMap { transport in read(transport) })
    }

    private static func read(_ transport: String) -> [Listener] {
        let wanted = transport.hasPrefix("tcp") ? "0A" : "07"
        let lines = (readText("/proc/net/\(transport)") ?? "").split(separator: "\n").dropFirst()
        return lines.compactMap { line in
            let fields = line.split(separator: " ")
            guard fields.count > 9, fields[3] == wanted else { return nil }
            let local = fields[1].split(separator: ":")
            guard local.count == 2, let port = Int(local[1], radix: 16) else { return nil }
            return Listener(transport: transport, address: String(local[0]), port: port, inode: String(fields[9]))
        }
    }
}
