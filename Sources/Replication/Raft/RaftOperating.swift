// What an operator can ask of a member.
extension RaftReplica: GatedReplica {
    mutating func obey(_ id: AdminID, _ order: AdminOrder) {
        switch order {
        case .member(let change): begin(id, change)
        case .join: join(id)
        default: effects.append(.adminReply(id, outcome(of: order)))
        }
    }

    private mutating func outcome(of order: AdminOrder) -> AdminOutcome {
        if let outcome = obeyGate(order) { return outcome }
        switch order {
        case .snapshot:
            return core.compact(machine.encoded, through: machine.position.lsn)
                ? .done : .refused("nothing new to save, or a snapshot is being written already")
        case .failpoint(let name, let action): return setFailpoint(name, action)
        case .promote: return promote()
        case .demote: return demote()
        default: return .refused("node-raft does not know this order")
        }
    }

    private mutating func setFailpoint(_ name: String, _ action: FailpointAction?) -> AdminOutcome {
        guard RaftCore.failpointNames.contains(name) else { return .refused("no failpoint '\(name)'") }
        switch action {
        case nil: core.failpoints.remove(name)
        case .crash: core.failpoints.insert(name)
        case .pause: return .refused("node-raft has gates to pause")
        }
        return .done
    }

    private mutating func promote() -> AdminOutcome {
        guard core.role != .leader else { return .refused("\(name) leads already") }
        guard let leader = core.leader else { return .refused("no leader is known that could make room") }
        guard core.isVoter else { return .refused("\(name) does not vote") }
        core.send(.askTransfer, to: leader)
        return .done
    }

    private mutating func demote() -> AdminOutcome {
        guard core.role == .leader else { return .refused("\(name) does not lead") }
        return core.handOver() ? .done : .refused("nobody else votes")
    }

    // MARK: Membership

    private mutating func join(_ id: AdminID) {
        if let leader = core.leader, core.membership.contains(name), !core.joins {
            effects.append(.adminReply(id, .refused("\(name) is a member already; \(leader) leads")))
        } else {
            orders.append(Order(id: id, change: .add(name), deadline: now + Self.patience, isForeign: true))
            core.askMembership()
        }
    }

    private mutating func begin(_ id: AdminID, _ change: MembershipChange) {
        if let refusal = core.change(change) {
            effects.append(.adminReply(id, .refused(refusal)))
        } else {
            orders.append(Order(id: id, change: change, deadline: now + Self.patience))
        }
    }

    /// How long an operator waits for a change: a new member must catch up first.
    private static let patience: UInt64 = 30_000_000_000

    /// Answers the orders that a committed membership fulfils.
    mutating func finishOrders(_ membership: RaftMembership) {
        let done = orders.filter { order in
            switch order.change {
            case .add(let name): membership.voters.contains(name)
            case .remove(let name): !membership.contains(name)
            }
        }
        remove(done)
        done.forEach { effects.append(.adminReply($0.id, .done)) }
    }

    mutating func failOrders() {
        fail(orders.filter { !$0.isForeign }, "\(name) no longer leads; the change may have been made")
    }

    mutating func failLateOrders() {
        fail(orders.filter { $0.deadline <= now }, "not committed within the time")
    }

    private mutating func remove(_ ended: [Order]) {
        orders.removeAll { order in ended.contains { $0.id == order.id } }
        core.isAskingToJoin = orders.contains(where: \.isForeign)
    }

    private mutating func fail(_ late: [Order], _ why: String) {
        guard !late.isEmpty else { return }
        remove(late)
        late.forEach { effects.append(.adminReply($0.id, .refused(why))) }
    }
}
