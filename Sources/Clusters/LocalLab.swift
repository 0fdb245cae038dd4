/// Hosts on this machine for as long as `body` runs; afterwards, also when it throws or is cancelled, nothing of them.
///
/// When the controller is killed instead, the kernel ends the lab's processes at once; its directories, with the hosts'
/// disks, stay until the next `lab` command.
@discardableResult
public func withLab<Value: Sendable>(
    _ options: LabOptions, body: (Lab) async throws -> Value
) async throws -> Value {
    let (lab, owner) = try await LocalLab.start(options)
    // Closing it earlier would end the lab under the body.
    defer { withExtendedLifetime(owner) {} }
    let result: Result<Value, any Error>
    do {
        result = .success(try await body(lab))
    } catch {
        result = .failure(error)
    }
    do {
        try await LocalLab.remove(lab.id)
    } catch {
        guard case .failure(let first) = result else { throw error }
        throw LabError(.notRemoved, "\(error); and before that: \(first)")
    }
    return try result.get()
}

/// Labs on this machine that outlive a command; every function first removes what crashed controllers left.
///
/// No call blocks the cooperative pool: blocking work runs on threads of its own.
public enum LocalLab {
    /// Which labs to take down.
    public enum Selection: Hashable, Sendable {
        /// The only one there is.
        case only
        case id(String)
        /// Every lab that `up` made; those of running controllers stay.
        case all
    }

    /// Starts a lab that stays until `down`. A start that fails or is cancelled leaves nothing.
    public static func up(_ options: LabOptions) async throws -> Lab {
        let (lab, owner) = try await start(options)
        do {
            try await onOwnThread { [id = lab.id] in
                let registry = try LabRegistry()
                try registry.release(id, owner)
            }
        } catch {
            try await remove(lab.id)
            throw error
        }
        return lab
    }

    /// Removes labs. Returns the ids of what was removed, stale labs included.
    public static func down(_ selection: Selection) async throws -> [String] {
        try await onOwnThread {
            let registry = try LabRegistry()
            var removed = try registry.removeStale()
            if case .id(let id) = selection, removed.contains(id) { return removed }
            for record in try selection.pick(registry.records(), isDown: true) {
                try registry.remove(record.id)
                removed.append(record.id)
            }
            return removed
        }
    }

    /// The labs of this machine, with what their hosts do now.
    public static func status() async throws -> LabsStatus {
        let (records, removed) = try await onOwnThread {
            let registry = try LabRegistry()
            let removed = try registry.removeStale()
            return (registry.records(), removed)
        }
        return try await LabsStatus(records, removed: removed)
    }

    /// A lab that is up, to run commands on its hosts; the only one, when no id is given.
    public static func find(_ id: String? = nil) async throws -> Lab {
        try await onOwnThread {
            let registry = try LabRegistry()
            try registry.removeStale()
            let selection = id.map { Selection.id($0) } ?? .only
            let found = try selection.pick(registry.records(), isDown: false)
            guard let record = found.first else { preconditionFailure("a selection of nothing") }
            return try Lab(record)
        }
    }
}

extension LocalLab {
    /// Reserves and starts a lab; on failure removes it before the error goes on.
    static func start(_ options: LabOptions) async throws -> (Lab, OwnerPipe) {
        guard LabOptions.hostRange.contains(options.hosts), !options.hostKeys.isEmpty else {
            let range = "\(LabOptions.hostRange.lowerBound) to \(LabOptions.hostRange.upperBound)"
            throw LabError(.badRequest, "\(options.hosts) hosts; a lab has \(range), each with a host key")
        }
        if let unavailable = await availability() { throw unavailable }
        let record = try await onOwnThread {
            guard let owner = ProcessIdentity.current else {
                throw LabError(.unavailable, "/proc does not show this process; mount it")
            }
            let registry = try LabRegistry()
            try registry.removeStale()
            return try registry.reserve(hosts: options.hosts, owner: owner)
        }
        do {
            var start = LabStart(record: record, options: options)
            let owner = try await start.run()
            return (try Lab(start.record), owner)
        } catch {
            do {
                try await remove(record.id)
            } catch let second {
                throw LabError(.notRemoved, "\(second); and before that: \(error)")
            }
            throw error is CancellationError || error is LabError
                ? error : LabError(.startFailed, "\(record.id): \(error)")
        }
    }

    /// Removes a lab, whoever owns it. Runs to its end also in a cancelled task.
    static func remove(_ id: String) async throws {
        try await onOwnThread {
            let registry = try LabRegistry()
            try registry.remove(id)
        }
    }
}

extension LocalLab.Selection {
    /// The labs a user means, out of all there are. `isDown`: only those that no running controller needs.
    func pick(_ all: [LabRecord], isDown: Bool) throws(LabError) -> [LabRecord] {
        let free = isDown ? all.filter { $0.owner == nil } : all
        switch self {
        case .all: return free
        case .only:
            guard free.count <= 1 else {
                let ids = free.map(\.id).joined(separator: ", ")
                throw LabError(.ambiguous, "there are several labs: \(ids); name one with --lab")
            }
            guard isDown || !free.isEmpty else {
                throw LabError(.notFound, "there is no lab; make one with: inquest lab up --hosts 5")
            }
            return free
        case .id(let id):
            guard let record = all.first(where: { $0.id == id }) else {
                throw LabError(.notFound, "there is no lab \(quoted(id)); see: inquest lab status")
            }
            if isDown, let owner = record.owner {
                throw LabError(
                    .inUse, "\(id) belongs to the running process \(owner.pid); it goes when that one ends")
            }
            return [record]
        }
    }
}
