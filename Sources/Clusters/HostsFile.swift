import FoundationEssentials
import Yams

// The form of hosts.yaml:
//
//     hosts:
//       - name: n1
//         address: 10.77.1.1
//         port: 22                          # default 22
//         user: root                        # default root
//         identity: keys/id_ed25519         # or `agent: true`
//         passphrase_env: LAB_PASSPHRASE    # only for an identity with a passphrase
//         known_hosts: known_hosts          # default ~/.ssh/known_hosts
//         state_directory: /var/lib/inquest # default
//         clock: own                        # default shared: faults never move it

extension HostInventory {
    /// Larger files are refused unread by the YAML parser.
    static let maximumBytes = 1 << 20

    /// The inventory a text describes; `file` is for messages and for relative paths.
    static func parse(
        _ text: String, file: String, home: String
    ) throws(InventoryError) -> HostInventory {
        let reader = HostsFileReader(file: file, home: home)
        guard text.utf8.count <= maximumBytes else {
            throw reader.failure(nil, "larger than \(maximumBytes) bytes")
        }
        return try HostInventory(reader.hosts(text), file: file)
    }

    /// The text `load` reads back as the same inventory.
    public var yaml: String { "hosts:\n" + hosts.map(\.yaml).joined() }
}

extension ClusterHost {
    /// The host as an item of the list; every scalar quoted, so that no value can be taken for another type.
    fileprivate var yaml: String {
        var fields: [(String, String)] = [
            ("name", doubleQuoted(name)), ("address", doubleQuoted(address)), ("port", "\(port)"),
            ("user", doubleQuoted(user)),
        ]
        switch identity {
        case .agent: fields.append(("agent", "true"))
        case .keyFile(let path, let variable):
            fields.append(("identity", doubleQuoted(path)))
            if let variable { fields.append(("passphrase_env", doubleQuoted(variable))) }
        }
        fields.append(("known_hosts", doubleQuoted(knownHosts)))
        fields.append(("state_directory", doubleQuoted(stateDirectory)))
        if hasOwnClock { fields.append(("clock", "own")) }
        return "  - " + fields.map { "\($0): \($1)\n" }.joined(separator: "    ")
    }
}

/// A YAML scalar in double quotes, all but printable ASCII escaped.
private func doubleQuoted(_ text: String) -> String {
    let inner = text.unicodeScalars.map { scalar in
        switch scalar {
        case "\"", "\\": "\\\(scalar)"
        case " "..."~": String(scalar)
        default:
            "\\U" + String(repeating: "0", count: 8 - String(scalar.value, radix: 16).count)
                + String(scalar.value, radix: 16)
        }
    }
    return "\"" + inner.joined() + "\""
}

/// Reads the text of a hosts.yaml by hand, because every message must name its line.
private struct HostsFileReader {
    let file: String
    let home: String

    private static let fields: Set<String> = [
        "name", "address", "port", "user", "identity", "passphrase_env", "agent", "known_hosts",
        "state_directory", "clock",
    ]

    func failure(_ line: Int?, _ reason: String) -> InventoryError {
        InventoryError(file: file, line: line, reason: reason)
    }

    func hosts(_ text: String) throws(InventoryError) -> [LocatedHost] {
        guard let mapping = try root(text)?.mapping else {
            throw failure(1, "expected `hosts:` with a list of hosts below it")
        }
        var list: Node?
        for (key, value) in mapping {
            guard key.string == "hosts" else {
                throw failure(key.mark?.line, "unknown key \(quoted(key.string ?? "?")); only `hosts` is known")
            }
            list = value
        }
        guard let list, let sequence = list.sequence else {
            throw failure(list?.mark?.line ?? 1, "expected `hosts:` with a list of hosts below it")
        }
        return try sequence.map { item throws(InventoryError) in try host(item) }
    }

