// What a member does with clients' requests: it asks the replicas of the keys and puts their answers together.

/// One replica of a key as a request sees it: its home, and who is asked in its place.
struct QuorumSlot: Hashable, Sendable {
    var home: NodeName
    var node: NodeName
}

/// A write under way; it stays after its answer until all replicas have spoken or its time is over.
struct QuorumWrite: Sendable {
    var entries: [QuorumEntry]
    var slots: [QuorumSlot]
    var reply: Reply
    /// `nil` once answered.
    var request: RequestID?
    var needed: Int
    var details: ClientAnswer.Details?
    /// The homes that have it, or whose stand-ins have.
    var acknowledged: Set<NodeName> = []
    /// The homes at which a value would become too large by it.
    var refused: Set<NodeName> = []
}

/// A read under way, of a client or for the number of a write.
struct QuorumRead: Sendable {
    enum Purpose: Sendable {
        case answer(Command)
        /// The entries of a write that still lack their numbers.
        case number([QuorumDraft], Reply)
    }

    var query: QuorumQuery
    var purpose: Purpose
    var slots: [QuorumSlot]
    var request: RequestID
    var needed: Int
    var answers: [NodeName: [QuorumEntry]] = [:]
    /// Replicas that get what was found and have not said that they have it; the answer waits for them.
    var behind: Set<NodeName> = []
    var answer: ClientAnswer?
}

/// What a client writes, without its version.
struct QuorumDraft: Hashable, Sendable {
    var place: QuorumPlace
    var value: [UInt8]?
}

extension QuorumReplica {
    mutating func receive(_ id: RequestID, _ call: ClientCall) {
        guard isReady else { return answer(id, .failed(.notReady, "\(name) is starting")) }
        guard reads.count + writes.count < QuorumLimit.requests else {
            return answer(id, .failed(.busy, "\(reads.count + writes.count) requests wait"))
        }
        switch call.command {
        case .get(let key): read(id, call.command, .registers([key]))
        case .getAll(let keys): read(id, call.command, .registers(keys))
        case .members(let key): read(id, call.command, .set(key))
        case .set(let key, let value): write(id, [QuorumDraft(place: .init(key: key), value: value)], .ok, call)
        case .delete(let key): write(id, [QuorumDraft(place: .init(key: key), value: nil)], .integer(1), call)
        case .add(let key, let elements):
            let drafts = elements.map { QuorumDraft(place: .init(key: key, element: $0), value: []) }
            write(id, drafts, .integer(elements.count), call)
        case .remove(let key, let elements):
            let drafts = elements.map { QuorumDraft(place: .init(key: key, element: $0), value: nil) }
            write(id, drafts, .integer(elements.count), call)
        case .compareAndSet, .increment, .append, .range, .atLeast, .transaction, .statement, .reserve,
            .rejected:
            answer(id, .failed(.refused, "no replica decides alone, so nothing can depend on what is there"))
        }
    }

    mutating func abandon(_ id: RequestID) {
        for number in reads.keys where reads[number]?.request == id { reads[number] = nil }
        for number in writes.keys where writes[number]?.request == id { writes[number]?.request = nil }
    }

    // MARK: Who is asked

    func isAlive(_ peer: NodeName) -> Bool {
        guard let index = peerIndex(peer) else { return true }
        return peers[index].heardAt.map { $0 + configuration.silence > now } ?? true
    }

    /// The homes of some keys, each with who is asked in its place: the next on the ring, when it is silent.
    func slots(of keys: [[UInt8]]) -> [QuorumSlot] {
        var slots: [QuorumSlot] = []
        for range in Set(keys.map { ring.range(of: $0) }).sorted() {
            let homes = ring.homes(range: range)
            var free = ring.order(from: range).filter { !homes.contains($0) || has(.hintAndHomeDouble) }
            free.removeAll { !isAlive($0) }
            for home in homes where !slots.contains(where: { $0.home == home }) {
                var node = home
                if configuration.usesStandIns, !isAlive(home), !free.isEmpty { node = free.removeFirst() }
                slots.append(QuorumSlot(home: home, node: node))
            }
        }
        return slots
    }

    /// Nobody can be asked who would be enough: then nothing is begun.
    private func refusal(_ slots: [QuorumSlot], _ needed: Int, isRead: Bool = true) -> Reply? {
        let reachable = slots.count { isAlive($0.node) && (!isRead || mayTell($0)) }
        guard reachable < needed else { return nil }
        return .failed(.notReady, "\(reachable) of \(needed) replicas can be reached")
    }

    /// The write, or with it a value, would be too large.
    private func refusal(_ entries: [QuorumEntry], _ slots: [QuorumSlot]) -> Reply? {
        if entries.weight > SizeLimit.entry { return SizeLimit.entryRefusal }
        guard slots.contains(where: { $0.home == name }), !hasRoom(for: entries) else { return nil }
        return SizeLimit.valueRefusal
    }

