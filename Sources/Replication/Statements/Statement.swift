/// One statement of the small language that the drawbacks of logs of statements can be shown with.
///
///     SET k = expr           ADD k n            APPEND k expr         DEL k
///     UPDATE prefix* SET value = expr LIMIT n   the first n keys in the order in which rows lie at this replica
///     INSERT name expr       a new row `name/1`, `name/2`, ...: the next number of the sequence `name`
///
/// An expression is a number, a `'text'`, a key, either of them `+ n`, or `RAND()`, `NOW()`, `UUID()`, `SYSDATE()`;
/// in an UPDATE `value` is what the row holds. Functions are computed once in a statement.
public enum Statement: Hashable, Sendable {
    case set(key: [UInt8], Expression)
    case add(key: [UInt8], Int64)
    case append(key: [UInt8], Expression)
    case delete(key: [UInt8])
    case update(prefix: [UInt8], Expression, limit: Int?)
    case insert(sequence: [UInt8], Expression)

    public indirect enum Expression: Hashable, Sendable {
        case literal([UInt8])
        case key([UInt8])
        /// What the row of an UPDATE holds.
        case own
        case function(Function)
        case sum(Expression, Int64)
    }

    /// What gives another value each time that it is computed.
    public enum Function: String, Hashable, Sendable, CaseIterable {
        case random = "RAND"
        case now = "NOW"
        case unique = "UUID"
        case executionTime = "SYSDATE"
    }
}

/// Where the values of functions come from.
public struct Surroundings: Hashable, Sendable {
    /// For `RAND()`.
    public var seed: UInt64
    /// For `NOW()`: when the statement began, in nanoseconds since 1970.
    public var time: Int64
    /// For `UUID()`: what no other execution has.
    public var unique: UInt64
    /// For `SYSDATE()`: when it is executed, in nanoseconds since 1970.
    public var executed: Int64

    public init(seed: UInt64 = 0, time: Int64 = 0, unique: UInt64 = 0, executed: Int64 = 0) {
        self.seed = seed
        self.time = time
        self.unique = unique
        self.executed = executed
    }

    /// What a replica finds around itself when it executes an entry that another one sent.
    ///
    /// It is executed some milliseconds later there; how many follows from replica and entry, so that a replica that
    /// executes the entry again after a crash makes the same of it.
    static func local(replica: UInt64, lsn: LSN, after time: Int64) -> Surroundings {
        let own = mix(replica ^ mix(lsn))
        let later = time &+ Int64(1_000_000 + own % 1_000_000_000)
        return Surroundings(seed: mix(own), time: later, unique: mix(own ^ 0x5555), executed: later)
    }

    func value(of function: Statement.Function) -> [UInt8] {
        switch function {
        case .random: Array(String(Self.mix(seed) % 1_000_000_000).utf8)
        case .now: IntegerText.text(time)
        case .unique: Array((Self.hexadecimal(Self.mix(unique)) + Self.hexadecimal(Self.mix(~unique))).utf8)
        case .executionTime: IntegerText.text(executed)
        }
    }

    /// The finalizer of SplitMix64 (Steele, Lea, Flood 2014): near seeds give far values.
    private static func mix(_ value: UInt64) -> UInt64 {
        var mixed = value &+ 0x9E37_79B9_7F4A_7C15
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    private static func hexadecimal(_ value: UInt64) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
