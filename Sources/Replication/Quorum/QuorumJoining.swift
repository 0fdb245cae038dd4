// How a member comes to have what the others have when it starts with an empty disk: a new one, or one whose disk is lost.
//
// What was on the disk that is gone may have counted for writes that were acknowledged. So no read takes the word of such a
// member before it has asked so many others for all that they have that among them is one of the replicas of each such
// write. What it is sent meanwhile it keeps, and that counts: whoever asks it later asks one that has joined. In a new
// cluster all ask all, and find that nobody has anything.

/// What a member that joins knows already.
struct QuorumJoin: Sendable {
    /// What one of the others has told.
    struct Told: Hashable, Sendable {
        /// Whether it had all itself.
        var isComplete: Bool
        /// Readable here with that record.
        var end: LSN
    }

    /// A question that is under way.
    struct Question: Hashable, Sendable {
        var number: UInt64
        var range: Int
        var from: QuorumCursor
        var askedAt: Moment
        /// Whether it had all itself when it told the parts before.
        var isComplete = true
    }

    /// By range and replica.
    var told: [Int: [NodeName: Told]] = [:]
    var questions: [NodeName: Question] = [:]
}

/// A place in the contents of a range.
struct QuorumCursor: Hashable, Sendable {
    var leaf = 0
    /// Behind this one, within the leaf.
    var after: QuorumPlace?
}

extension QuorumReplica {
    /// How many of the others must have told all of a range.
    ///
    /// A dot that any of them has seen must never be given again, so with vectors all are asked.
    private var tellersNeeded: Int {
        let (n, r, w) = (configuration.n, configuration.r, configuration.w)
        return configuration.versions == .dvv ? n - 1 : min(n - 1, n - min(r, w) + 1)
    }

    private var ownRanges: [Int] {
        configuration.members.indices.filter { ring.homes(range: $0).contains(name) }
    }

    /// Asks each of the others for its next part, and ends when there is enough.
    mutating func join() {
        guard !isComplete, isReady else { return }
        for peer in peers where isAlive(peer.name) { askToTell(peer.name) }
        guard ownRanges.allSatisfy({ isTold($0) }) else { return }
        becomeComplete("as the other replicas")
    }

    mutating func becomeComplete(_ how: String) {
        isComplete = true
        joining = QuorumJoin()
        saveState()
        // Reads wait for others to hear of it.
        beatAt = now
        record("complete", how)
    }

    /// Whether enough replicas have told all of a range, those that had all of it, or simply all of them.
    private func isTold(_ range: Int) -> Bool {
        let told = joining.told[range, default: [:]].filter { $0.value.end <= applied }
        return told.count == configuration.n - 1 || told.count { $0.value.isComplete } >= tellersNeeded
    }

    private mutating func askToTell(_ peer: NodeName) {
        if var question = joining.questions[peer] {
            guard now >= question.askedAt + configuration.handoffRetry else { return }
            question.askedAt = now
            joining.questions[peer] = question
            return ask(question, peer)
        }
        guard let range = common(peer).first(where: { joining.told[$0]?[peer] == nil }) else { return }
        goOn(QuorumJoin.Question(number: 0, range: range, from: QuorumCursor(), askedAt: now), peer)
    }

    private mutating func goOn(_ question: QuorumJoin.Question, _ peer: NodeName) {
        lastTicket += 1
        var question = question
        (question.number, question.askedAt) = (lastTicket, now)
        joining.questions[peer] = question
        ask(question, peer)
    }

    private mutating func ask(_ question: QuorumJoin.Question, _ peer: NodeName) {
        send(.tell(ticket: ticket(question.number), range: question.range, from: question.from), to: peer)
    }

    /// Another member asks for what is here.
    mutating func tell(_ ticket: QuorumTicket, _ range: Int, _ cursor: QuorumCursor, _ peer: NodeName) {
        guard common(peer).contains(range) else { return }
        let (entries, next) = store.page(range: range, from: cursor)
        send(.told(ticket: ticket, isComplete: isComplete, next: next, entries), to: peer)
    }

    /// Another member has told a part.
    mutating func told(
        _ number: UInt64, _ isComplete: Bool, _ next: QuorumCursor?, _ entries: [QuorumEntry], _ peer: NodeName
    ) {
        guard var question = joining.questions[peer], question.number == number else { return }
        keep(QuorumRecord(.entries, entries.filter { ring.range(of: $0.key) == question.range }), nil)
        question.isComplete = question.isComplete && isComplete
        if let next {
            question.from = next
            return goOn(question, peer)
        }
        joining.questions[peer] = nil
        joining.told[question.range, default: [:]][peer] =
            QuorumJoin.Told(isComplete: question.isComplete, end: logEnd)
    }

    /// A member that has all says so. What it told before it had is asked again.
    mutating func note(_ peer: NodeName, isComplete: Bool) {
        guard let index = peerIndex(peer) else { return }
        peers[index].isJoining = !isComplete
        guard isComplete, !self.isComplete else { return }
        for range in joining.told.keys where joining.told[range]?[peer]?.isComplete == false {
            joining.told[range]?[peer] = nil
        }
    }

    /// Whether a read may take a replica's word, or that of who stands in for it.
    func mayTell(_ slot: QuorumSlot) -> Bool {
        guard slot.node == slot.home else { return true }
        guard let index = peerIndex(slot.node) else { return isComplete }
        return !peers[index].isJoining
    }

    /// Life and whether all is there, durable before either counts.
    mutating func saveState() {
        var writer = ByteWriter()
        writer.number(life)
        if !isComplete { writer.byte(0) }
        lastState += 1
        effects.append(.saveState(writer.bytes, lastState))
    }
}

extension QuorumStore {
    /// The next entries of a range, as many as go into one message, and where to go on.
    func page(range: Int, from start: QuorumCursor) -> (entries: [QuorumEntry], next: QuorumCursor?) {
        var found: [QuorumEntry] = []
        var bytes = 0
        var cursor = start
        while cursor.leaf < QuorumLimit.leaves {
            for place in places(range: range, leaf: cursor.leaf) where cursor.after.map({ $0 < place }) ?? true {
                guard found.count < QuorumLimit.batch, bytes < QuorumLimit.batchBytes else {
                    return (found, cursor)
                }
                cursor.after = place
                if let cell = self[place] {
                    let entry = QuorumEntry(key: place.key, element: place.element, cell: cell)
                    found.append(entry)
                    bytes += entry.weight
                }
            }
            cursor = QuorumCursor(leaf: cursor.leaf + 1)
        }
        return (found, nil)
    }
}
