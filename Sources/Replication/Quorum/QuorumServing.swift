// What a member does as a replica, as a stand-in, and to bring what was missed to where it belongs.
extension QuorumReplica {
    mutating func look(at message: PeerMessage, from sender: NodeName) {
        guard let message = try? QuorumMessage(decoding: message) else {
            return record("malformed", peer: sender, "a message of kind \(message.kind)")
        }
        switch message {
        case .ping: note(sender, isComplete: true)
        case .joining: note(sender, isComplete: false)
        case .put(let ticket, let home, let entries):
            guard accepts(entries, from: sender) else { return }
            guard home != name || hasRoom(for: entries) else {
                return send(.putRefused(ticket: ticket, home: home), to: sender)
            }
            keep(entries, for: home, .peer(sender, ticket, home: home))
        case .repair(let ticket, let entries):
            guard accepts(entries, from: sender) else { return }
            keep(repairRecord(entries), .peer(sender, ticket, home: name))
        case .handoff(let ticket, let entries):
            guard accepts(entries, from: sender) else { return }
            keep(QuorumRecord(.entries, entries), .peer(sender, ticket, home: name))
        case .putAnswer(let ticket, let home): stored(ticket, home)
        case .get(let ticket, let home, let query):
            guard isComplete || home != name else { return }
            let entries = held(for: home, query)
            let fits = entries.weight <= SizeLimit.answer
            send(
                fits
                    ? .getAnswer(ticket: ticket, home: home, entries) : .getRefused(ticket: ticket, home: home),
                to: sender)
        case .putRefused(let ticket, let home): if ticket.life == life { refused(ticket.number, at: home) }
        case .getRefused(let ticket, _): if ticket.life == life { cannotRead(ticket.number) }
        case .getAnswer(let ticket, let home, let entries):
            guard ticket.life == life, accepts(entries, from: sender) else { return }
            answered(ticket.number, home, entries)
        case .roots(let hashes): compare(hashes, with: sender)
        case .agreed(let hash): agreed(hash, with: sender)
        case .leaves(let range, let hashes): compareLeaves(range, hashes, with: sender)
        case .contents(let range, let leaves, let isQuestion, let entries):
            guard accepts(entries, from: sender) else { return }
            take(entries, range, isQuestion ? leaves : [], from: sender)
        case .tell(let ticket, let range, let cursor): tell(ticket, range, cursor, sender)
        case .told(let ticket, let isComplete, let next, let entries):
            guard ticket.life == life, accepts(entries, from: sender) else { return }
            told(ticket.number, isComplete, next, entries, sender)
        }
    }

    /// Lets the hybrid clock hear of what comes; what is too far ahead is refused, with all that came along.
    private mutating func accepts(_ entries: [QuorumEntry], from sender: NodeName) -> Bool {
        guard configuration.versions == .hlc else { return true }
        for stamp in entries.compactMap(\.cell.stamp) {
            do throws(HybridClock.TooFarAhead) {
                try hybrid.receive(HybridClock.Reading(stamp), wall: time.wall)
            } catch {
                record("refuse", peer: sender, "\(error)")
                return false
            }
        }
        return true
    }

    /// Keeps entries as the replica that they are meant for, or in its place.
    mutating func keep(_ entries: [QuorumEntry], for home: NodeName, _ word: Word) {
        if home == name { return keep(QuorumRecord(.entries, entries), word) }
        guard has(.hintsLost) else { return keep(QuorumRecord(.hint, entries, home: home), word) }
        QuorumRecord(.hint, entries, home: home).apply(to: &store)
        say(word)
    }

    /// A replica has what was sent to it: as a write, as a repair, or as what was kept for it.
    private mutating func stored(_ ticket: QuorumTicket, _ home: NodeName) {
        guard ticket.life == life else { return }
        if let handoff = handoffs[home], handoff.number == ticket.number {
            handoffs[home] = nil
            return keep(QuorumRecord(.delivered, handoff.entries, home: home), nil)
        }
        has(ticket.number, at: home)
        repaired(ticket.number, at: home)
    }

    // MARK: Hints

    /// Brings replicas that are there again what was kept for them.
    mutating func handOver() {
        // What waits at the gate is not sent again.
        guard isReady, !hintGate.isClosed else { return }
        for home in store.hints.keys.sorted() where isAlive(home) {
            if let under = handoffs[home], under.sentAt + configuration.handoffRetry > now { continue }
            let entries = store.hints(for: home).batch
            lastTicket += 1
            handoffs[home] = Handoff(number: lastTicket, entries: entries, sentAt: now)
            send(.handoff(ticket: ticket(lastTicket), entries), to: home)
        }
    }

