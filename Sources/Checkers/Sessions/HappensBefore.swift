import HistoryModel

/// Why a checker stopped before it had an answer.
struct LimitReached: Error {
    var reason: String
}

/// Which register write came before which, by what the history itself proves: the order within sessions, and that a
/// write precedes everything that its readers do afterwards. Times are not evidence.
///
/// One vector clock for each write (Mattern 1989; as in AWDIT, PLDI 2025), with one entry for each session that writes.
struct HappensBefore {
    private let accesses: Accesses
    private let sessions: Sessions
    /// By session: its entry in the clocks, if it writes.
    private var entry: [Int?]
    private let width: Int
    /// By operation: what came before this write, without itself.
    private var stamps: [[Int32]?]
    private var bytes = 0
    private let limit: Int

    init(_ accesses: Accesses, _ sessions: Sessions, _ limits: CheckLimits) throws(LimitReached) {
        self.accesses = accesses
        self.sessions = sessions
        limit = limits.bytes
        entry = [Int?](repeating: nil, count: sessions.operations.count)
        var width = 0
        for update in accesses.updates where !accesses.keys[update.key].isSet && update.outcome != .fail {
            let session = sessions.session[update.operation]
            guard entry[session] == nil else { continue }
            entry[session] = width
            width += 1
        }
        self.width = width
        stamps = [[Int32]?](repeating: nil, count: accesses.history.operations.count)
        try run()
    }

    /// True if the history proves that the first write came before the second.
    func precedes(_ first: Int, _ second: Int) -> Bool {
        first != second && time(second, session: sessions.session[first]) >= sessions.place[first]
    }

    /// How far into a session the causes of a write reach: a place, 0 for not at all.
    func time(_ write: Int, session: Int) -> Int {
        guard let entry = entry[session], let stamp = stamps[write] else { return 0 }
        return Int(stamp[entry])
    }

    /// All that came before some writes, those included: how far into each writing session they reach.
    struct Reach {
        fileprivate var clock: [Int32] = []

        init() {}
    }

    /// Adds a write and its causes.
    func extend(_ reach: inout Reach, with write: Int) {
        guard let stamp = stamps[write], let own = entry[sessions.session[write]] else { return }
        if reach.clock.isEmpty { reach.clock = stamp } else { _ = merge(stamp, into: &reach.clock) }
        reach.clock[own] = max(reach.clock[own], Int32(sessions.place[write]))
    }

    /// How far into a session it reaches: a place, 0 for not at all.
    func place(_ reach: Reach, session: Int) -> Int {
        guard let entry = entry[session], !reach.clock.isEmpty else { return 0 }
        return Int(reach.clock[entry])
    }

    /// True if a write is among them.
    func contains(_ reach: Reach, _ write: Int) -> Bool {
        let session = sessions.session[write]
        return place(reach, session: session) >= sessions.place[write]
    }

    private mutating func run() throws(LimitReached) {
        var clocks = [[Int32]](
            repeating: [Int32](repeating: 0, count: width), count: sessions.operations.count)
        for moment in Moment.all(accesses.history) {
            let session = sessions.session[moment.operation]
            if moment.isReturn {
                try finish(moment.operation, &clocks[session])
            } else {
                try begin(moment.operation, clocks[session])
            }
        }
    }

    /// A write comes after what its session knows; a cas also after the write whose value it replaces, as far as that
    /// has been invoked.
    private mutating func begin(_ operation: Int, _ clock: [Int32]) throws(LimitReached) {
        guard let update = accesses.updateOf[operation].map({ accesses.updates[$0] }), update.outcome != .fail,
            !accesses.keys[update.key].isSet
        else { return }
        var stamp = clock
        if let expected = update.expected,
            case .update(let replaced) = accesses.origin(expected, key: update.key, reader: operation)
        {
            try join(replaced, into: &stamp)
        }
        stamps[operation] = stamp
    }

    /// The session knows what it has read and written.
    private mutating func finish(_ operation: Int, _ clock: inout [Int32]) throws(LimitReached) {
        guard accesses.operation(operation).outcome == .ok else { return }
        for position in accesses.readingsOf[operation] {
            guard case .update(let write) = accesses.origin(accesses.readings[position]) else { continue }
            try join(write, into: &clock)
        }
        guard stamps[operation] != nil else { return }
        if accesses.operation(operation).f == "cas" { stamps[operation] = clock }
        try join(operation, into: &clock)
    }

    /// Adds a write and all that came before it to what a session has seen.
    private mutating func join(_ write: Int, into clock: inout [Int32]) throws(LimitReached) {
        guard let stamp = stamps[write], let own = entry[sessions.session[write]] else { return }
        if merge(stamp, into: &clock) || clock[own] < sessions.place[write] {
            clock[own] = max(clock[own], Int32(sessions.place[write]))
            try remember()
        }
    }

    private func merge(_ other: [Int32], into clock: inout [Int32]) -> Bool {
        var changed = false
        for index in 0..<width where clock[index] < other[index] {
            clock[index] = other[index]
            changed = true
        }
        return changed
    }

    private mutating func remember() throws(LimitReached) {
        bytes += 4 * width
        guard bytes <= limit else {
            throw LimitReached(
                reason: "the order of writes over \(width) writing sessions needs more than "
                    + "\(limit >> 20) MiB: raise the memory limit or check a shorter history")
        }
    }
}
