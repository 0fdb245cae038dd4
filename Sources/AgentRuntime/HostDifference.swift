import AgentProtocol
import Glibc

/// Says in plain words what of a host is not as it was found.
struct HostDifference {
    let before: HostSnapshot
    let after: HostSnapshot
    /// Processes of ours that still live.
    let survivors: [ProcessStat]
    /// Files that belong there while the agent runs.
    let own: Set<String>
    let clockToleranceMilliseconds: Double

    var comparison: HostComparison {
        var result = HostComparison(differences: [], notices: [])
        result.differences += processes + tables
        result.differences += changes("queueing discipline", before.qdiscs, after.qdiscs)
        result.differences += changes("network link", before.links, after.links)
        result.differences += changes("address", before.addresses, after.addresses)
        result.differences += changes("mount", before.mounts, after.mounts)
        if before.hostname != after.hostname {
            result.differences.append("the hostname is \(after.hostname), it was \(before.hostname)")
        }
        result.differences += clock
        addFiles(&result)
        addListeners(&result)
        return result
    }

    private var processes: [String] {
        survivors.map { "process \($0.identity.pid) (\($0.name), \($0.state)) of this run still lives" }
    }

    private var tables: [String] {
        var found: [String] = []
        for name in Set(before.tables.keys).union(after.tables.keys).sorted() {
            if name == NetworkRules.table {
                if after.tables[name] != nil { found.append("our nftables table \(name) is still there") }
                continue
            }
            switch (before.tables[name], after.tables[name]) {
            case (nil, .some): found.append("nftables table \(name) is new")
            case (.some, nil): found.append("nftables table \(name) is gone")
            case (let old?, let new?) where old != new:
                let text = changes("line", Set(old), Set(new)).joined(separator: "; ")
                found.append("nftables table \(name) changed: \(text.isEmpty ? "another order" : text)")
            default: break
            }
        }
        return found
    }

    private func changes(_ what: String, _ before: Set<String>, _ after: Set<String>) -> [String] {
        after.subtracting(before).sorted().map { "\(what) is new: \($0)" }
            + before.subtracting(after).sorted().map { "\(what) is gone: \($0)" }
    }

    private var clock: [String] {
        let offset = (after.clocks.wall - after.clocks.monotonic) - (before.clocks.wall - before.clocks.monotonic)
        let milliseconds = Double(offset) / 1e6
        guard abs(milliseconds) > clockToleranceMilliseconds else { return [] }
        return ["the wall clock moved by \(milliseconds.rounded()) ms against the monotonic clock"]
    }

    /// New files with our name are ours; what else appeared in directories that all share is only mentioned.
    private func addFiles(_ result: inout HostComparison) {
        for path in after.files.subtracting(before.files).subtracting(own).sorted() {
            if path.contains("inquest") {
                result.differences.append("file \(path) was left")
            } else {
                result.notices.append("\(path) is new")
            }
        }
    }

    private func addListeners(_ result: inout HostComparison) {
        func key(_ listener: Listener) -> String { "\(listener.transport) \(listener.address) \(listener.port)" }
        let known = Set(before.listeners.map(key))
        let fresh = after.listeners.filter { !known.contains(key($0)) }.sorted { key($0) < key($1) }
        guard !fresh.isEmpty else { return }
        let ours = Self.inodes(of: survivors.map(\.identity.pid) + [Int(getpid())])
        for listener in fresh {
            let text = "\(listener.transport) port \(listener.port) is listened on"
            if ours.contains(listener.inode) {
                result.differences.append("\(text) by a process of this run")
            } else {
                result.notices.append("\(text), not by a process of this run")
            }
        }
    }

    private static func inodes(of pids: [Int]) -> Set<String> {
        var found: Set<String> = []
        for pid in pids {
            for name in directoryNames("/proc/\(pid)/fd") {
                var buffer = [CChar](repeating: 0, count: 128)
                let count = unsafe readlink("/proc/\(pid)/fd/\(name)", &buffer, 127)
                guard count > 0 else { continue }
                let text = String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
                if text.hasPrefix("socket:[") { found.insert(String(text.dropFirst(8).dropLast())) }
            }
        }
        return found
    }
}
