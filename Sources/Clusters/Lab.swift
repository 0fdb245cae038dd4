import Glibc
public import HostProcesses

/// A lab that is up: hosts on this machine, each with its own namespaces and sshd.
public struct Lab: Sendable, Identifiable {
    /// `lab1`, `lab2` and so on.
    public let id: String
    /// The hosts n1, n2 and so on.
    public let inventory: HostInventory
    /// The network of the hosts, which leads nowhere else.
    public let subnet: String
    /// This machine's address in it.
    public let controllerAddress: String
    /// What the controller's end of the lab's network is called.
    public let interface: String
    /// State of the lab: keys, logs, record.
    public let directory: String
    /// The file for `--hosts`.
    public let hostsFile: String

    public var hosts: [ClusterHost] { inventory.hosts }

    init(_ record: LabRecord) throws {
        id = record.id
        inventory = try record.inventory
        subnet = record.subnet
        controllerAddress = record.controllerAddress
        interface = record.interface
        directory = record.place.directory
        hostsFile = record.place.hostsFile
    }

    /// Where a host's `/var/lib/inquest` lies on this machine.
    public func disk(of host: String) -> String { LabPlace(id: id).disks + "/" + host }

    /// The words that run a command on a host in all its namespaces, without SSH.
    ///
    /// The command inherits terminal and environment of who runs them, and ends with it.
    public func entering(_ host: String, _ command: [String]) throws -> [String] {
        guard let record = LabRecord.load(LabPlace(id: id)) else {
            throw LabError(.notFound, "there is no lab \(id) any more; see: inquest lab status")
        }
        guard let found = record.hosts.first(where: { $0.name == host }) else {
            let names = record.hosts.map(\.name).joined(separator: ", ")
            throw LabError(.notFound, "\(id) has no host \(quoted(host)); it has \(names)")
        }
        guard let process = found.process, process.isAlive else {
            throw LabError(.notFound, "\(host) of \(id) is not running; see \(LabPlace(id: id).hostLog(host))")
        }
        return LabTools.command([
            "nsenter", "--target", "\(process.pid)", "--mount", "--uts", "--ipc", "--net", "--pid", "--",
            "setpriv", "--pdeathsig", "KILL", "--",
        ]) + command
    }

    /// Runs a command on a host in all its namespaces, without SSH, and waits for its end.
    public func run(
        _ host: String, _ command: [String], input: [UInt8] = [], deadlineSeconds: Double = 30
    ) async throws -> CommandOutput {
        let words = try entering(host, command)
        return try await onOwnThread {
            try runCommand(words, input: input, deadlineSeconds: deadlineSeconds)
        }
    }
}

extension Lab {
    /// Becomes a command on a host: this process' terminal, input, output and exit status are the command's.
    public func become(_ host: String, _ command: [String]) throws -> Never {
        let words = try entering(host, command)
        signal(SIGINT, SIG_DFL)
        signal(SIGPIPE, SIG_DFL)
        let pointers = unsafe words.map { unsafe strdup($0) } + [nil]
        unsafe execv(words[0], pointers)
        throw LabError(.unavailable, "\(words[0]) cannot be started: errno \(errno)")
    }
}
