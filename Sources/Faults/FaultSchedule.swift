/// One moment of a schedule: an occurrence of a fault starts or ends.
public struct FaultStep: Hashable, Sendable {
    public enum Action: String, Hashable, Sendable {
        case start
        case end
    }

    /// Time from the start of the clients' work.
    public var time: Duration
    public var action: Action
    /// The occurrence's name: the fault's own, with `.1`, `.2`, ... if it repeats.
    public var id: String
    public var fault: PlannedFault
}

/// The faults of a run in the order of the plan; they may overlap.
public struct FaultSchedule: Hashable, Sendable {
    public var faults: [PlannedFault]

    /// The most occurrences that one run may have.
    public static let occurrenceLimit = 10_000

    public init(_ faults: [PlannedFault]) {
        self.faults = faults
    }

    /// Every start before `duration` and every end up to it, by time; at one time, ends come first.
    ///
    /// An end that would come later is left out: the last phase ends what is still on.
    public func steps(until duration: Duration) -> [FaultStep] {
        var steps: [FaultStep] = []
        for fault in faults {
            for (id, start) in Self.occurrences(of: fault, until: duration) {
                steps.append(FaultStep(time: start, action: .start, id: id, fault: fault))
                guard let length = fault.duration, start + length <= duration else { continue }
                steps.append(FaultStep(time: start + length, action: .end, id: id, fault: fault))
            }
        }
        let ordered = steps.enumerated().sorted { left, right in
            let (one, other) = (left.element, right.element)
            if one.time != other.time { return one.time < other.time }
            if one.action != other.action { return one.action == .end }
            return left.offset < right.offset
        }
        return ordered.map(\.element)
    }

    private static func occurrences(
        of fault: PlannedFault, until duration: Duration
    ) -> [(id: String, start: Duration)] {
        guard let every = fault.every, every > .zero else {
            return fault.at < duration ? [(fault.id, fault.at)] : []
        }
        var occurrences: [(id: String, start: Duration)] = []
        var start = fault.at
        while start < duration, occurrences.count < occurrenceLimit {
            occurrences.append(("\(fault.id).\(occurrences.count + 1)", start))
            start += every
        }
        return occurrences
    }
}
