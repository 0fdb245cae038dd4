import Determinism
import Testing

@testable import Replication

@Suite("Statements and the ways to log them")
struct StatementTests {
    private static func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    /// A leader and replicas that apply its log, each on its own.
    private struct Group {
        var recording: Recording
        var leader = Store(replica: 1)
        var replicas = [Store(replica: 2), Store(replica: 3)]
        private var log: [LogEntry] = []

        init(_ format: LogFormat, fix: StatementFix = .off) {
            recording = Recording(format: format, fix: fix, origin: 1)
        }

        /// The reply; the entry waits at the replicas until `ship`.
        mutating func tell(_ command: Command) -> Reply {
            recording.surroundings = Surroundings(
                seed: recording.surroundings.seed + 1, time: 5_000 + Int64(leader.position.lsn),
                unique: recording.surroundings.unique + 1, executed: 6_000)
            let (change, reply) = command.effect(on: leader, recorded: recording)
            guard let change else { return reply }
            let entry = LogEntry(Position(timeline: 1, lsn: leader.position.lsn + 1), change)
            leader.apply(entry)
            log.append(entry)
            return reply
        }

        mutating func run(_ text: String) -> Reply { tell(.statement(Array(text.utf8))) }

        mutating func ship(inParallel: Bool = false) throws {
            let read = try log.map {
                LogEntry($0.position, try Change(kind: $0.change.kind, payload: $0.change.payload))
            }
            #expect(read == log)
            for index in replicas.indices {
                if inParallel {
                    replicas[index].applyInParallel(read)
                } else {
                    read.forEach { replicas[index].apply($0) }
                }
                #expect(replicas[index].position == leader.position)
            }
            log = []
        }

        var agrees: Bool { replicas.allSatisfy { $0.contentHash == leader.contentHash } }
        /// Values and versions.
        var isEqual: Bool { replicas.allSatisfy { $0.rows == leader.rows } }
    }

