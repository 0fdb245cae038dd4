public import HistoryModel

/// The options of `node-single` that a workload file may set; the defaults are those of a careful operator.
public struct NodeSingleOptions: Hashable, Sendable {
    /// When a write is answered.
    public enum Acknowledgement: Hashable, Sendable {
        case async
        /// As soon as this many followers have it.
        case count(Int)
        /// When each of so many followers, chosen by name, has it.
        case set(Int)
        case all

        /// As on the command line.
        var text: String {
            switch self {
            case .async: "async"
            case .count(let count): "count:\(count)"
            case .set(let count): "set:\(count)"
            case .all: "all"
            }
        }
    }

    /// What a follower has done with a write that counts.
    public enum Stage: String, Hashable, Sendable, CaseIterable { case recv, flush, apply }

    public enum Visible: String, Hashable, Sendable, CaseIterable { case acked, append }

    public enum Semi: String, Hashable, Sendable, CaseIterable { case promote, fallback }

    public enum Switch: String, Hashable, Sendable, CaseIterable { case on, off }

    public enum Token: String, Hashable, Sendable, CaseIterable { case position, lsn }

    public enum LogFormat: String, Hashable, Sendable, CaseIterable { case statement, row, wal }

    public enum Fix: String, Hashable, Sendable, CaseIterable { case off, mysql, literal }

    public enum Writes: String, Hashable, Sendable, CaseIterable { case commands, statements }

    public enum Sync: String, Hashable, Sendable, CaseIterable { case always, never }

    /// What a killed node keeps of what it wrote: all, or only what it had made durable.
    public enum Disk: String, Hashable, Sendable, CaseIterable { case real, buffered }

    /// How long passing a place takes.
    public struct Delay: Hashable, Sendable {
        public var target: String
        /// `20ms` or `50..100ms`.
        public var range: String

        public init(target: String, range: String) {
            self.target = target
            self.range = range
        }
    }

    public var acknowledgement = Acknowledgement.async
    public var stage = Stage.flush
    /// When the leader's readers see a write.
    public var visible = Visible.acked
    /// What becomes of writes when a follower of the set is silent, and after how many milliseconds.
    public var semi = Semi.promote
    public var semiTimeout: Int64 = 1000
    /// Who decides who leads, and whether nodes obey: stop without a lease, refuse old epochs, give up a lost suffix.
    public var arbiters = ArbiterOptions()
    public var demote = Switch.on
    public var fence = Switch.on
    public var rewind: Switch?
    public var sync = Sync.always
    public var disk = Disk.real
    /// Gates that are closed from the start.
    public var gates: [String] = []
    public var delays: [Delay] = []
    /// Records of the log that are kept for followers that come back.
    public var retain: Int64 = 10_000
    /// Records after which the state is saved.
    public var snapshotEvery: Int64 = 100_000
    /// What a session's token says.
    public var token = Token.position
    /// What the log says of a change.
    public var logFormat = LogFormat.row
    /// What is done about functions that come out otherwise at every replica.
    public var fix = Fix.mysql
    /// How clients write.
    public var writes = Writes.commands
    /// How many logs the keys are spread over.
    public var partitions: Int64 = 1
    /// As how many workers a follower applies its log.
    public var applyWorkers: Int64 = 1
    /// How rows lie in pages at nodes whose software is another version: 1, or 2, by the node's name.
    public var pageLayouts: [String: Int64] = [:]
    /// Planted bugs that are switched on, by their numbers: `M01`.
    public var mutants: [String] = []
    /// What happens at named places of the program, `NAME=crash`.
    public var failpoints: [String] = []

    public init() {}
}

extension NodeSingleOptions {
    private static let names =
        [
            "ack", "ack-stage", "visible", "semi", "semi-timeout", "demote", "fence", "rewind", "disk", "fsync",
            "gate",
            "delay", "retain", "snapshot-every", "token", "log-format", "fix", "apply-workers", "writes", "mutant",
            "failpoint", "page-layout", "partitions",
        ] + ArbiterOptions.names

    /// Reads the options of a workload file.
    public init(_ options: Value, nodes: [String]) throws(SystemOptionError) {
        let reader = try OptionReader(options, known: Self.names)
        acknowledgement = try Self.acknowledgement(reader, followers: nodes.count - 1)
        stage = try reader.choice("ack-stage", default: stage)
        visible = try reader.choice("visible", default: visible)
        semi = try reader.choice("semi", default: semi)
        semiTimeout = try reader.number("semi-timeout", in: 10...60_000, default: semiTimeout)
        demote = try reader.choice("demote", default: demote)
        fence = try reader.choice("fence", default: fence)
        if reader["rewind"] != nil { rewind = try reader.choice("rewind", default: Switch.on) }
        snapshotEvery = try reader.number("snapshot-every", in: 1...1_000_000_000, default: snapshotEvery)
        sync = try reader.choice("fsync", default: sync)
        disk = try reader.choice("disk", default: disk)
        retain = try reader.number("retain", in: 1...1_000_000_000, default: retain)
        token = try reader.choice("token", default: token)
        logFormat = try reader.choice("log-format", default: logFormat)
        fix = try reader.choice("fix", default: fix)
        writes = try reader.choice("writes", default: writes)
        partitions = try reader.number("partitions", in: 1...64, default: partitions)
        applyWorkers = try reader.number("apply-workers", in: 1...64, default: applyWorkers)
        pageLayouts = try Self.pageLayouts(reader, nodes)
        gates = try Self.gates(reader, nodes)
        mutants = try Self.words("mutant", reader, "bugs by their numbers, such as M01", Self.isMutant)
        arbiters = try ArbiterOptions(reader, nodes: nodes, mutants: mutants)
        if partitions > 1, arbiters.count > 0 { throw reader.refused("partitions", "1 where there are arbiters") }
        failpoints = try Self.words("failpoint", reader, "NAME=crash or NAME=pause", Self.isFailpoint)
        delays = try Self.delays(reader, nodes)
    }