    private mutating func newNumber() -> UInt64 {
        lastTicket += 1
        deadlines.append((lastTicket, now + configuration.requestTimeout))
        return lastTicket
    }

    func ticket(_ number: UInt64) -> QuorumTicket { QuorumTicket(life: life, number: number) }

    // MARK: Writes

    private mutating func write(_ id: RequestID, _ drafts: [QuorumDraft], _ reply: Reply, _ call: ClientCall) {
        guard let key = drafts.first?.place.key else { return answer(id, reply) }
        let slots = slots(of: [key])
        if let refusal = refusal(slots, configuration.writesNeeded, isRead: false) { return answer(id, refusal) }
        switch configuration.versions {
        case .wall, .hlc:
            let stamp = newStamp()
            let entries = drafts.map { entry($0, stamp) }
            if let refusal = refusal(entries, slots) { return answer(id, refusal) }
            begin(id, entries, reply, slots)
        case .abd: askNumbers(id, drafts, reply, slots)
        case .dvv: writeDotted(id, drafts, reply, slots, call)
        }
    }

    private mutating func newStamp() -> Stamp {
        guard configuration.versions == .hlc else { return wallStamps.next(wall: time.wall, replica: name) }
        let reading = hybrid.next(wall: time.wall)
        return Stamp(time: reading.time, counter: reading.counter, replica: name)
    }

    private func entry(_ draft: QuorumDraft, _ stamp: Stamp) -> QuorumEntry {
        QuorumEntry(
            key: draft.place.key, element: draft.place.element,
            cell: .stamped(stamp, QuorumValue(bytes: draft.value, written: time.wall)))
    }

    private mutating func begin(
        _ id: RequestID, _ entries: [QuorumEntry], _ reply: Reply, _ slots: [QuorumSlot],
        details: ClientAnswer.Details? = nil
    ) {
        let number = newNumber()
        writes[number] = QuorumWrite(
            entries: entries, slots: slots, reply: reply, request: id, needed: configuration.writesNeeded,
            details: details)
        if configuration.versions == .dvv {
            // A dot that others have seen must never be given again: it is durable here first.
            keep(QuorumRecord(.entries, entries), whenDurable: number, .own(number, home: name))
        } else {
            spread(number)
        }
    }

    /// Sends a write to all its replicas.
    mutating func spread(_ number: UInt64) {
        guard let write = writes[number] else { return }
        for slot in write.slots {
            if slot.node != name {
                send(.put(ticket: ticket(number), home: slot.home, write.entries), to: slot.node)
            } else if configuration.versions != .dvv, slot.home == name, !hasRoom(for: write.entries) {
                refused(number, at: name)
            } else if configuration.versions != .dvv || slot.home != name {
                keep(write.entries, for: slot.home, .own(number, home: slot.home))
            }
        }
    }

    /// Where a replica that must know what it has decides: others point there.
    private mutating func writeDotted(
        _ id: RequestID, _ drafts: [QuorumDraft], _ reply: Reply, _ slots: [QuorumSlot], _ call: ClientCall
    ) {
        guard isComplete, slots.contains(where: { $0.home == name }) else {
            let home = slots.first { isAlive($0.home) && $0.home != name && mayTell($0) }?.home
            return answer(id, home.map { .moved($0) } ?? .failed(.notReady, "no replica can be reached"))
        }
        guard let past = call.context.map({ ClientContext.vector($0) }) ?? VersionVector() else {
            return answer(id, .failed(.syntax, "a context that no node gave"))
        }
        var details = ClientAnswer.Details()
        var entries: [QuorumEntry] = []
        for draft in drafts {
            var versions = DottedVersions<QuorumValue>()
            if case .dotted(let there)? = newest(draft.place) { versions = there }
            var seen = draft.place.element == nil ? past : versions.context
            if has(.vvNoDots) { seen[name] = versions.context[name] }
            let dot = versions.put(QuorumValue(bytes: draft.value, written: time.wall), at: name, after: seen)
            // Only a client that has seen all of this node's writes can say with a vector what it has seen now.
            if seen[name] + 1 == dot.number, draft.place.element == nil {
                seen.insert(dot)
                details.context = ClientContext.text(seen)
            }
            entries.append(QuorumEntry(key: draft.place.key, element: draft.place.element, cell: .dotted(versions)))
        }
        if let refusal = refusal(entries, slots) { return answer(id, refusal) }
        begin(id, entries, reply, slots, details: details)
    }

