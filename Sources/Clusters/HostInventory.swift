import FoundationEssentials

/// The hosts of a run in the order of the file: no two with one name or one address.
public struct HostInventory: Hashable, Sendable {
    public let hosts: [ClusterHost]

    /// More hosts than this are a mistake in the file, not a cluster.
    public static let maximumHosts = 100

    /// Refuses an empty list, bad fields, and two hosts with one name or one address.
    public init(_ hosts: [ClusterHost]) throws(InventoryError) {
        try self.init(hosts.map { LocatedHost(host: $0, lines: [:], line: nil) }, file: nil)
    }

    init(_ located: [LocatedHost], file: String?) throws(InventoryError) {
        func fail(_ line: Int?, _ reason: String) -> InventoryError {
            InventoryError(file: file, line: line, reason: reason)
        }
        guard !located.isEmpty else { throw fail(nil, "there are no hosts in it; name at least one") }
        guard located.count <= Self.maximumHosts else {
            throw fail(nil, "\(located.count) hosts; at most \(Self.maximumHosts)")
        }
        var names: [String: LocatedHost] = [:]
        var addresses: [String: LocatedHost] = [:]
        for entry in located {
            let host = entry.host
            if let (field, reason) = host.problem {
                throw fail(entry.line(of: field), "\(field): \(reason)")
            }
            if names.updateValue(entry, forKey: host.name) != nil {
                throw fail(entry.line(of: "name"), "name: there is already a host \(quoted(host.name))")
            }
            if let other = addresses.updateValue(entry, forKey: host.address) {
                throw fail(
                    entry.line(of: "address"),
                    "address: \(host.address) is already the address of \(other.host.name)")
            }
        }
        hosts = located.map(\.host)
    }

    /// Reads `hosts.yaml`; relative paths in it start at its own directory, `~` at the home directory.
    public static func load(_ path: String) throws(InventoryError) -> HostInventory {
        guard let bytes = FileManager.default.contents(atPath: path) else {
            throw InventoryError(file: path, line: nil, reason: "cannot be read; is the path right?")
        }
        return try parse(
            String(decoding: bytes, as: UTF8.self), file: path,
            home: ProcessInfo.processInfo.environment["HOME"] ?? "/root")
    }

    /// Writes `hosts.yaml`, readable by all: it names key files and holds no secrets.
    public func save(_ path: String) throws(InventoryError) {
        do {
            try Data(yaml.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw InventoryError(file: path, line: nil, reason: "cannot be written: \(error)")
        }
    }
}

/// A host with the lines of `hosts.yaml` that its fields came from.
struct LocatedHost {
    var host: ClusterHost
    var lines: [String: Int]
    var line: Int?

    func line(of field: String) -> Int? { lines[field] ?? line }
}

/// Why hosts cannot be taken as an inventory: where in which file, and what to change.
public struct InventoryError: Error, Hashable, Sendable, CustomStringConvertible {
    public var file: String?
    /// Counted from 1; nil when the file as a whole is meant.
    public var line: Int?
    public var reason: String

    public var description: String {
        let place = [file, line.map(String.init)].compactMap(\.self).joined(separator: ":")
        return place.isEmpty ? reason : "\(place): \(reason)"
    }
}
