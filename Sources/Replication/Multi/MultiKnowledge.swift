// What everybody is known to have, and what may be forgotten then.

/// What is known of what other members that write have.
struct MultiKnowledge: Sendable {
    private var vectors: [NodeName: VersionVector] = [:]

    /// A record tells what its writer had.
    mutating func note(_ record: MultiRecord) {
        vectors[record.origin, default: VersionVector()].merge(record.past)
        vectors[record.origin]?.insert(record.dot)
    }

    /// A member says what it has. It counts once all that it had written by then is here.
    mutating func note(_ vector: VersionVector, of member: NodeName, here: VersionVector) {
        guard here[member] >= vector[member] else { return }
        vectors[member, default: VersionVector()].merge(vector)
    }

    func has(_ dot: Dot, _ member: NodeName) -> Bool { vectors[member]?.contains(dot) == true }
}

/// A deletion, and when it was applied here.
struct Grave: Sendable {
    var key: [UInt8]
    var dot: Dot
    var since: Moment
}

extension MultiReplica {
    /// Whether everybody who writes has a write, and all that they wrote before they had it is here: then whatever else
    /// comes knew of it.
    func isEverywhere(_ dot: Dot) -> Bool {
        configuration.writers.allSatisfy { $0 == name || knowledge.has(dot, $0) }
    }

    /// Remembers when something was deleted.
    mutating func bury(_ record: MultiRecord) {
        for case .assign(let key, nil) in record.changes {
            graves.append(Grave(key: key, dot: record.dot, since: now))
        }
    }

    /// Forgets deletions that are old enough and that nothing can be older than any more.
    ///
    /// Where a write that knew of a deletion may lose to it, nothing is forgotten: members would have to do it at once.
    mutating func forgetDeletions() {
        guard configuration.policy.respectsCauses else { return graves.removeAll() }
        while let first = graves.first, now >= first.since + configuration.gcGrace {
            // The planted bug does not ask who has it.
            guard isEverywhere(first.dot) || has(.tombstoneGcEarly) else { return }
            graves.popFirst()
            store.forget(first.key, first.dot)
        }
    }
}

extension MultiPolicy {
    /// Whether of two versions that knew each other the newer one always wins, and one is kept.
    var respectsCauses: Bool { self == .lwwHybrid || self == .lwwLamport || self == .crdt }
}
