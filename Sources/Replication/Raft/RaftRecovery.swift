/// What a member of a Raft group finds on its disk.
struct RaftRecovery {
    var log: RaftLog
    var memberships: RaftMembershipLog
    var term: UInt32 = 0
    var vote: NodeName?
    var life: UInt64 = 0
    /// The member has not caught up since its disk was empty.
    var joins: Bool

    init(_ stored: StoredState, _ configuration: RaftConfiguration) throws(DecodingFailure) {
        joins = stored.isEmpty && configuration.joins
        var base = RaftMembership(voters: configuration.voters)
        if let snapshot = stored.snapshot { base = try RaftSnapshot(decoding: snapshot.content).membership }
        log = RaftLog(base: stored.snapshot?.position ?? .start)
        memberships = RaftMembershipLog(base: base)
        for record in stored.records where record.lsn > log.base.lsn {
            guard record.lsn == log.last.lsn + 1, record.timeline >= log.last.timeline,
                let kind = RaftEntry.Kind(rawValue: record.kind)
            else { throw DecodingFailure("record \(record.position) does not follow \(log.last)") }
            log.append(RaftEntry(term: record.timeline, kind, record.payload))
            guard kind == .membership else { continue }
            memberships.append(try RaftMembership(decoding: record.payload), at: record.lsn)
        }
        if let state = stored.state { try read(state) }
        if configuration.mutants.contains(.termNotPersisted) { (term, vote) = (0, nil) }
        guard term < log.last.timeline else { return }
        term = log.last.timeline
        vote = nil
    }

    private mutating func read(_ state: [UInt8]) throws(DecodingFailure) {
        var reader = ByteReader(state)
        term = try reader.timeline()
        life = try reader.number()
        let name = try reader.text()
        vote = name.isEmpty ? nil : name
        joins = reader.isAtEnd ? false : try reader.byte() == 1
        try reader.finish()
        guard term <= RaftLimit.highestTerm else { throw DecodingFailure("term \(term) is beyond all terms") }
        guard life < .max else { throw DecodingFailure("life \(life) is beyond all lives") }
    }

    static func encode(term: UInt32, vote: NodeName?, life: UInt64, joins: Bool = false) -> [UInt8] {
        var writer = ByteWriter()
        writer.number(UInt64(term))
        writer.number(life)
        writer.text(vote ?? "")
        writer.byte(joins ? 1 : 0)
        return writer.bytes
    }
}

/// A snapshot with what Raft needs of it: who belonged to the group.
struct RaftSnapshot: Hashable, Sendable {
    var membership: RaftMembership
    /// The state of the user of the core.
    var state: [UInt8]

    init(membership: RaftMembership, state: [UInt8]) {
        self.membership = membership
        self.state = state
    }

    var encoded: [UInt8] {
        var writer = ByteWriter()
        writer.counted(membership.encoded)
        writer.counted(state)
        return writer.bytes
    }

    init(decoding bytes: [UInt8]) throws(DecodingFailure) {
        var reader = ByteReader(bytes)
        membership = try RaftMembership(decoding: try reader.counted())
        state = try reader.counted()
        try reader.finish()
    }
}