    @Test("what a statement does, and what it tells")
    func meanings() throws {
        var group = Group(.row)
        #expect(group.run("SET a = 5") == .value(Self.bytes("5")))
        #expect(group.run("set b = a + -7") == .value(Self.bytes("-2")))
        #expect(group.run("ADD a 10") == .value(Self.bytes("15")))
        #expect(group.run("ADD new 1") == .value(Self.bytes("1")))
        #expect(group.run("SET t = 'it''s (so) = 1'") == .value(Self.bytes("it's (so) = 1")))
        #expect(group.run("APPEND l t") == .value(Self.bytes("it's (so) = 1")))
        #expect(group.run("DEL b") == .integer(1))
        #expect(group.run("DEL b") == .integer(0))
        #expect(group.run("INSERT s 'x'") == .elements([Self.bytes("s/1"), Self.bytes("x")]))
        #expect(group.run("INSERT s a+1") == .elements([Self.bytes("s/2"), Self.bytes("16")]))
        #expect(
            group.run("UPDATE s/* SET value = 'y' LIMIT 1") == .elements([Self.bytes("s/1"), Self.bytes("y")]))
        #expect(group.run("UPDATE s/2* SET value = value + 1") == .elements([Self.bytes("s/2"), Self.bytes("17")]))
        #expect(group.run("UPDATE none* SET value = 1") == .elements([]))
        #expect(group.run("SET n = NOW()") == .value(Self.bytes("\(5_000 + group.leader.position.lsn - 1)")))
        try group.ship()
        #expect(group.isEqual)
    }

    @Test(
        "what is no statement is refused with the reason",
        arguments: [
            ("", "the statement ends, and one of SET, ADD, APPEND, DEL, UPDATE and INSERT is wanted"),
            ("DROP a", "statements are SET, ADD, APPEND, DEL, UPDATE and INSERT, and not 'DROP'"),
            ("SET a 5", "'=' is wanted, and not '5'"), ("SET a = 5 6", "'6' is too much"),
            ("SET a = ", "the statement ends, and a value is wanted"),
            ("ADD a b", "a whole number of 64 bits is wanted, and not 'b'"),
            ("SET a = 'x", "a text in quotes does not end"), ("SET 'a' = 1", "a key is wanted, and not 'a'"),
            ("SET a = MIN()", "functions are RAND, NOW, UUID, SYSDATE, and not 'MIN'"),
            ("UPDATE a SET value = 1", "'*' is wanted, and not 'SET'"),
            ("UPDATE a* SET b = 1", "VALUE is wanted, and not 'b'"),
            ("UPDATE a* SET value = 1 LIMIT -1", "a limit is not negative"),
            ("SET a = = 1", "a value is wanted, and not '='"),
        ])
    func refused(text: String, reason: String) {
        var group = Group(.statement)
        #expect(group.run(text) == .failed(.syntax, reason))
    }

    @Test("what the values do not allow is refused and changes nothing")
    func notAllowed() {
        var group = Group(.statement)
        _ = group.tell(.add(key: Self.bytes("set"), elements: [[1]]))
        _ = group.run("SET t = 'text'")
        for text in [
            "SET a = missing", "ADD t 1", "ADD set 1", "SET a = set", "APPEND t 1", "SET a = t + 1", "INSERT t 1",
        ] {
            #expect(group.run(text).isFailure, "\(text)")
        }
        #expect(group.leader.position.lsn == 2)
    }

    /// Which functions come out alike at every replica.
    @Test(
        "functions in a log of statements",
        arguments: Statement.Function.allCases, StatementFix.allCases)
    func functions(function: Statement.Function, fix: StatementFix) throws {
        var group = Group(.statement, fix: fix)
        let reply = group.run("SET a = \(function.rawValue)()")
        #expect(reply == .value(group.leader.register(Self.bytes("a"))))
        try group.ship()
        let isSent = fix == .mysql && (function == .random || function == .now)
        #expect(group.agrees == (fix == .literal || isSent))
    }

    @Test("rows and pages say what functions came to", arguments: [LogFormat.row, .wal])
    func computed(format: LogFormat) throws {
        var group = Group(format)
        for function in Statement.Function.allCases { _ = group.run("SET \(function) = \(function.rawValue)()") }
        _ = group.run("INSERT s RAND()")
        _ = group.run("UPDATE s* SET value = UUID() LIMIT 2")
        try group.ship()
        #expect(group.isEqual)
    }

    @Test("a statement that is executed again after a crash comes out as before")
    func again() throws {
        var group = Group(.statement)
        _ = group.run("SET a = SYSDATE()")
        let change = try #require(
            Command.statement(Self.bytes("SET a = UUID()")).effect(on: group.leader, recorded: group.recording)
                .change)
        var first = Store(replica: 9)
        var second = Store(replica: 9)
        first.apply(LogEntry(Position(timeline: 1, lsn: 1), change))
        second.apply(LogEntry(Position(timeline: 1, lsn: 1), change))
        #expect(first.rows == second.rows)
    }

    @Test(
        "parallel workers disagree on sequences and on the first rows of an UPDATE, in a log of statements alone",
        arguments: LogFormat.allCases)
    func parallel(format: LogFormat) throws {
        for texts in [
            ["INSERT s 'x'", "INSERT s 'y'"], ["SET p1 = 1", "SET p2 = 2", "UPDATE p* SET value = 9 LIMIT 1"],
        ] {
            var group = Group(format, fix: .literal)
            for text in texts { _ = group.run(text) }
            try group.ship(inParallel: true)
            #expect(group.agrees == (format != .statement), "\(texts)")
        }
    }

    @Test("parallel workers keep the order of what they see to be about one key")
    func conflicts() throws {
        var group = Group(.statement)
        for text in ["SET a = 1", "SET b = a", "SET a = 2", "ADD a 5", "SET c = a + 1", "DEL b", "SET b = c"] {
            _ = group.run(text)
        }
        _ = group.tell(.transaction([.set(key: Self.bytes("c"), value: [1]), .delete(key: Self.bytes("a"))]))
        try group.ship(inParallel: true)
        #expect(group.isEqual)
    }

    @Test("every format replays every command, whatever the order of commands", arguments: LogFormat.allCases)
    func formats(format: LogFormat) throws {
        for seed: UInt64 in 1...20 {
            var random = SeededRandom(seed: seed)
            var group = Group(format)
            if format == .wal { group.replicas[0].keepPages() }
            if format == .wal && seed.isMultiple(of: 2) { group.leader.keepPages() }
            for _ in 0..<60 {
                _ = group.tell(RandomCommands.command(&random))
                _ = group.run("INSERT q \(random.below(9))")
                _ = group.run("UPDATE q/* SET value = value + 1 LIMIT \(random.below(3))")
                if random.below(5) == 0 { try group.ship() }
            }
            try group.ship()
            #expect(group.isEqual)
            #expect(group.replicas.allSatisfy { $0.keysInRowOrder.count == group.leader.count })
        }
    }

    @Test("a snapshot keeps the order of rows, so that an UPDATE takes the same ones after it")
    func rowOrder() throws {
        var group = Group(.statement)
        for text in ["SET z = 1", "SET a = 1", "SET m = 1", "DEL z", "SET z = 1"] { _ = group.run(text) }
        let order = ["a", "m", "z"].map(Self.bytes)
        #expect(group.leader.keysInRowOrder == order)
        let snapshot = SingleLeaderSnapshot(store: group.leader, end: 5, history: TimelineHistory())
        #expect(try SingleLeaderSnapshot(encoded: snapshot.encoded).store.keysInRowOrder == order)
    }

    @Test("pages read in another layout than they were written in do not come out right")
    func layouts() {
        var group = Group(.wal)
        group.recording.pageLayout = .valueFirst
        group.replicas[0].pageLayout = .keyFirst
        _ = group.tell(.set(key: Self.bytes("k"), value: Self.bytes("v")))
        #expect(throws: Never.self) { try group.ship() }
        #expect(group.replicas[0].register(Self.bytes("k")) == nil)
        #expect(group.replicas[1].register(Self.bytes("k")) == Self.bytes("v"))
    }

    @Test("random texts never trap, and a statement is its own text")
    func noise() throws {
        var random = SeededRandom(seed: 3)
        let pieces = [
            "SET", "UPDATE", "INSERT", "ADD", "a", "'", "''", "=", "*", "+", "(", ")", "1", "value", "LIMIT",
            "RAND", "\u{e9}",
        ]
        var understood = 0
        for _ in 0..<20_000 {
            let text = (0..<random.below(9)).map { _ in random.choose(pieces) }.joined(separator: " ")
            guard let statement = try? Statement(Self.bytes(text)) else { continue }
            understood += 1
            #expect(
                try Statement(statement.withLiterals(Surroundings()).text) == statement.withLiterals(Surroundings())
            )
        }
        #expect(understood > 20)
    }
}