    /// A replica has a write, or the one that stands in for it.
    mutating func has(_ number: UInt64, at home: NodeName) {
        guard writes[number]?.slots.contains(where: { $0.home == home }) == true else { return }
        writes[number]?.acknowledged.insert(home)
        guard let write = writes[number] else { return }
        if write.acknowledged.count >= write.needed, let id = write.request {
            writes[number]?.request = nil
            answer(id, write.reply, details: write.details)
        }
        end(number)
    }

    /// A replica keeps nothing of a write, for a value would be too large. If none does, it is as if it had never been.
    mutating func refused(_ number: UInt64, at home: NodeName) {
        guard writes[number]?.slots.contains(where: { $0.home == home }) == true else { return }
        writes[number]?.refused.insert(home)
        end(number)
    }

    /// Forgets a write of which all replicas have spoken.
    private mutating func end(_ number: UInt64) {
        guard let write = writes[number], write.acknowledged.union(write.refused).count == write.slots.count else {
            return
        }
        writes[number] = nil
        guard let id = write.request else { return }
        let words =
            "\(write.acknowledged.count) of \(write.needed) replicas have it, and others no room for the value"
        answer(id, write.acknowledged.isEmpty ? SizeLimit.valueRefusal : .unknown(.stalled, words))
    }

    /// What a read asks for is too much for one message.
    mutating func cannotRead(_ number: UInt64) {
        guard let read = reads[number], read.answer == nil else { return }
        reads[number] = nil
        answer(read.request, SizeLimit.answerRefusal)
    }

    // MARK: Reads

    private mutating func read(_ id: RequestID, _ command: Command, _ query: QuorumQuery) {
        guard !query.keys.isEmpty else { return answer(id, .values([])) }
        var slots = slots(of: query.keys)
        if let refusal = refusal(slots, configuration.r) { return answer(id, refusal) }
        if configuration.r == 1, isComplete, query.keys.allSatisfy({ ring.homes(of: $0).contains(name) }) {
            slots = [QuorumSlot(home: name, node: name)]
        }
        ask(QuorumRead(query: query, purpose: .answer(command), slots: slots, request: id, needed: configuration.r))
    }

    private mutating func askNumbers(
        _ id: RequestID, _ drafts: [QuorumDraft], _ reply: Reply, _ slots: [QuorumSlot]
    ) {
        let place = drafts[0].place
        let needed = configuration.versionQuorum
        if let refusal = refusal(slots, needed) { return answer(id, refusal) }
        ask(
            QuorumRead(
                query: place.element == nil ? .registers([place.key]) : .set(place.key),
                purpose: .number(drafts, reply), slots: slots, request: id, needed: needed))
    }

    private mutating func ask(_ read: QuorumRead) {
        let number = newNumber()
        reads[number] = read
        for slot in read.slots where slot.node != name {
            send(.get(ticket: ticket(number), home: slot.home, read.query), to: slot.node)
        }
        for slot in read.slots where slot.node == name && mayTell(slot) {
            let entries = held(for: slot.home, read.query)
            guard entries.weight <= SizeLimit.answer else { return cannotRead(number) }
            answered(number, slot.home, entries)
        }
    }

    /// What is readable here on behalf of a replica.
    func held(for home: NodeName, _ query: QuorumQuery) -> [QuorumEntry] {
        home == name ? store.entries(query) : store.hints(for: home, query)
    }

    /// A replica has answered a read.
    mutating func answered(_ number: UInt64, _ home: NodeName, _ entries: [QuorumEntry]) {
        guard let there = reads[number], there.answer == nil, there.slots.contains(where: { $0.home == home })
        else {
            return
        }
        reads[number]?.answers[home] = entries
        guard let read = reads[number], isEnough(read) else { return }
        let found = newestOf(read)
        switch read.purpose {
        case .number(let drafts, let reply):
            reads[number] = nil
            let last = found.values.compactMap(\.stamp?.time).max() ?? 0
            let counter = UInt32(truncatingIfNeeded: life << 20) | UInt32(truncatingIfNeeded: number & 0xF_FFFF)
            let stamp = Stamp(time: last == .max ? .max : last + 1, counter: counter, replica: name)
            let entries = drafts.map { entry($0, stamp) }
            if let refusal = refusal(entries, read.slots) { return answer(read.request, refusal) }
            begin(read.request, entries, reply, read.slots)
        case .answer(let command): finish(number, read, found, command)
        }
    }

    /// Whether of each key enough homes have answered.
    private func isEnough(_ read: QuorumRead) -> Bool {
        if read.slots.count == 1 { return read.answers.count == 1 }
        return read.query.keys.allSatisfy { key in
            ring.homes(of: key).count { read.answers[$0] != nil } >= read.needed
        }
    }

