import HistoryModel

/// What the session checkers share: who wrote what was read, and which version is older.
struct SessionVersions {
    let accesses: Accesses
    let sessions: Sessions
    let order: HappensBefore

    /// True if the history proves that what was read is older than a write of the same key.
    ///
    /// On a key that one session writes this decides every case: its versions are in that session's order. On others
    /// it is silent where nothing proves an order.
    func isOlder(_ origin: Origin, than write: Int) -> Bool {
        switch origin {
        case .initial: true
        case .update(let seen): order.precedes(seen, write)
        case .ambiguous, .failed, .phantom: false
        }
    }

    /// True if the versions of a key are in one session's order.
    func hasSingleWriter(_ key: Int) -> Bool {
        let writers = Set(
            accesses.keys[key].updates.lazy.map { accesses.updates[$0] }.filter { $0.outcome != .fail }
                .map { sessions.session[$0.operation] })
        return writers.count <= 1
    }

    /// How the given keys are judged, in words.
    func algorithm(_ keys: Set<Int>) -> String {
        let registers = keys.filter { !accesses.keys[$0].isSet }
        let sets = keys.count - registers.count
        let single = registers.count { hasSingleWriter($0) }
        var parts: [String] = []
        if single > 0 { parts.append("single-writer versions on \(Self.keys(single)) (exact)") }
        if single < registers.count {
            parts.append("happens-before on \(Self.keys(registers.count - single)) (sound, may miss)")
        }
        if sets > 0 { parts.append("set elements on \(Self.keys(sets)) (exact)") }
        return parts.isEmpty ? "happens-before" : parts.joined(separator: ", ")
    }

    private static func keys(_ number: Int) -> String { number == 1 ? "1 key" : "\(number) keys" }

    /// The steps of a proof: the write that was seen, if any.
    func seenWrite(_ origin: Origin) -> [Anomaly.Step] {
        guard case .update(let write) = origin else { return [] }
        return [Anomaly.Step(accesses.index(write), .seenWrite)]
    }
}

extension VerdictDraft {
    /// Notes that an answer cannot be traced to one write.
    mutating func doubtAmbiguous(_ key: KeyAccesses) {
        doubt("values of \(key.title) repeat, so an answer does not tell its write: write unique values")
    }

    /// Notes that a key cannot be judged at all.
    mutating func doubtProblem(_ key: KeyAccesses) {
        guard let problem = key.problem else { return }
        doubt("\(key.title) cannot be judged: \(problem)")
    }
}
