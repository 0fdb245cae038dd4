import Determinism
import Faults

extension Workload {
    /// This workload with another mix of faults and operations, chosen by the seed; a scenario stays as it is.
    ///
    /// Runs that leave some faults out and shift the others find what one mix for all of them hides (swarm testing: Groce
    /// and others, ISSTA 2012).
    public func swarmed(seed: UInt64) -> Workload {
        guard case .load(var load) = work else { return self }
        var random = SeededRandom.named("swarm", seed: seed)
        load.schedule.faults = load.schedule.faults.compactMap { fault in
            let isKept = random.chance(2, in: 3)
            let shifted = shift(fault, within: load.duration, &random)
            return isKept ? shifted : nil
        }
        load.kinds = load.kinds.map { kind in
            var kind = kind
            kind.weight *= 1 + random.below(4)
            for name in kind.mix.keys.sorted() { kind.mix[name]? *= 1 + random.below(4) }
            return kind
        }
        if case .perSecond(let rate) = load.rate {
            load.rate = .perSecond(max(1, rate * (1 + random.below(4)) / 2))
        }
        var workload = self
        workload.work = .load(load)
        if !network.isFixed { workload.network = network.swarmed(&random) }
        return workload
    }

    /// The fault at another time, as long as it was, and over before the end of the work if it was so.
    private func shift(
        _ fault: PlannedFault, within duration: Duration, _ random: inout SeededRandom
    ) -> PlannedFault {
        let length = fault.duration ?? .zero
        let room = max(1, (duration - length).nanoseconds)
        var fault = fault
        fault.at = .nanoseconds(Int64(random.below(Int(room))))
        return fault
    }
}

extension NetworkChoice {
    /// Another network: each trouble is left out, as it was, or up to a twentieth of all messages.
    func swarmed(_ random: inout SeededRandom) -> NetworkChoice {
        func share(_ share: Int, _ random: inout SeededRandom) -> Int {
            switch random.below(3) {
            case 0: 0
            case 1: share
            default: random.below(51)
            }
        }
        var network = self
        network.loss = share(loss, &random)
        network.duplicates = share(duplicates, &random)
        network.late = share(late, &random)
        return network
    }
}
