import FoundationEssentials
import Glibc

/// Takes one lab away: processes and with them namespaces, then the interface, then the directories.
///
/// Every step finds out by itself what is left to do, so a removal that was killed is finished by the next one.
/// The caller holds the registry.
struct LabRemoval {
    let id: String
    static let deadlineSeconds = 15.0

    func run() throws {
        let place = LabPlace(id: id)
        let retired = LabPlace.retired(id)
        // The starter writes `holder` before it makes namespaces, and cannot write once the directory is renamed:
        // from here on either the file names it or it ends by itself. The retired directory outlives its disks and
        // processes, so a killed removal is seen.
        if FileManager.default.fileExists(atPath: place.directory) {
            try FileManager.default.moveItem(atPath: place.directory, toPath: retired)
        }
        try endProcesses(retired)
        try removeInterface("iq" + id)
        try removeDirectory(place.disks)
        rmdirIfEmpty(LabPlace.diskDirectory)
        rmdirIfEmpty(ClusterHost.defaultStateDirectory)
        try removeDirectory(retired)
    }

    /// Kills the process that holds the namespaces and pid 1 in them; the kernel kills the rest.
    private func endProcesses(_ directory: String) throws {
        let text = String(
            decoding: FileManager.default.contents(atPath: directory + "/holder") ?? Data(), as: UTF8.self)
        let words = text.split(whereSeparator: \.isWhitespace)
        var doomed: [ProcessIdentity] = []
        if words.count == 2, let pid = Int32(words[0]), let start = UInt64(words[1]) {
            let holder = ProcessIdentity(pid: pid, start: start)
            if holder.isAlive {
                doomed += ProcessStat.all().filter { $0.parent == pid }.map(\.identity) + [holder]
            }
        }
        let bytes = FileManager.default.contents(atPath: directory + "/lab.json") ?? Data()
        let record = try? JSONDecoder().decode(LabRecord.self, from: bytes)
        if let root = record?.root { doomed.append(root) }
        // A pid 1 ends only after every process of its namespace, nested ones too, has ended.
        doomed.forEach { $0.kill() }
        try wait("processes \(doomed.map { String($0.pid) }.joined(separator: ", ")) do not end") {
            !doomed.contains(where: \.isAlive)
        }
    }

    /// The kernel removes the cable with the namespace at its other end, a little later; this does not wait for that.
    private func removeInterface(_ name: String) throws {
        guard interfaceExists(name) else { return }
        // It may go between the look and the command: only what is there afterwards counts.
        _ = try? LabTools.run(["ip", "link", "delete", name])
        try wait("the interface \(name) does not go") { !interfaceExists(name) }
    }

    private func removeDirectory(_ path: String) throws {
        guard FileManager.default.fileExists(atPath: path) else { return }
        try FileManager.default.removeItem(atPath: path)
    }

    private func rmdirIfEmpty(_ path: String) {
        _ = unsafe rmdir(path)
    }

    private func wait(_ complaint: String, until isDone: () -> Bool) throws {
        let end = ContinuousClock.now + .seconds(Self.deadlineSeconds)
        while !isDone() {
            guard ContinuousClock.now < end else {
                throw LabError(.notRemoved, "\(id): \(complaint) within \(Self.deadlineSeconds) s")
            }
            usleep(2000)
        }
    }
}

extension LabPlace {
    private static let retiredPrefix = "retired-"

    /// Where the directory of a lab goes while the lab is being removed.
    static func retired(_ id: String) -> String { "\(runDirectory)/\(retiredPrefix)\(id)" }

    /// The lab a directory name stands for, also while that lab is being removed; nil for other names.
    static func id(directory name: String) -> String? {
        let id = name.hasPrefix(retiredPrefix) ? String(name.dropFirst(retiredPrefix.count)) : name
        return id.hasPrefix("lab") && Int(id.dropFirst(3)) != nil ? id : nil
    }
}
