// What a member with partitions does with clients' requests: each goes to the partition that its keys are in, and reads
// of several keys are put together from what the partitions show at one moment.

/// A read of keys of several partitions.
struct GatheredRead: Sendable {
    var keys: [[UInt8]]
    var waiting: Set<Int>
    var answers: [Int: ClientAnswer] = [:]
}

extension PartitionedReplica {
    /// The partition of a key.
    static func home(of key: [UInt8], _ count: Int) -> Int { Int(PageImage.hash(of: key) % UInt64(count)) }

    /// The partitions that a command is about; all where it does not name its keys.
    private func homes(of command: Command) -> Set<Int> {
        guard case .statement(let text) = command else {
            return Set(command.keys.map { Self.home(of: $0, parts.count) })
        }
        // What is no statement is refused by whoever gets it.
        guard let statement = try? Statement(text) else { return [0] }
        return statement.rows.map { Set($0.map { Self.home(of: $0, parts.count) }) } ?? Set(parts.indices)
    }

    mutating func receive(_ id: RequestID, _ call: ClientCall, _ time: NodeTime) {
        let homes = homes(of: call.command)
        if homes.count <= 1 {
            let place = homes.first ?? 0
            return feed(place, .request(id, self.call(call, at: place)), time)
        }
        guard case .getAll(let keys) = call.command else {
            let reply = Reply.failed(.refused, "rows of several partitions, whose logs have no order in common")
            return effects.append(.reply(id, ClientAnswer(reply, role: role.rawValue, position: applied)))
        }
        gather(id, call, keys, homes, time)
    }

    private mutating func gather(
        _ id: RequestID, _ call: ClientCall, _ keys: [[UInt8]], _ homes: Set<Int>, _ time: NodeTime
    ) {
        gathered[id] = GatheredRead(keys: keys, waiting: homes)
        for place in homes.sorted() {
            lastQuestion += 1
            let question = RequestID(1) << 63 | lastQuestion
            questions[question] = (id, place)
            var part = self.call(call, at: place)
            part.command = .getAll(keys: keys.filter { Self.home(of: $0, parts.count) == place })
            feed(place, .request(question, part), time)
        }
    }

    /// A partition answered: a client, or a question for a read of several.
    mutating func reply(_ id: RequestID, _ answer: ClientAnswer, of place: Int) {
        guard let question = questions.removeValue(forKey: id) else {
            return effects.append(.reply(id, told(answer, of: place)))
        }
        let read = question.read
        let part = told(answer, of: place)
        gathered[read]?.answers[place] = part
        gathered[read]?.waiting.remove(place)
        guard let all = gathered[read], all.waiting.isEmpty else { return }
        gathered[read] = nil
        effects.append(.reply(read, all.answer(parts.count)))
    }

    /// What a client is told: no two entries of the node have the same position.
    private func told(_ answer: ClientAnswer, of place: Int) -> ClientAnswer {
        var answer = answer
        answer.position = outward(answer.position, place)
        answer.version = answer.version.map { outward($0, place) }
        if let token = answer.details?.token, token.starts(with: "0=".utf8) {
            answer.details?.token = Array("\(place)=".utf8) + token.dropFirst(2)
        }
        return answer
    }

    private func outward(_ position: Position, _ place: Int) -> Position {
        Position(timeline: position.timeline, lsn: position.lsn * LSN(parts.count) + LSN(place))
    }

    /// The call as one partition understands it: `2=1:7,3=1:9` is `0=1:7` to partition 2, and nothing yet to partition 1.
    private func call(_ call: ClientCall, at place: Int) -> ClientCall {
        guard let token = call.token, !token.isEmpty else { return call }
        var call = call
        let entries = token.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
        let known = Set(parts.indices.map { Array("\($0)=".utf8) })
        let names = entries.map { Array($0.prefix { $0 != UInt8(ascii: "=") }) + [UInt8(ascii: "=")] }
        // What is malformed is for the partition to refuse.
        guard names.allSatisfy(known.contains), Set(names).count == names.count else { return call }
        let own = zip(names, entries).first { $0.0 == Array("\(place)=".utf8) }
        call.token = own.map { Array("0=".utf8) + $0.1.dropFirst($0.0.count) } ?? []
        return call
    }
}

extension GatheredRead {
    /// The values in the order of the keys, or what the first partition says that has none.
    fileprivate func answer(_ count: Int) -> ClientAnswer {
        let places = answers.keys.sorted()
        var values: [Int: ArraySlice<[UInt8]?>] = [:]
        for place in places {
            guard let answer = answers[place], case .values(let found) = answer.reply else {
                return answers[place] ?? ClientAnswer(.failed(.notReady, "a partition is silent"), role: "")
            }
            values[place] = found[...]
        }
        let all = places.compactMap { answers[$0] }
        var answer = all[0]
        answer.reply = .values(
            keys.map { values[PartitionedReplica.home(of: $0, count)]?.popFirst() ?? nil })
        let tokens = all.compactMap { $0.details?.token }
        if !tokens.isEmpty { answer.details?.token = Array(tokens.joined(separator: [UInt8(ascii: ",")])) }
        answer.position = all.map(\.position).max() ?? answer.position
        answer.version = nil
        return answer
    }
}

extension Statement {
    /// The rows that it reads and writes; `nil` where that depends on what is there.
    var rows: [[UInt8]]? {
        switch self {
        case .set(let key, let value), .append(let key, let value): [key] + value.keys
        case .add(let key, _), .delete(let key): [key]
        case .insert, .update: nil
        }
    }
}
