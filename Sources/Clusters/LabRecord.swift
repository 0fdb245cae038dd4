import FoundationEssentials

/// What is on disk about one lab, written before each thing it names exists, so that it can always be removed.
struct LabRecord: Codable, Hashable, Sendable {
    enum Phase: String, Codable, Sendable { case starting, up }

    /// `lab7` has the subnet 10.77.7.0/24 and the interface `iqlab7`.
    var number: Int
    var phase: Phase
    /// The controller whose end is the lab's end; nil once a lab of `lab up` stands by itself.
    var owner: ProcessIdentity?
    var hosts: [HostRecord]
    /// Pid 1 of the lab's namespaces: its end ends every process of the lab.
    var root: ProcessIdentity?

    struct HostRecord: Codable, Hashable, Sendable {
        var name: String
        var address: String
        /// Pid 1 of the host, as this machine numbers it.
        var process: ProcessIdentity?
    }

    init(number: Int, hosts: Int, owner: ProcessIdentity) {
        self.number = number
        phase = .starting
        self.owner = owner
        self.hosts = (1...hosts).map {
            HostRecord(name: "n\($0)", address: "10.77.\(number).\($0)", process: nil)
        }
    }

    var id: String { "lab\(number)" }
    var place: LabPlace { LabPlace(id: id) }
    var subnet: String { "10.77.\(number).0/24" }
    var controllerAddress: String { "10.77.\(number).254" }
    /// The same again in IPv6, where this machine has it: the hosts file names the others.
    var controllerAddress6: String { address6("fe") }

    /// A host's IPv6 address, or with `fe` the controller's.
    func address6(_ last: String) -> String { "fd77:0:\(number)::\(last)" }

    func address6(of host: HostRecord) -> String { address6(String(host.name.dropFirst())) }
    /// The controller's end of the cable to the lab's bridge: the one interface a lab has outside its namespaces.
    var interface: String { "iq\(id)" }
}

/// Where the parts of one lab lie on this machine.
struct LabPlace: Hashable, Sendable {
    /// State of all labs, and what is scratched by a reboot.
    static let runDirectory = "/run/inquest/labs"
    /// Disks of all hosts, on a real file system, so that fsync costs what it costs.
    static let diskDirectory = ClusterHost.defaultStateDirectory + "/labs"

    var directory: String
    var disks: String

    init(id: String) {
        directory = Self.runDirectory + "/" + id
        disks = Self.diskDirectory + "/" + id
    }

    var record: String { directory + "/lab.json" }
    /// A FIFO that the controller holds open: its end of file is the controller's death.
    var owner: String { directory + "/owner" }
    /// `PID START` of the process that holds the lab's namespaces, written by itself before it makes them.
    var holder: String { directory + "/holder" }
    var switchReady: String { directory + "/switch-ready" }
    var log: String { directory + "/lab.log" }
    var identity: String { directory + "/id_ed25519" }
    var knownHosts: String { directory + "/known_hosts" }
    var hostsFile: String { directory + "/hosts.yaml" }

    func host(_ name: String) -> String { directory + "/" + name }
    func hostLog(_ name: String) -> String { host(name) + "/log" }
    /// Exists when the host's pid 1 has ended.
    func hostEnded(_ name: String) -> String { host(name) + "/ended" }

    /// The last lines of a log, for messages.
    static func tail(_ path: String, limit: Int = 2000) -> String {
        let bytes = FileManager.default.contents(atPath: path) ?? Data()
        return String(decoding: bytes.suffix(limit), as: UTF8.self)
    }
}

extension LabRecord {
    /// Replaces the record on disk in one step.
    func save() throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
        try encoder.encode(self).write(to: URL(fileURLWithPath: place.record), options: .atomic)
    }

    /// The record of a lab; nil when it is missing or torn.
    static func load(_ place: LabPlace) -> LabRecord? {
        guard let bytes = FileManager.default.contents(atPath: place.record) else { return nil }
        return try? JSONDecoder().decode(LabRecord.self, from: bytes)
    }

    /// Whether nobody will use or end this lab any more: its controller is gone, or its namespaces are.
    var isStale: Bool {
        if let owner { return !owner.isAlive }
        return root?.isAlive != true
    }

    var inventory: HostInventory {
        get throws {
            try HostInventory(
                hosts.map {
                    ClusterHost(
                        name: $0.name, address: $0.address,
                        identity: .keyFile(path: place.identity, passphraseVariable: nil),
                        knownHosts: place.knownHosts)
                })
        }
    }
}