    private static func acknowledgement(
        _ reader: OptionReader, followers: Int
    ) throws(SystemOptionError) -> Acknowledgement {
        let text = reader["ack"]?.plainText ?? "async"
        switch text {
        case "async": return .async
        case "all": return .all
        default:
            let parts = text.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count == 2, parts[0] == "count" || parts[0] == "set", let count = Int(parts[1]), count >= 1,
                count <= followers
            else {
                throw reader.refused("ack", "async, all, count:K or set:K with K from 1 to \(followers) followers")
            }
            return parts[0] == "set" ? .set(count) : .count(count)
        }
    }

    private static func pageLayouts(
        _ reader: OptionReader, _ nodes: [String]
    ) throws(SystemOptionError) -> [String: Int64] {
        let allowed = "NODE=1 or NODE=2, NODE one of \(nodes.joined(separator: ", "))"
        var layouts: [String: Int64] = [:]
        for word in try reader.words("page-layout", allowed: allowed) {
            let parts = word.split(separator: "=", omittingEmptySubsequences: false)
            guard parts.count == 2, nodes.contains(String(parts[0])), let layout = Int64(parts[1]),
                (1...2).contains(layout)
            else { throw reader.refused("page-layout", allowed) }
            layouts[String(parts[0])] = layout
        }
        return layouts
    }

    static func words(
        _ name: String, _ reader: OptionReader, _ allowed: String, _ isGood: (String) -> Bool
    ) throws(SystemOptionError) -> [String] {
        let words = try reader.words(name, allowed: allowed)
        for word in words where !isGood(word) { throw reader.refused(name, allowed) }
        return words
    }

    static func isMutant(_ word: String) -> Bool {
        word.utf8.count == 3 && word.hasPrefix("M") && word.utf8.dropFirst().allSatisfy { (48...57).contains($0) }
    }

    static func isFailpoint(_ word: String) -> Bool {
        let parts = word.split(separator: "=", omittingEmptySubsequences: false)
        return parts.count == 2 && !parts[0].isEmpty && (parts[1] == "crash" || parts[1] == "pause")
    }

    /// `more` are gates that only some designs have.
    static func gates(
        _ reader: OptionReader, _ nodes: [String], more: Set<String> = []
    ) throws(SystemOptionError) -> [String] {
        let allowed = targetsText(nodes, more)
        let gates = try reader.words("gate", allowed: allowed)
        for gate in gates where !isTarget(gate, nodes) && !more.contains(gate) {
            throw reader.refused("gate", allowed)
        }
        return gates
    }

    static func delays(
        _ reader: OptionReader, _ nodes: [String], more: Set<String> = []
    ) throws(SystemOptionError) -> [Delay] {
        let allowed = "TARGET=20ms or TARGET=50..100ms, TARGET one of \(targetsText(nodes, more))"
        var words: [String] = []
        if case .object(let members)? = reader["delay"] {
            words = members.map { "\($0.name)=\($0.value.plainText)" }
        } else {
            words = try reader.words("delay", allowed: allowed)
        }
        var delays: [Delay] = []
        for word in words {
            let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2, parts[0] != "fsync", isRange(parts[1]),
                isTarget(parts[0], nodes) || more.contains(parts[0])
            else {
                throw reader.refused("delay", allowed)
            }
            delays.append(Delay(target: parts[0], range: parts[1]))
        }
        return delays
    }

    private static func targetsText(_ nodes: [String], _ more: Set<String>) -> String {
        let single = ["apply", "reply", "fsync"] + more.sorted()
        return
            "\(single.joined(separator: ", ")), and ship:, recv: or ack: followed by one of \(nodes.joined(separator: ", "))"
    }

    private static func isTarget(_ text: String, _ nodes: [String]) -> Bool {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        return switch (parts.first, parts.count) {
        case ("apply", 1), ("reply", 1), ("fsync", 1): true
        case ("ship", 2), ("recv", 2), ("ack", 2): nodes.contains(parts[1])
        default: false
        }
    }

    /// `20ms`, or `50..100ms` with the smaller first; at most a minute, beyond which no run would see an effect.
    private static func isRange(_ text: String) -> Bool {
        guard text.hasSuffix("ms") else { return false }
        let bounds = text.dropLast(2).split(separator: ".", omittingEmptySubsequences: false)
        let numbers = bounds.filter { !$0.isEmpty }.compactMap { Int($0) }
        guard numbers.allSatisfy({ (0...60_000).contains($0) }) else { return false }
        switch bounds.count {
        case 1: return numbers.count == 1
        case 3: return bounds[1].isEmpty && numbers.count == 2 && numbers[0] <= numbers[1]
        default: return false
        }
    }
}
