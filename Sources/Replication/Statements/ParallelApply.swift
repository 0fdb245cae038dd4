extension Store {
    /// Applies the next entries as workers do that do not wait for each other.
    ///
    /// Entries that name different keys are independent for them. Of such entries the later is done first here, so
    /// that what depends on their order shows every time: the order of rows, and numbers of sequences, which are no
    /// rows to whoever looks for conflicts.
    mutating func applyInParallel(_ entries: some Collection<LogEntry>) {
        var group: [LogEntry] = []
        var taken: Set<[UInt8]> = []
        for entry in entries {
            let keys = entry.change.conflictKeys
            if keys == nil || !taken.isDisjoint(with: keys ?? []) {
                finish(&group, &taken)
            }
            group.append(entry)
            taken.formUnion(keys ?? [])
            if keys == nil { finish(&group, &taken) }
        }
        finish(&group, &taken)
    }

    private mutating func finish(_ group: inout [LogEntry], _ taken: inout Set<[UInt8]>) {
        guard let last = group.last else { return }
        precondition(group.first?.lsn == position.lsn + 1, "entries are applied in order, none twice")
        for entry in group.reversed() { apply(entry.change, at: entry.position) }
        settle(at: last.position)
        group = []
        taken = []
    }
}

extension Change {
    /// The rows that workers take care not to change at once; `nil` for what is done alone.
    fileprivate var conflictKeys: Set<[UInt8]>? {
        switch self {
        case .noop, .timeline, .pages: nil
        case .statement(let record): (try? Statement(record.text))?.conflictKeys
        default: Set(keys)
        }
    }
}

extension Statement {
    fileprivate var conflictKeys: Set<[UInt8]>? {
        switch self {
        case .set(let key, let value), .append(let key, let value): Set([key] + value.keys)
        case .add(let key, _), .delete(let key): [key]
        case .insert(_, let value): Set(value.keys)
        case .update: nil
        }
    }
}

extension Statement.Expression {
    var keys: [[UInt8]] {
        switch self {
        case .key(let key): [key]
        case .sum(let value, _): value.keys
        case .literal, .own, .function: []
        }
    }
}
