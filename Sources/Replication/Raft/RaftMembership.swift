/// Who belongs to a Raft group: voters decide, learners only receive.
struct RaftMembership: Hashable, Sendable {
    /// Ascending, never empty.
    private(set) var voters: [NodeName]
    /// Ascending, none of them a voter.
    private(set) var learners: [NodeName]

    init(voters: [NodeName], learners: [NodeName] = []) {
        precondition(!voters.isEmpty, "somebody must vote")
        self.voters = voters.sorted()
        self.learners = learners.sorted()
    }

    func contains(_ name: NodeName) -> Bool { voters.contains(name) || learners.contains(name) }

    func adding(learner name: NodeName) -> RaftMembership {
        RaftMembership(voters: voters, learners: learners + [name])
    }

    func promoting(_ name: NodeName) -> RaftMembership {
        RaftMembership(voters: voters + [name], learners: learners.filter { $0 != name })
    }

    /// `nil` when nobody would be left to vote.
    func removing(_ name: NodeName) -> RaftMembership? {
        let rest = voters.filter { $0 != name }
        return rest.isEmpty ? nil : RaftMembership(voters: rest, learners: learners.filter { $0 != name })
    }

    /// `n1 n2 n3, learning n4`
    var words: String {
        let learning = learners.isEmpty ? "" : ", learning " + learners.joined(separator: " ")
        return voters.joined(separator: " ") + learning
    }

    var encoded: [UInt8] {
        var writer = ByteWriter()
        for names in [voters, learners] {
            writer.number(UInt64(names.count))
            names.forEach { writer.text($0) }
        }
        return writer.bytes
    }

    init(decoding bytes: [UInt8]) throws(DecodingFailure) {
        var reader = ByteReader(bytes)
        var lists: [[NodeName]] = []
        for _ in 0..<2 {
            var names: [NodeName] = []
            for _ in 0..<(try reader.count()) { names.append(try reader.text()) }
            lists.append(names.sorted())
        }
        try reader.finish()
        let all = lists[0] + lists[1]
        guard !lists[0].isEmpty, Set(all).count == all.count else {
            throw DecodingFailure("a membership without voters or with a name twice")
        }
        (voters, learners) = (lists[0], lists[1])
    }
}

/// The memberships that the log names, so that a cut of the log takes back what it takes away.
struct RaftMembershipLog: Sendable {
    /// What held before the first entry that is kept.
    private(set) var base: RaftMembership
    /// In the order of the log.
    private(set) var changes: [(lsn: LSN, membership: RaftMembership)] = []

    init(base: RaftMembership) { self.base = base }

    /// A membership holds as soon as it is in the log.
    var current: RaftMembership { changes.last?.membership ?? base }

    /// The entry that made the current membership; 0 when it is the first one.
    var currentIndex: LSN { changes.last?.lsn ?? 0 }

    func at(_ lsn: LSN) -> RaftMembership { changes.last { $0.lsn <= lsn }?.membership ?? base }

    mutating func append(_ membership: RaftMembership, at lsn: LSN) { changes.append((lsn, membership)) }

    mutating func cut(after lsn: LSN) { changes.removeAll { $0.lsn > lsn } }

    mutating func trim(through lsn: LSN) {
        base = at(lsn)
        changes.removeAll { $0.lsn <= lsn }
    }
}
