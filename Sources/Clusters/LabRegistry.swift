import FoundationEssentials
import Glibc

/// The labs of this machine, seen and changed by one command at a time.
///
/// Holding one is holding the lock, so two controllers never choose one subnet and never remove one lab twice.
final class LabRegistry {
    private let descriptor: Int32

    static let lockPath = "/run/inquest/labs.lock"
    /// Numbers of labs: the third byte of their subnets.
    static let numbers = 1...254
    static let lockDeadlineSeconds = 60.0

    /// Waits for the lock; blocks.
    init() throws {
        try FileManager.default.createDirectory(
            atPath: LabPlace.runDirectory, withIntermediateDirectories: true)
        descriptor = unsafe open(Self.lockPath, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        // On failure `deinit` closes what was opened.
        try awaitLock()
    }

    private func awaitLock() throws {
        guard descriptor >= 0 else {
            throw LabError(.registry, "\(Self.lockPath) cannot be opened: errno \(errno)")
        }
        let end = ContinuousClock.now + .seconds(Self.lockDeadlineSeconds)
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            guard errno == EWOULDBLOCK || errno == EINTR, ContinuousClock.now < end else {
                throw LabError(
                    .registry, "\(Self.lockPath) is held by another lab command; wait for it to end")
            }
            usleep(5000)
        }
    }

    deinit { close(descriptor) }

    /// Every lab there is, by number; directories without a readable record are left out.
    func records() -> [LabRecord] {
        directories().compactMap { LabRecord.load(LabPlace(id: $0)) }.sorted { $0.number < $1.number }
    }

    /// Removes what crashed or killed controllers left. Returns the ids of what was removed.
    @discardableResult
    func removeStale() throws -> [String] {
        var removed: [String] = []
        for id in directories() where LabRecord.load(LabPlace(id: id))?.isStale != false {
            try remove(id)
            removed.append(id)
        }
        return removed
    }

    /// Removes a lab, whoever owns it.
    func remove(_ id: String) throws {
        try LabRemoval(id: id).run()
    }

    /// Lets a lab stand by itself. Dying between the two steps ends the lab, and its record says so.
    func release(_ id: String, _ owner: OwnerPipe) throws {
        guard var record = records().first(where: { $0.id == id }) else {
            throw LabError(.startFailed, "\(id) was removed while it started")
        }
        record.owner = nil
        record.phase = .up
        try record.save()
        try owner.persist()
    }

    /// Takes the lowest free number and puts the lab on record before anything of it exists.
    func reserve(hosts: Int, owner: ProcessIdentity) throws -> LabRecord {
        let routes = try LabTools.run(["ip", "-4", "-o", "route", "show", "table", "all"])
        let taken = Set(directories())
        for number in Self.numbers {
            let record = LabRecord(number: number, hosts: hosts, owner: owner)
            guard !taken.contains(record.id), !interfaceExists(record.interface),
                !isRouted(number, routes)
            else { continue }
            try FileManager.default.createDirectory(
                atPath: record.place.directory, withIntermediateDirectories: false,
                attributes: [.posixPermissions: 0o755])
            try record.save()
            // Under the lock, because removals take the parent directory away when it is empty.
            for host in record.hosts {
                try FileManager.default.createDirectory(
                    atPath: "\(record.place.disks)/\(host.name)", withIntermediateDirectories: true)
            }
            return record
        }
        throw LabError(.badRequest, "all \(Self.numbers.count) lab networks are taken; see: inquest lab status")
    }

    /// Names of lab directories; a record is missing when its writer died between two steps.
    private func directories() -> [String] {
        let manager = FileManager.default
        let run = (try? manager.contentsOfDirectory(atPath: LabPlace.runDirectory)) ?? []
        let disks = (try? manager.contentsOfDirectory(atPath: LabPlace.diskDirectory)) ?? []
        return Set((run + disks).compactMap(LabPlace.id(directory:))).sorted()
    }

    /// Whether a route other than a very broad one leads into the subnet: then it belongs to somebody.
    private func isRouted(_ number: Int, _ routes: String) -> Bool {
        routes.split(separator: "\n").contains { line in
            let words = line.split(separator: " ")
            let kinds: Set<Substring> = ["local", "broadcast", "unicast", "blackhole", "unreachable"]
            guard let target = words.first(where: { !kinds.contains($0) }) else { return false }
            return Self.overlaps(target, number)
        }
    }

    /// Whether `10.77.0.0/16` or `10.77.3.9` meets 10.77.NUMBER.0/24; prefixes shorter than /16 do not count.
    static func overlaps(_ target: Substring, _ number: Int) -> Bool {
        let parts = target.split(separator: "/")
        let bytes = (parts.first ?? "").split(separator: ".").compactMap { UInt32($0) }
        let length = parts.count > 1 ? Int(parts[1]) ?? 32 : 32
        guard (1...4).contains(bytes.count), length >= 16 else { return false }
        let padded = bytes + Array(repeating: 0, count: 4 - bytes.count)
        let address = padded.reduce(0) { $0 << 8 | $1 }
        let subnet: UInt32 = 10 << 24 | 77 << 16 | UInt32(number) << 8
        let mask = UInt32.max << UInt32(32 - min(length, 24))
        return address & mask == subnet & mask
    }
}

/// Whether this machine has a network interface of that name.
func interfaceExists(_ name: String) -> Bool {
    FileManager.default.fileExists(atPath: "/sys/class/net/\(name)")
}