    private func root(_ text: String) throws(InventoryError) -> Node? {
        do {
            return try Yams.compose(yaml: text)
        } catch YamlError.scanner(_, let problem, let mark, _),
            YamlError.parser(_, let problem, let mark, _),
            YamlError.composer(_, let problem, let mark, _)
        {
            throw failure(mark.line, "not YAML: \(problem)")
        } catch YamlError.duplicatedKeysInMapping(let duplicates, let context) {
            let keys = duplicates.sorted().joined(separator: ", ")
            throw failure(context.mark.line, "the same key twice: \(keys)")
        } catch {
            throw failure(nil, "not YAML: \(error)")
        }
    }

    private func host(_ item: Node) throws(InventoryError) -> LocatedHost {
        guard let mapping = item.mapping else {
            throw failure(item.mark?.line, "expected a host with `name:`, `address:` and so on")
        }
        var values: [String: Node] = [:]
        var lines: [String: Int] = [:]
        for (key, value) in mapping {
            let name = key.string ?? "?"
            guard Self.fields.contains(name) else {
                let known = Self.fields.sorted().joined(separator: ", ")
                throw failure(key.mark?.line, "unknown key \(quoted(name)); known: \(known)")
            }
            values[name] = value
            lines[name] = key.mark?.line
        }
        let line = item.mark?.line
        let name = try required("name", values, line)
        let host = ClusterHost(
            name: name, address: try required("address", values, line),
            port: try port(values["port"]), user: try text("user", values["user"]) ?? "root",
            identity: try identity(values, line),
            knownHosts: resolved(try text("known_hosts", values["known_hosts"]) ?? "~/.ssh/known_hosts"),
            stateDirectory: try text("state_directory", values["state_directory"])
                ?? ClusterHost.defaultStateDirectory,
            hasOwnClock: try hasOwnClock(values["clock"]))
        return LocatedHost(host: host, lines: lines, line: line)
    }

    private func required(
        _ field: String, _ values: [String: Node], _ line: Int?
    ) throws(InventoryError) -> String {
        guard let value = try text(field, values[field]) else {
            throw failure(line, "a host without `\(field)`")
        }
        return value
    }

    private func text(_ field: String, _ node: Node?) throws(InventoryError) -> String? {
        guard let node else { return nil }
        guard let scalar = node.scalar else {
            throw failure(node.mark?.line, "\(field): expected a text")
        }
        return scalar.string
    }

    private func port(_ node: Node?) throws(InventoryError) -> Int {
        guard let value = try text("port", node) else { return 22 }
        guard let port = Int(value) else {
            throw failure(node?.mark?.line, "port: \(quoted(value)) is not a number")
        }
        return port
    }

    private func hasOwnClock(_ node: Node?) throws(InventoryError) -> Bool {
        let word = try text("clock", node) ?? "shared"
        guard ["own", "shared"].contains(word) else {
            throw failure(node?.mark?.line, "clock: \(quoted(word)) is neither own nor shared")
        }
        return word == "own"
    }

    private func identity(
        _ values: [String: Node], _ line: Int?
    ) throws(InventoryError) -> ClusterHost.Identity {
        let path = try text("identity", values["identity"])
        let variable = try text("passphrase_env", values["passphrase_env"])
        let agent = try text("agent", values["agent"])
        if let agent, agent != "true" && agent != "false" {
            throw failure(values["agent"]?.mark?.line, "agent: \(quoted(agent)) is neither true nor false")
        }
        if let path {
            guard agent != "true" else {
                throw failure(line, "a host with both `identity` and `agent: true`; keep one")
            }
            return .keyFile(path: resolved(path), passphraseVariable: variable)
        }
        guard agent == "true" else {
            throw failure(line, "a host with neither `identity: FILE` nor `agent: true`")
        }
        guard variable == nil else {
            throw failure(line, "`passphrase_env` needs `identity: FILE`")
        }
        return .agent
    }

    private func resolved(_ path: String) -> String {
        if path.hasPrefix("~/") { return home + path.dropFirst() }
        if path.isEmpty || path.hasPrefix("/") { return path }
        return URL(fileURLWithPath: file).deletingLastPathComponent().appendingPathComponent(path).path
    }
}
