import HistoryModel

/// Turns what the session checkers found into anomalies: which operations prove it, in the order in which to read them.
struct SessionProofs {
    let table: AccessTable
    let ranks: VersionRanks
    let history: History

    /// The index by which evidence names the operation of a row.
    func index(_ row: Int) -> Int { history.operations[Int(table.operation[row])].index }

    private func step(_ row: Int32, _ role: Anomaly.Role) -> Anomaly.Step { Anomaly.Step(index(Int(row)), role) }

    private func steps(_ rows: [Int]) -> [Anomaly.Step] { rows.map { Anomaly.Step(index($0), .orderWitness) } }

    /// The write of a version; nothing for the initial one, and for lists.
    private func write(_ version: Int32, _ role: Anomaly.Role) -> [Anomaly.Step] {
        guard version >= 0, !table.isInitial(version), Int(version) < table.versionCount else { return [] }
        return [step(table.writer[Int(version)], role)]
    }

    private func name(_ key: Int32) -> String? { table.keys.names[Int(key)] }

    /// Two reads of one session; one transaction may have made both.
    private func reads(_ earlier: Int32, _ later: Int32) -> [Anomaly.Step] {
        (earlier == later ? [] : [step(earlier, .earlierRead)]) + [step(later, .violatingRead)]
    }

    // Ranked keys.

    func missedOwnWrite(_ finding: RankedSessions.Finding) -> Anomaly {
        Anomaly(
            .missedOwnWrite, key: name(finding.key),
            [step(finding.earlier, .expectedWrite)] + write(finding.lower, .seenWrite)
                + [step(finding.later, .violatingRead)])
    }

    func readWentBack(_ finding: RankedSessions.Finding) -> Anomaly {
        Anomaly(
            .readWentBack, key: name(finding.key),
            write(finding.higher, .expectedWrite) + write(finding.lower, .seenWrite)
                + reads(finding.earlier, finding.later))
    }

    func writesOutOfOrder(_ finding: RankedSessions.Finding) -> Anomaly {
        Anomaly(
            .writesOutOfOrder, key: name(finding.key),
            [step(finding.earlier, .cause), step(finding.later, .violatingWrite)] + order(finding),
            detail: "the later write has the older version")
    }

    func writeBeforeRead(_ finding: RankedSessions.Finding) -> Anomaly {
        Anomaly(
            .writeBeforeItsCause, key: name(finding.key),
            write(finding.higher, .cause)
                + [step(finding.earlier, .earlierRead), step(finding.later, .violatingWrite)] + order(finding),
            detail: "what was written has an older version than what had been read")
    }

    /// The read that shows which place a write has, if its own answer does not.
    private func order(_ finding: RankedSessions.Finding) -> [Anomaly.Step] {
        if ranks.evidence[Int(finding.key)] == .positions {
            return [step(ranks.longest[Int(finding.key)], .orderWitness)]
        }
        return ranks.teller[finding.lower].map { [step($0, .orderWitness)] } ?? []
    }

    // Keys without ranks.

    func missedOwnWrite(_ step: UnrankedSessions.Step, _ path: CausalPath = CausalPath()) -> Anomaly {
        Anomaly(
            .missedOwnWrite, key: name(step.key),
            [self.step(step.first, .expectedWrite)] + write(step.later, .seenWrite) + steps(path.rows)
                + [self.step(step.second, .violatingRead)], together: Self.together(.readYourWrites, path))
    }

    func readWentBack(_ step: UnrankedSessions.Step, _ path: CausalPath = CausalPath()) -> Anomaly {
        Anomaly(
            .readWentBack, key: name(step.key),
            write(step.earlier, .expectedWrite) + write(step.later, .seenWrite) + steps(path.rows)
                + reads(step.first, step.second), together: Self.together(.monotonicReads, path))
    }

    func readAgain(_ step: UnrankedSessions.Step, row: Int32) -> Anomaly {
        Anomaly(
            .readWentBack, key: name(step.key),
            write(step.earlier, .expectedWrite) + write(step.later, .seenWrite)
                + [
                    self.step(row, .orderWitness), self.step(step.first, .earlierRead),
                    self.step(step.second, .violatingRead),
                ],
            detail: "the session had seen this version before the newer one")
    }

    /// Several guarantees; nothing if it is one alone.
    private static func together(_ guarantee: Guarantee, _ path: CausalPath) -> [Guarantee] {
        path.guarantees.isEmpty ? [] : [guarantee] + path.guarantees
    }

