/// Opens a controller's lease on the host, and takes stock of the host the first time.
///
/// The same controller may say it again; another one is refused while the lease lasts.
public struct Hello: AgentRequest {
    public static let op = "hello"
    public typealias Reply = HelloReply

    /// How long faults and processes may outlive the controller's last word.
    public var leaseSeconds: Double
    /// Ports that no rule may match, besides 22 and the port that sshd answered on.
    public var protectedPorts: [Int]

    public init(leaseSeconds: Double, protectedPorts: [Int] = []) {
        self.leaseSeconds = leaseSeconds
        self.protectedPorts = protectedPorts
    }
}

public struct HelloReply: Codable, Hashable, Sendable {
    public var version: String
    /// Another one after every start of the agent.
    public var instance: String
    public var hostname: String
    public var kernel: String
    /// The name of the kernel's boot: hosts with the same one share a kernel, and its wall clock.
    public var boot: String
    public var capabilities: Capabilities
    public var clocks: ClockReading
    /// Effectors that only pretend, for tests of the evidence; empty in every real run.
    public var sabotage: [String]
    public var protectedPorts: [Int]

    public init(
        version: String, instance: String, hostname: String, kernel: String, boot: String,
        capabilities: Capabilities,
        clocks: ClockReading, sabotage: [String], protectedPorts: [Int]
    ) {
        self.version = version
        self.instance = instance
        self.hostname = hostname
        self.kernel = kernel
        self.boot = boot
        self.capabilities = capabilities
        self.clocks = clocks
        self.sabotage = sabotage
        self.protectedPorts = protectedPorts
    }
}

/// What faults the host can do; tried, not guessed.
public struct Capabilities: Codable, Hashable, Sendable {
    /// nftables sets whose elements expire.
    public var nft: Bool
    /// Losses by random numbers of nftables.
    public var loss: Bool
    /// Limits of the rate by the queueing discipline htb.
    public var rate: Bool
    /// Delays by the queueing discipline netem.
    public var netem: Bool
    /// The host has a hostname namespace other than its init's machine would show; always true on Linux hosts.
    public var uts: Bool
    /// What is missing, in words.
    public var missing: [String]

    public init(nft: Bool, loss: Bool, rate: Bool, netem: Bool, uts: Bool, missing: [String]) {
        self.nft = nft
        self.loss = loss
        self.rate = rate
        self.netem = netem
        self.uts = uts
        self.missing = missing
    }
}

/// Two clocks of a host read one right after the other, in nanoseconds.
public struct ClockReading: Codable, Hashable, Sendable {
    /// Since boot, suspension counted; nothing sets it.
    public var monotonic: Int64
    /// Since 1970.
    public var wall: Int64

    public init(monotonic: Int64, wall: Int64) {
        self.monotonic = monotonic
        self.wall = wall
    }
}

/// Extends the lease to its full length from now.
public struct Renew: AgentRequest {
    public static let op = "renew"
    public typealias Reply = RenewReply

    public init() {}
}

public struct RenewReply: Codable, Hashable, Sendable {
    public var leaseSeconds: Double

    public init(leaseSeconds: Double) {
        self.leaseSeconds = leaseSeconds
    }
}

/// Undoes every fault, ends every process, closes probes; the lease goes on.
///
/// Needs no lease, but is refused while another controller holds one: what there is to undo is its run. A person on the
/// host may force it.
public struct HealAll: AgentRequest {
    public static let op = "heal-all"
    public typealias Reply = HealReply

    public var isForced: Bool

    public init(isForced: Bool = false) {
        self.isForced = isForced
    }
}

/// Heals all and gives the lease back.
public struct Bye: AgentRequest {
    public static let op = "bye"
    public typealias Reply = HealReply

    public init() {}
}

/// What was undone, one sentence each; `failures` is what could not be.
public struct HealReply: Codable, Hashable, Sendable {
    public var undone: [String]
    public var failures: [String]

    public init(undone: [String], failures: [String]) {
        self.undone = undone
        self.failures = failures
    }
}

/// Has an agent without a lease wait for a controller anew, so that it does not end just before one comes.
public struct Linger: AgentRequest {
    public static let op = "linger"
    public typealias Reply = Done

    public init() {}
}

/// Who the agent is and what it holds; needs no lease.
public struct Status: AgentRequest {
    public static let op = "status"
    public typealias Reply = StatusReply

    public init() {}
}

public struct StatusReply: Codable, Hashable, Sendable {
    public var version: String
    public var instance: String
    public var pid: Int
    public var guardian: Int
    /// The controller that holds the lease and the seconds left.
    public var controller: String?
    public var leaseSeconds: Double?
    public var processes: [String]
    public var faults: [String]
    public var journalEntries: Int
    public var residentBytes: Int
    public var sabotage: [String]
    /// The directory beneath which it works; agents of old do not say it.
    public var state: String?

    public init(
        version: String, instance: String, pid: Int, guardian: Int, controller: String?, leaseSeconds: Double?,
        processes: [String], faults: [String], journalEntries: Int, residentBytes: Int, sabotage: [String],
        state: String?
    ) {
        self.state = state
        self.version = version
        self.instance = instance
        self.pid = pid
        self.guardian = guardian
        self.controller = controller
        self.leaseSeconds = leaseSeconds
        self.processes = processes
        self.faults = faults
        self.journalEntries = journalEntries
        self.residentBytes = residentBytes
        self.sabotage = sabotage
    }
}

/// Heals all and ends the agent and its guardian.
///
/// Needs no lease, but is refused while another controller holds one. A person on the host may force it.
public struct Stop: AgentRequest {
    public static let op = "stop"
    public typealias Reply = HealReply

    public var isForced: Bool

    public init(isForced: Bool = false) {
        self.isForced = isForced
    }
}