    /// The newest of each place that anyone answered with.
    private func newestOf(_ read: QuorumRead) -> [QuorumPlace: QuorumCell] {
        var found: [QuorumPlace: QuorumCell] = [:]
        for home in read.answers.keys.sorted() {
            for entry in read.answers[home] ?? [] {
                guard let there = found[entry.place] else {
                    found[entry.place] = entry.cell
                    continue
                }
                let newer = there.merged(with: entry.cell)
                found[entry.place] = has(.repairOlderWins) && newer == entry.cell ? there : newer
                if has(.repairOlderWins), newer == there { found[entry.place] = entry.cell }
            }
        }
        return found
    }

    private mutating func finish(
        _ number: UInt64, _ read: QuorumRead, _ found: [QuorumPlace: QuorumCell], _ command: Command
    ) {
        let answer = self.answer(to: command, found)
        let repairs = configuration.repair == .off || has(.noReadRepair) ? [] : repairs(read, found)
        if configuration.repair == .blocking, !repairs.isEmpty, !has(.asyncReadRepair) {
            // Before the first of them may say that it has it.
            reads[number]?.answer = answer
            reads[number]?.behind = Set(repairs.map(\.home))
        } else {
            reads[number] = nil
            leave(read.request, answer)
        }
        for (home, entries) in repairs {
            if home == name {
                keep(repairRecord(entries), .own(number, home: name))
            } else {
                send(.repair(ticket: ticket(number), entries), to: home)
            }
        }
    }

    /// The replicas that answered with less than was found, with what they lack.
    private func repairs(
        _ read: QuorumRead, _ found: [QuorumPlace: QuorumCell]
    ) -> [(home: NodeName, entries: [QuorumEntry])] {
        let all = found.keys.sorted()
        return read.slots.filter { $0.node == $0.home }.compactMap { slot in
            guard let answer = read.answers[slot.home] else { return nil }
            let has = Dictionary(answer.map { ($0.place, $0.cell) }) { first, _ in first }
            let missing = all.filter { has[$0] != found[$0] && ring.homes(of: $0.key).contains(slot.home) }
            let entries = missing.compactMap { place in
                found[place].map { QuorumEntry(key: place.key, element: place.element, cell: $0) }
            }
            return entries.isEmpty ? nil : (slot.home, entries)
        }
    }

    func repairRecord(_ entries: [QuorumEntry]) -> QuorumRecord {
        QuorumRecord(has(.repairOlderWins) ? .replacement : .entries, entries)
    }

    /// A replica that was behind has caught up.
    mutating func repaired(_ number: UInt64, at home: NodeName) {
        guard var read = reads[number], read.behind.remove(home) != nil else { return }
        reads[number] = read
        guard read.behind.isEmpty, let answer = read.answer else { return }
        reads[number] = nil
        leave(read.request, answer)
    }

    // MARK: Answers

    private func answer(to command: Command, _ found: [QuorumPlace: QuorumCell]) -> ClientAnswer {
        switch command {
        case .getAll(let keys):
            return plain(.values(keys.map { found[QuorumPlace(key: $0)]?.shown.first }))
        case .members:
            let elements = found.filter { !$0.value.isTombstone }.keys.sorted().compactMap(\.element)
            return plain(.elements(elements))
        default:
            let cell = found[QuorumPlace(key: command.key)]
            var details: ClientAnswer.Details?
            if let cell {
                details = ClientAnswer.Details()
                details?.stamp = configuration.versions == .abd ? nil : cell.stamp?.time
                details?.context = cell.context.map { ClientContext.text($0) }
                details?.siblings = Array(cell.shown.dropFirst())
            }
            return plain(.value(cell?.shown.first), details)
        }
    }

    private func plain(_ reply: Reply, _ details: ClientAnswer.Details? = nil) -> ClientAnswer {
        ClientAnswer(reply, role: "replica", details: details)
    }

    private mutating func answer(_ id: RequestID, _ reply: Reply, details: ClientAnswer.Details? = nil) {
        leave(id, plain(reply, details))
    }

    private mutating func leave(_ id: RequestID, _ answer: ClientAnswer) {
        replies.push((id, answer), now: now, &random)
    }

    /// Requests whose time is over.
    mutating func giveUp() {
        while let first = deadlines.first, first.at <= now {
            deadlines.popFirst()
            if let read = reads.removeValue(forKey: first.number) {
                answer(read.request, .failed(.timeout, "\(read.answers.count) of \(read.needed) replicas answered"))
            }
            guard let write = writes.removeValue(forKey: first.number), let id = write.request else { continue }
            let words = "\(write.acknowledged.count) of \(write.needed) replicas have it"
            answer(id, has(.timeoutAsFail) ? .failed(.timeout, words) : .unknown(.stalled, words))
        }
    }
}
