import FoundationEssentials

/// The labs of this machine, as `inquest lab status` shows them.
public struct LabsStatus: Codable, Hashable, Sendable {
    public var labs: [LabStatus]
    /// Ids of labs that crashed controllers had left, removed by this command.
    public var removed: [String]
}

/// One lab and its hosts.
public struct LabStatus: Codable, Hashable, Sendable {
    public var id: String
    /// True for a lab of `lab up`; false for one that goes with its controller.
    public var isPersistent: Bool
    /// False while it is being started.
    public var isUp: Bool
    /// The process the lab belongs to; nil when it stands by itself.
    public var ownerPID: Int32?
    public var subnet: String
    public var controllerAddress: String
    public var interface: String
    public var hostsFile: String
    public var hosts: [HostStatus]

    /// One host, as seen from this machine.
    public struct HostStatus: Codable, Hashable, Sendable {
        public var name: String
        public var address: String
        public var port: Int
        /// Pid 1 of the host, as this machine numbers it; nil before it is known.
        public var pid: Int32?
        public var isRunning: Bool
        /// Whether an SSH server introduced itself just now.
        public var doesSSHAnswer: Bool
    }
}

extension LabsStatus {
    /// How long a host's sshd may take to introduce itself.
    static let answerMilliseconds: Int32 = 1000

    /// Asks all hosts side by side.
    init(_ records: [LabRecord], removed: [String]) async throws {
        let answering = try await withThrowingTaskGroup(of: String?.self) { group in
            for host in records.flatMap(\.hosts) {
                group.addTask {
                    try await onOwnThread {
                        SSHBanner.answers(host.address, port: 22, milliseconds: Self.answerMilliseconds)
                            ? host.address : nil
                    }
                }
            }
            return try await group.reduce(into: Set<String>()) { found, address in
                if let address { found.insert(address) }
            }
        }
        labs = records.map { LabStatus($0, answering: answering) }
        self.removed = removed
    }

    /// For people: a line for each lab, a line for each host.
    public var text: String {
        let lines = removed.map { "\($0): removed, its controller was gone\n" } + labs.map(\.text)
        return lines.isEmpty ? "no labs\n" : lines.joined()
    }

    /// For programs.
    public var json: String {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
            return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
        }
    }
}

extension LabStatus {
    init(_ record: LabRecord, answering: Set<String>) {
        id = record.id
        isPersistent = record.owner == nil
        isUp = record.phase == .up || record.hosts.allSatisfy { $0.process != nil }
        ownerPID = record.owner?.pid
        subnet = record.subnet
        controllerAddress = record.controllerAddress
        interface = record.interface
        hostsFile = record.place.hostsFile
        hosts = record.hosts.map {
            HostStatus(
                name: $0.name, address: $0.address, port: 22, pid: $0.process?.pid,
                isRunning: $0.process?.isAlive == true, doesSSHAnswer: answering.contains($0.address))
        }
    }

    fileprivate var text: String {
        let owner = ownerPID.map { ", belongs to process \($0)" } ?? ""
        let head =
            "\(id): \(isUp ? "up" : "starting")\(owner), \(subnet), "
            + "this machine is \(controllerAddress) on \(interface), --hosts \(hostsFile)\n"
        return head
            + hosts.map { host in
                let pid = host.pid.map { " pid \($0)" } ?? ""
                let state = !host.isRunning ? "not running" : host.doesSSHAnswer ? "sshd answers" : "sshd is silent"
                return "  \(host.name) \(host.address):\(host.port)\(pid) \(state)\n"
            }.joined()
    }
}
