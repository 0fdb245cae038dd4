import FoundationEssentials

/// Writes everything sshd and its clients need for one lab before any namespace exists.
struct LabKeys: Sendable {
    let record: LabRecord
    let hostKeys: [HostKeyType]

    /// Generates all keys side by side, then writes settings and authorized keys.
    func write() async throws {
        let place = record.place
        for host in record.hosts {
            for name in ["ssh", "run"] {
                try FileManager.default.createDirectory(
                    atPath: place.host(host.name) + "/" + name, withIntermediateDirectories: true)
            }
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await generate(.ed25519, place.identity, comment: "inquest-\(record.id)") }
            for host in record.hosts {
                for type in hostKeys {
                    let path = keyPath(host.name, type)
                    group.addTask { try await generate(type, path, comment: host.name) }
                }
            }
            try await group.waitForAll()
        }
        let user = try text(place.identity + ".pub")
        for host in record.hosts {
            let directory = place.host(host.name) + "/ssh"
            let config = LabScripts.sshdConfig(
                addresses: [host.address, record.address6(of: host)], hostKeys: hostKeys)
            try write(config, directory + "/sshd_config")
            try write(user, directory + "/authorized_keys")
        }
    }

    /// Every public key of every host, under its address and its name.
    func knownHosts() throws -> String {
        var lines = ""
        for host in record.hosts {
            for type in hostKeys {
                let words = try text(keyPath(host.name, type) + ".pub").split(separator: " ")
                guard words.count >= 2 else {
                    throw LabError(.startFailed, "ssh-keygen wrote no \(type.rawValue) key for \(host.name)")
                }
                lines += "\(host.address),\(record.address6(of: host)),\(host.name) \(words[0]) \(words[1])\n"
            }
        }
        return lines
    }

    private func keyPath(_ host: String, _ type: HostKeyType) -> String {
        record.place.host(host) + "/ssh/" + type.fileName
    }

    private func generate(_ type: HostKeyType, _ path: String, comment: String) async throws {
        _ = try await onOwnThread {
            try LabTools.run([
                "ssh-keygen", "-q", "-t", type.rawValue, "-N", "", "-C", comment, "-f", path,
            ])
        }
    }

    private func text(_ path: String) throws -> String {
        try String(contentsOfFile: path, encoding: .utf8)
    }

    private func write(_ text: String, _ path: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    }
}