    func circle(
        _ links: [VersionCircle.Link], _ guarantee: Guarantee, and others: Set<Guarantee> = []
    ) -> Anomaly {
        var rows: [Int] = []
        var together = others.union([guarantee])
        var key: Int32 = 0
        for link in links {
            switch link {
            case .step(let step):
                key = step.key
                rows += [Int(table.writer[Int(step.earlier)]), Int(step.first), Int(step.second)]
                rows.append(Int(table.writer[Int(step.later)]))
            case .path(let from, let to, let path):
                rows += [Int(table.writer[Int(from)])] + path.rows + [Int(table.writer[Int(to)])]
                together.formUnion(path.guarantees)
            }
        }
        return Anomaly(
            guarantee == .readYourWrites ? .missedOwnWrite : .readWentBack, key: name(key), conflicting(rows),
            detail: "no order of the versions fits what these sessions saw",
            together: together.count > 1 ? Guarantee.allCases.filter(together.contains) : [])
    }

    private func conflicting(_ rows: [Int]) -> [Anomaly.Step] {
        Set(rows.map(index)).sorted().map { Anomaly.Step($0, .conflicting) }
    }

    // Sets and lists.

    func missingElement(_ finding: CollectionSessions.Finding, _ kind: Anomaly.Kind) -> Anomaly {
        let telling = [step(finding.reader, .violatingRead)]
        let evidence: [Anomaly.Step]
        switch kind {
        case .missedOwnWrite: evidence = [step(finding.source, .expectedWrite)] + telling
        case .readWentBack: evidence = append(finding) + reads(finding.source, finding.reader)
        case .writesOutOfOrder:
            evidence = [step(finding.source, .cause), step(finding.effect, .effect)] + telling
        default:
            // A transaction that reads and appends is both.
            let read = finding.source == finding.effect ? [] : [step(finding.source, .orderWitness)]
            evidence = write(finding.element, .cause) + read + [step(finding.effect, .effect)] + telling
        }
        let element = "element \(text(finding.element))"
        let detail =
            switch finding.flaw {
            case .missing(let count):
                "\(element) is \(kind == .readWentBack ? "gone" : "missing")"
                    + (count > 1 ? " and \(count - 1) more" : "")
            case .moved(let from, let to): "\(element) has moved from place \(from) to place \(to)"
            case .behind(let effect): "\(element) stands behind element \(text(effect))"
            }
        return Anomaly(kind, key: name(finding.key), evidence, detail: detail)
    }

    /// Where the order of elements counts, one that was appended: without any nobody could tell a list from a set.
    private func append(_ finding: CollectionSessions.Finding) -> [Anomaly.Step] {
        guard table.keys.kind[Int(finding.key)] == .list, case .moved = finding.flaw else { return [] }
        let known = write(finding.element, .expectedWrite)
        let any = (table.keys.count..<table.versionCount).first { table.versionKey[$0] == finding.key }
        return known.isEmpty ? any.map { write(Int32($0), .expectedWrite) } ?? [] : known
    }

    private func text(_ element: Int32) -> String {
        String(decoding: JSONText.bytes(history.values.value(table.value(of: element))), as: UTF8.self)
    }

    // Atomic reads.

    /// What links the others, each once.
    private func links(_ missed: SnapshotSessions.Missed) -> [Int] {
        var known = Set([missed.cause, missed.effect, missed.shown].map { Int(table.writer[Int($0)]) })
        known.insert(Int(missed.reader))
        return missed.links.filter { known.insert($0).inserted }
    }

    func missed(_ missed: SnapshotSessions.Missed, _ kind: Anomaly.Kind) -> Anomaly {
        Anomaly(
            kind, key: name(table.versionKey[Int(missed.cause)]),
            write(missed.cause, .cause) + steps(links(missed)) + write(missed.effect, .effect)
                + write(missed.shown, .seenWrite) + [step(missed.reader, .violatingRead)],
            together: missed.together)
    }

    func missed(_ finding: CollectionSnapshots.Finding, _ kind: Anomaly.Kind) -> Anomaly {
        Anomaly(
            kind, key: name(table.versionKey[Int(finding.cause)]),
            write(finding.cause, .cause) + steps(finding.links) + [step(Int32(finding.effect), .effect)]
                + write(finding.shown, .seenWrite) + [step(Int32(finding.reader), .violatingRead)],
            detail: finding.isElement ? "element \(text(finding.cause)) is missing" : nil)
    }

    func circle(
        _ circle: [SnapshotSessions.Missed], _ links: [Int], _ together: [Guarantee], _ kind: Anomaly.Kind
    ) -> Anomaly {
        let rows = circle.flatMap { missed in
            [missed.cause, missed.effect, missed.shown].map { Int(table.writer[Int($0)]) } + [Int(missed.reader)]
        }
        return Anomaly(
            kind, key: name(table.versionKey[Int(circle[0].cause)]), conflicting(rows + links),
            detail: "each of these reads calls another version the newer one", together: together)
    }
}
