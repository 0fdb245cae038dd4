/// How a leader writes down what a command did.
public struct Recording: Hashable, Sendable {
    public var format: LogFormat
    public var fix: StatementFix
    /// The number of the leader, as its `Store` has it.
    public var origin: UInt64
    public var surroundings: Surroundings
    /// The layout of its pages.
    public var pageLayout: PageLayout

    public init(
        format: LogFormat = .row, fix: StatementFix = .mysql, origin: UInt64 = 0,
        surroundings: Surroundings = Surroundings(), pageLayout: PageLayout = .keyFirst
    ) {
        self.format = format
        self.fix = fix
        self.origin = origin
        self.surroundings = surroundings
        self.pageLayout = pageLayout
    }
}

/// What a log entry says of a change.
public enum LogFormat: String, Hashable, Sendable, CaseIterable {
    /// Statements as their text, executed anew at every replica; other commands as rows.
    case statement
    /// What changed in which row.
    case row
    /// Images of the pages that changed, to be put in the place of those that are there.
    case wal
}

/// What is done about functions that give another value at every replica.
public enum StatementFix: String, Hashable, Sendable, CaseIterable {
    /// Nothing.
    case off
    /// The seed of `RAND()` and the time of `NOW()` go with the statement, nothing else: as MySQL and MariaDB do it.
    case mysql
    /// The leader replaces every function by its value.
    case literal
}

/// A statement in the log.
public struct StatementRecord: Hashable, Sendable {
    public var text: [UInt8]
    public var fix: StatementFix
    /// Who executed it first and has its effect in its own state.
    public var origin: UInt64
    /// What it was executed in there.
    public var surroundings: Surroundings

    public init(text: [UInt8], fix: StatementFix, origin: UInt64, surroundings: Surroundings) {
        self.text = text
        self.fix = fix
        self.origin = origin
        self.surroundings = surroundings
    }

    /// What a replica executes it in.
    func surroundings(at replica: UInt64, lsn: LSN) -> Surroundings {
        guard replica != origin else { return surroundings }
        var local = Surroundings.local(replica: replica, lsn: lsn, after: surroundings.time)
        if fix == .mysql {
            local.seed = surroundings.seed
            local.time = surroundings.time
        }
        return local
    }
}

extension Recording {
    /// What a statement does to a state, written down.
    func effect(of text: [UInt8], on store: Store) -> (change: Change?, reply: Reply) {
        let statement: Statement
        do throws(StatementError) {
            statement = try Statement(text)
        } catch {
            return (nil, .failed(.syntax, error.description))
        }
        let result = statement.evaluate(on: store, in: surroundings)
        guard !result.changes.isEmpty else { return (nil, result.reply) }
        guard result.changes.allSatisfy(store.hasRoom) else { return (nil, SizeLimit.valueRefusal) }
        // Its text is short whatever it does.
        guard Change.batch(result.changes).weight <= SizeLimit.entry else { return (nil, SizeLimit.entryRefusal) }
        guard format == .statement else {
            return (result.changes.count == 1 ? result.changes[0] : .batch(result.changes), result.reply)
        }
        let logged = fix == .literal ? statement.withLiterals(surroundings).text : text
        let record = StatementRecord(text: logged, fix: fix, origin: origin, surroundings: surroundings)
        return (.statement(record), result.reply)
    }

    /// The change as the format has it.
    func written(_ change: Change, on store: Store) -> Change {
        guard format == .wal else { return change }
        return .pages(store.pages(after: change, layout: pageLayout))
    }
}
