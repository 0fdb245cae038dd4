import FoundationEssentials

/// Starts one lab, step by step; whoever calls it removes what it left when it throws.
struct LabStart: Sendable {
    private(set) var record: LabRecord
    let options: LabOptions
    private let begin = ContinuousClock.now

    static let deadlineSeconds = 20.0

    /// `record` is fresh from the registry.
    init(record: LabRecord, options: LabOptions) {
        self.record = record
        self.options = options
    }

    /// Starts the lab and returns what keeps it: it ends when that is closed.
    mutating func run() async throws -> OwnerPipe {
        try finish(.reserve, "\(record.hosts.count) hosts in \(record.subnet)")
        let keys = LabKeys(record: record, hostKeys: options.hostKeys)
        try await keys.write()
        try finish(.keys, "keys made")
        let owner = try await launch()
        try finish(.namespaces, "namespaces made")
        try await connect()
        try finish(.network, "controller is \(record.controllerAddress) on \(record.interface)")
        try await awaitHosts()
        try finish(.hosts, "sshd answers on \(record.hosts.map(\.name).joined(separator: ", "))")
        try write(keys.knownHosts(), record.place.knownHosts)
        try record.inventory.save(record.place.hostsFile)
        try finish(.inventory, "ready: --hosts \(record.place.hostsFile)")
        return owner
    }

    private func finish(_ stage: LabStage, _ detail: String) throws {
        let elapsed = ContinuousClock.now - begin
        options.progress(LabProgress(lab: record.id, stage: stage, detail: detail, elapsed: elapsed))
        try options.afterStage(stage, Lab(record))
        try Task.checkCancellation()
    }

    /// Writes the scripts and starts the holder, detached from this process' session and terminal.
    private mutating func launch() async throws -> OwnerPipe {
        let place = record.place
        try write(LabScripts.hold, place.directory + "/hold.sh")
        try write(LabScripts.lab, place.directory + "/lab.sh")
        try write(LabScripts.host, place.directory + "/host.sh")
        let plan = record.hosts.map {
            "\($0.name) \($0.address) \(record.address6(of: $0)) \(place.disks)/\($0.name)\n"
        }
        try write(plan.joined(), place.directory + "/plan")
        let names = record.hosts.map { "\($0.address) \($0.name)\n" }.joined()
        try write(
            "127.0.0.1 localhost\n\(record.controllerAddress) controller\n" + names, place.directory + "/hosts")
        let owner = try OwnerPipe(place.owner)
        _ = try await onOwnThread {
            try LabTools.run(["setsid", "--fork", "bash", place.directory + "/hold.sh", place.directory])
        }
        try await wait("the lab's pid 1 did not make the bridge", log: place.log) {
            FileManager.default.fileExists(atPath: place.switchReady)
        }
        record.root = try rootProcess()
        try record.save()
        return owner
    }

    /// The only child of the holder: pid 1 of the lab.
    private func rootProcess() throws -> ProcessIdentity {
        let text = try String(contentsOfFile: record.place.holder, encoding: .utf8)
        guard let holder = text.split(separator: " ").first.flatMap({ Int32($0) }),
            let root = ProcessStat.descendants(of: holder).first
        else { throw LabError(.startFailed, "pid 1 of \(record.id) is gone: \(LabPlace.tail(record.place.log))") }
        return root.identity
    }

    /// Lays the cable between this network namespace and the lab's bridge.
    private func connect() async throws {
        guard let root = record.root else { preconditionFailure("connected before it was launched") }
        let record = record
        _ = try await onOwnThread {
            try LabTools.run(
                ["ip", "-batch", "-"],
                input: """
                    link add \(record.interface) type veth peer name uplink netns /proc/\(root.pid)/ns/net
                    link set \(record.interface) addrgenmode none
                    address add \(record.controllerAddress)/24 dev \(record.interface)
                    link set \(record.interface) up

                    """)
            // Some machines have no IPv6, and then nobody asks for it.
            _ = try? LabTools.run([
                "ip", "address", "add", "\(record.controllerAddress6)/64", "dev", record.interface, "nodad",
            ])
            try LabTools.run([
                "nsenter", "--target", "\(root.pid)", "--net",
                "ip", "link", "set", "uplink", "master", "lab0", "addrgenmode", "none", "up",
            ])
        }
    }

    /// Waits for every host's sshd, then puts the hosts' processes on record.
    private mutating func awaitHosts() async throws {
        let start = self
        try await withThrowingTaskGroup(of: Void.self) { group in
            for host in record.hosts {
                let place = start.record.place
                group.addTask {
                    try await start.wait("sshd of \(host.name) does not answer", log: place.hostLog(host.name)) {
                        guard !FileManager.default.fileExists(atPath: place.hostEnded(host.name)) else {
                            throw LabError(
                                .startFailed, "\(host.name) ended: \(LabPlace.tail(place.hostLog(host.name)))")
                        }
                        return LabPlace.tail(place.hostLog(host.name)).contains(LabScripts.bootedLine)
                            && SSHBanner.answers(host.address, port: 22, milliseconds: 500)
                    }
                }
            }
            try await group.waitForAll()
        }
        try recordHostProcesses()
        try record.save()
    }

    /// The pid 1 of each host: a child of `unshare`, known by the script and the host name on its command line.
    private mutating func recordHostProcesses() throws {
        guard let root = record.root else { preconditionFailure("hosts before the lab") }
        let script = record.place.directory + "/host.sh"
        for process in ProcessStat.descendants(of: root.pid) {
            let words = commandLine(of: process.identity.pid)
            guard words.count == 7, words[1] == script,
                let index = record.hosts.firstIndex(where: { $0.name == words[3] }),
                record.hosts[index].process == nil
            else { continue }
            record.hosts[index].process = process.identity
        }
        if let host = record.hosts.first(where: { $0.process == nil }) {
            throw LabError(.startFailed, "pid 1 of \(host.name) is not to be found; is /proc mounted?")
        }
    }

    /// Asks every few milliseconds, on a thread of its own, until the answer is yes or the start has taken too long.
    private func wait(
        _ complaint: String, log: String, until isDone: @escaping @Sendable () throws -> Bool
    ) async throws {
        let end = begin + .seconds(Self.deadlineSeconds)
        while try await !onOwnThread(isDone) {
            guard ContinuousClock.now < end else {
                throw LabError(
                    .startFailed, "\(complaint) within \(Self.deadlineSeconds) s: \(LabPlace.tail(log))")
            }
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    private func write(_ text: String, _ path: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    }
}