    mutating func beat() {
        guard beatAt <= now else { return }
        beatAt = now + configuration.heartbeat
        for index in peers.indices {
            if peers[index].heardAt == nil { peers[index].heardAt = now }
            send(isComplete ? .ping : .joining, to: peers[index].name)
        }
    }

    // MARK: Comparing contents

    /// The ranges that both this member and another one have.
    func common(_ peer: NodeName) -> [Int] {
        configuration.members.indices.filter { range in
            let homes = ring.homes(range: range)
            return homes.contains(name) && homes.contains(peer)
        }
    }

    /// All that both have, in one number.
    func hash(common peer: NodeName) -> UInt64 {
        common(peer).reduce(1) { QuorumHash.mixed($0 ^ store.root(range: $1)) }
    }

    /// Begins a comparison with the next one that is there, when it is time.
    mutating func compare() {
        for index in peers.indices where peers[index].comparesAt.map({ $0 <= now }) ?? false {
            peers[index].comparesAt = nil
            compare(with: peers[index].name)
        }
        guard let period = configuration.antiEntropy, syncAt <= now else { return }
        syncAt = now + period
        for _ in peers {
            nextPartner = (nextPartner + 1) % peers.count
            let peer = peers[nextPartner].name
            guard isAlive(peer), !common(peer).isEmpty else { continue }
            return compare(with: peer)
        }
    }

    mutating func compare(with peer: NodeName) {
        send(.roots(common(peer).map { store.root(range: $0) }), to: peer)
    }

    private mutating func compare(_ hashes: [UInt64], with peer: NodeName) {
        let ranges = common(peer)
        guard hashes.count == ranges.count else { return }
        let differing = zip(ranges, hashes).filter { store.root(range: $0) != $1 }
        if differing.isEmpty { return send(.agreed(hash(common: peer)), to: peer) }
        for (range, _) in differing { send(.leaves(range: range, store.leaves(range: range)), to: peer) }
    }

    private mutating func agreed(_ hash: UInt64, with peer: NodeName) {
        guard let index = peerIndex(peer) else { return }
        peers[index].agreed = hash
    }

    private mutating func compareLeaves(_ range: Int, _ hashes: [UInt64], with peer: NodeName) {
        guard common(peer).contains(range), hashes.count == QuorumLimit.leaves else { return }
        let own = store.leaves(range: range)
        let differing = hashes.indices.filter { hashes[$0] != own[$0] }
        guard !differing.isEmpty else { return }
        let next = store.first(of: differing, range: range)
        if next.count < differing.count { goOnComparing(with: peer) }
        sendContents(range, next, isQuestion: true, to: peer)
    }

    /// In several messages; the last one of a question asks.
    private mutating func sendContents(_ range: Int, _ leaves: [Int], isQuestion: Bool, to peer: NodeName) {
        var rest = store.entries(range: range, leaves: leaves)[...]
        // Of much that lies in one leaf another part each time: what is too much at once is lost on the way.
        if rest.weight > 2 * QuorumLimit.comparisonBytes {
            let start = rest.startIndex + Int(random.next() % UInt64(rest.count))
            rest = (rest[start...] + rest[..<start]).first(bytes: QuorumLimit.comparisonBytes, \.weight)[...]
            goOnComparing(with: peer)
        }
        repeat {
            let part = rest.batch
            rest = rest.dropFirst(part.count)
            let asks = isQuestion && rest.isEmpty
            send(.contents(range: range, leaves: asks ? leaves : [], isQuestion: asks, part), to: peer)
        } while !rest.isEmpty
    }

    private mutating func take(_ entries: [QuorumEntry], _ range: Int, _ leaves: [Int], from peer: NodeName) {
        guard common(peer).contains(range) else { return }
        if !leaves.isEmpty { sendContents(range, leaves, isQuestion: false, to: peer) }
        let own = entries.filter { ring.range(of: $0.key) == range }
        if !own.isEmpty { keep(QuorumRecord(.entries, own), nil) }
    }

    /// There was more than one comparison sends: the next one does not wait for its turn.
    private mutating func goOnComparing(with peer: NodeName) {
        guard let index = peerIndex(peer) else { return }
        peers[index].comparesAt = now + QuorumLimit.comparisonPause
    }
}
