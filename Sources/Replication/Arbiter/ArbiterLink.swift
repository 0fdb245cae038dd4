/// A node's side of its conversation with the arbiters.
///
/// The node reports again and again, to the arbiter that decides or, while it does not know which, to each in turn. It
/// gives every answer to `receive`, and before it acts on a decision of a higher epoch makes that epoch durable.
///
/// A lease counts from the moment at which the report that asked for it left, on this node's clock; the arbiters count
/// theirs from later and wait longer, so it ends here first as long as clocks differ in speed by less than the drift
/// bound. It is the lease of Gray and Cheriton ("Leases: An Efficient Fault-Tolerant Mechanism for Distributed File Cache
/// Consistency", 1989) as Patroni uses it.
public struct ArbiterLink: Hashable, Sendable {
    public let arbiters: [NodeName]
    /// Nanoseconds, as in the arbiters' configuration.
    public let lease: UInt64
    /// The newest decision that this node has heard of.
    public private(set) var decision = ArbiterDecision()
    /// Until when this node may lead, on its monotonic clock, and in which epoch.
    private var leaseEnd: Moment = 0
    private var leaseEpoch: UInt32 = 0

    private var target = 0
    private var lastTicket: UInt64 = 0
    /// When the last reports left; an answer to an older one is worth nothing any more.
    private var sent: [UInt64: Moment] = [:]
    private var nextReport: Moment = 0
    private var unanswered = 0
    /// Whether a redirect was followed at once since the last report in its time: two that send to each other must not
    /// be asked at the speed of the network.
    private var isRedirected = false
    private var hasRedirect = false

    /// Reports a lease. A leader that misses three of four still goes on.
    private static let reportsPerLease: UInt64 = 5

    public init(arbiters: [NodeName], lease: UInt64) {
        precondition(!arbiters.isEmpty, "somebody must decide")
        self.arbiters = arbiters
        self.lease = lease
    }

    public var nextWake: Moment { nextReport }

    public func holdsLease(of epoch: UInt32, at now: Moment) -> Bool { leaseEpoch == epoch && now < leaseEnd }

    /// When the lease of that epoch ends; `nil` if there is none.
    public func leaseEnd(of epoch: UInt32) -> Moment? { leaseEpoch == epoch ? leaseEnd : nil }

    /// Has the next report leave at once: something changed.
    public mutating func hurry() {
        nextReport = 0
        isRedirected = false
    }

    /// The report that is due, with whom it is for.
    public mutating func report(
        epoch: UInt32, position: Position, isFit: Bool, wantsLease: Bool, isOrdered: Bool = false, at now: Moment
    ) -> (to: NodeName, PeerMessage)? {
        guard now >= nextReport else { return nil }
        nextReport = now + lease / Self.reportsPerLease
        if !hasRedirect { isRedirected = false }
        hasRedirect = false
        if unanswered >= 2 {
            unanswered = 0
            target += 1
        }
        unanswered += 1
        lastTicket += 1
        sent = sent.filter { $0.value + lease > now }
        sent[lastTicket] = now
        let report = ArbiterReport(
            ticket: lastTicket, epoch: epoch, position: position, isFit: isFit, wantsLease: wantsLease,
            isOrdered: isOrdered)
        return (arbiters[target % arbiters.count], ArbiterMessage.report(report).encoded)
    }

    /// A wish for another set, for the arbiter that decides. It may be lost: ask again until the decision shows it.
    public func change(to set: [NodeName]) -> (to: NodeName, PeerMessage) {
        let change = ArbiterSetChange(epoch: decision.epoch, version: decision.setVersion, set: set)
        return (arbiters[target % arbiters.count], ArbiterMessage.changeSet(change).encoded)
    }

    /// What an arbiter says. True if it told of a newer decision.
    public mutating func receive(from sender: NodeName, _ message: PeerMessage, at now: Moment) -> Bool {
        guard arbiters.contains(sender), let message = try? ArbiterMessage(decoding: message) else { return false }
        switch message {
        case .elsewhere(let name):
            redirect(from: sender, to: name)
            return false
        case .order(let order):
            unanswered = 0
            if let start = sent[order.ticket], order.grantsLease {
                extend(order.decision.epoch, to: start + lease)
            }
            guard order.decision.isNewer(than: decision) else { return false }
            decision = order.decision
            return true
        case .report, .changeSet: return false
        }
    }

    private mutating func extend(_ epoch: UInt32, to end: Moment) {
        guard epoch >= leaseEpoch else { return }
        leaseEnd = epoch == leaseEpoch ? max(leaseEnd, end) : end
        leaseEpoch = epoch
    }

    private mutating func redirect(from sender: NodeName, to name: NodeName?) {
        guard arbiters[target % arbiters.count] == sender else { return }
        if let place = name.flatMap({ arbiters.firstIndex(of: $0) }), arbiters[place] != sender {
            target = place
            unanswered = 0
            guard !isRedirected else { return }
            isRedirected = true
            hasRedirect = true
            nextReport = 0
        } else {
            // There may be no deciding arbiter now: the next one, at the usual time.
            unanswered = 2
        }
    }
}

extension ArbiterDecision {
    /// Whether this was decided after the other: within an epoch first the leader, then sets.
    func isNewer(than other: ArbiterDecision) -> Bool {
        let own = (epoch, leader == nil ? 0 : 1, setVersion)
        return own > (other.epoch, other.leader == nil ? 0 : 1, other.setVersion)
    }
}
