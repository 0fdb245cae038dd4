import HistoryModel

/// What nodes say of leaders, votes and positions must fit together.
///
/// Of an epoch (a term, an epoch of an arbiter, a timeline, a view) there is one leader, whoever speaks of it; a member
/// votes for one candidate of a term, and remembers across restarts the terms in which it voted or led (Ongaro and
/// Ousterhout, In Search of an Understandable Consensus Algorithm, 2014: election safety). No position of the log is
/// acknowledged for two updates, and an update that begins when another one is over comes behind it in the log: what was
/// acknowledged is not taken out again.
struct LogInspection {
    private var draft: VerdictDraft
    private let history: History
    private var leaders: [Epoch: (leader: String, speaker: String)] = [:]
    private var votes: [Vote: String] = [:]
    private var spoken: [String: Int] = [:]
    /// Epochs that were reported already.
    private var reported: Set<Epoch> = []

    private struct Epoch: Hashable {
        var kind: String
        var number: Int
    }

    private struct Vote: Hashable {
        var voter: String
        var term: Int
    }

    /// An acknowledged update and its place.
    private struct Entry {
        var ordinal: Int
        var timeline: Int64
        var lsn: Int64
    }

    static func draft(_ history: History, _ options: CheckOptions) -> VerdictDraft {
        var inspection = LogInspection(history, options)
        for report in options.nodeReports {
            guard let claim = LeadershipClaim(report) else { continue }
            inspection.draft.count("log-facts")
            inspection.note(claim, by: report.node)
        }
        for entries in inspection.entries().values { inspection.check(entries) }
        return inspection.draft
    }

    private init(_ history: History, _ options: CheckOptions) {
        self.history = history
        draft = VerdictDraft(
            .loginspect, options, algorithm: "each statement of the nodes against the others (exact)")
    }

    // MARK: Leaders and votes

    private mutating func note(_ claim: LeadershipClaim, by node: String) {
        switch claim {
        case .leads(let kind, let number, let leader):
            if leader == node { spoken[node] = max(spoken[node] ?? 0, kind == "term" ? number : 0) }
            let epoch = Epoch(kind: kind, number: number)
            guard let known = leaders[epoch] else { return leaders[epoch] = (leader, node) }
            guard known.leader != leader, reported.insert(epoch).inserted else { return }
            draft.report(
                Anomaly(
                    .twoLeaders, [],
                    detail: "\(kind) \(number): \(known.leader) by \(known.speaker), \(leader) by \(node)"))
        case .votes(let term, let candidate):
            spoken[node] = max(spoken[node] ?? 0, term)
            let vote = Vote(voter: node, term: term)
            guard let known = votes[vote] else { return votes[vote] = candidate }
            guard known != candidate else { return }
            draft.report(
                Anomaly(.twoVotes, [], detail: "\(node) votes for \(known) and for \(candidate) in term \(term)"))
        case .begins(let term):
            guard let before = spoken[node], term < before else { return }
            draft.report(
                Anomaly(
                    .forgottenTerm, [],
                    detail: "\(node) voted or led in term \(before), and begins again in term \(term)"))
        case .contradicts(let words):
            draft.report(Anomaly(.logContradiction, [], detail: "\(node): \(words)"))
        }
    }

    // MARK: Positions

    /// The acknowledged updates by the log that they are in, in the order of their ends.
    private func entries() -> [String: [Entry]] {
        var entries: [String: [Entry]] = [:]
        let columns = history.columns
        for ordinal in 0..<columns.count where columns.outcome[ordinal] == .ok {
            switch history.functions[Int(columns.function[ordinal].number)] {
            case "read", "txn", "dump": continue
            default: break
            }
            let meta = history.metas(ordinal).completion
            guard !meta.isNull, let timeline = history.number("tli", of: meta),
                let lsn = history.number("lsn", of: meta)
            else { continue }
            let log = history.values.member("partition", of: meta).map { "\(history.values.value($0))" } ?? ""
            entries[log, default: []].append(Entry(ordinal: ordinal, timeline: timeline, lsn: lsn))
        }
        return entries.mapValues { $0.sorted { history.ret($0.ordinal) < history.ret($1.ordinal) } }
    }

    private mutating func check(_ entries: [Entry]) {
        draft.count("log-facts", entries.count)
        var holders: [Int64: Entry] = [:]
        var isBroken = false
        for entry in entries {
            guard let holder = holders.updateValue(entry, forKey: entry.lsn) else { continue }
            isBroken = true
            draft.report(
                Anomaly(
                    .positionTwice, [step(holder, .expectedWrite), step(entry, .violatingWrite)],
                    detail: "\(holder.timeline):\(holder.lsn), then \(entry.timeline):\(entry.lsn)"))
        }
        // A log that went back has places that were given out twice, or will have.
        if !isBroken { findStepBack(entries) }
    }

    /// The first update that began when one of a higher position was over.
    private mutating func findStepBack(_ entries: [Entry]) {
        let byCall = entries.sorted { history.call($0.ordinal) < history.call($1.ordinal) }
        var next = 0
        var highest: Entry?
        for entry in byCall {
            while next < entries.count, history.ret(entries[next].ordinal) < history.call(entry.ordinal) {
                if highest.map({ entries[next].lsn > $0.lsn }) ?? true { highest = entries[next] }
                next += 1
            }
            guard let before = highest, before.lsn > entry.lsn else { continue }
            draft.report(
                Anomaly(
                    .positionWentBack, [step(before, .expectedWrite), step(entry, .violatingWrite)],
                    detail: "\(before.timeline):\(before.lsn), then \(entry.timeline):\(entry.lsn)"))
            return
        }
    }

    private func step(_ entry: Entry, _ role: Anomaly.Role) -> Anomaly.Step {
        Anomaly.Step(history.operations[entry.ordinal].index, role)
    }
}

extension History {
    /// A whole number in a meta value.
    fileprivate func number(_ name: String, of meta: ValueRef) -> Int64? {
        values.member(name, of: meta).flatMap { values.int($0) }
    }
}
