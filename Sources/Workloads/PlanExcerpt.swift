import Faults
import Generators
import HistoryModel

/// A part of a plan: what is left when faults, steps or operations are taken out of it.
///
/// Its text is what a command line takes: `without=cut,crash;until=2.5s;only=1-3,17`.
public struct PlanExcerpt: Hashable, Sendable {
    /// Faults of the schedule that do not take place.
    public var without: Set<String> = []
    /// The end of the clients' work; `nil` leaves it where it is.
    public var until: Duration?
    /// The operations of a load in the order in which clients get them, or the steps of a scenario, that are kept: numbers
    /// from 1, ascending. `nil` keeps all.
    public var only: [Int]?

    public init() {}

    /// Whether anything is left out.
    public var isWhole: Bool { self == PlanExcerpt() }
}

extension PlanExcerpt: LosslessStringConvertible {
    public var description: String {
        var parts: [String] = []
        if !without.isEmpty { parts.append("without=\(without.sorted().joined(separator: ","))") }
        if let until { parts.append("until=\(until.nanoseconds)ns") }
        if let only { parts.append("only=\(Self.ranges(only))") }
        return parts.joined(separator: ";")
    }

    private static func ranges(_ numbers: [Int]) -> String {
        var ranges: [ClosedRange<Int>] = []
        for number in numbers {
            if let last = ranges.last, last.upperBound + 1 == number {
                ranges[ranges.count - 1] = last.lowerBound...number
            } else {
                ranges.append(number...number)
            }
        }
        return ranges.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
            .joined(separator: ",")
    }

    /// `nil` for what is no such text.
    public init?(_ text: String) {
        for part in text.split(separator: ";") {
            let pair = part.split(separator: "=", maxSplits: 1).map(String.init)
            guard pair.count == 2 else { return nil }
            switch pair[0] {
            case "without": without = Set(pair[1].split(separator: ",").map(String.init))
            case "until":
                guard let duration = DurationText.parse(pair[1]) else { return nil }
                until = duration
            case "only":
                guard let numbers = Self.numbers(pair[1]) else { return nil }
                only = numbers
            default: return nil
            }
        }
    }

    private static func numbers(_ text: String) -> [Int]? {
        var numbers: [Int] = []
        for part in text.split(separator: ",") {
            let bounds = part.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
            guard let first = bounds[0], let last = bounds.last ?? nil, bounds.count <= 2, first >= 1,
                first <= last,
                first > numbers.last ?? 0, last - first < 10_000_000
            else { return nil }
            numbers += first...last
        }
        return numbers
    }
}

extension Plan {
    /// The plan with nothing but this part of it.
    public func excerpt(_ excerpt: PlanExcerpt) -> Plan {
        var plan = self
        switch work {
        case .scenario(let steps):
            guard let only = excerpt.only else { return self }
            plan.work = .scenario(only.filter { $0 <= steps.count }.map { steps[$0 - 1] })
        case .load(var generator, var schedule, var duration, let failover):
            schedule.faults.removeAll { excerpt.without.contains($0.id) }
            if let until = excerpt.until, until < duration {
                duration = until
                generator = TimeLimit(until: until.nanoseconds, generator)
            }
            if let only = excerpt.only { generator = Sparse(only, generator) }
            plan.work = .load(generator, schedule, duration: duration, failover: failover)
        }
        return plan
    }
}
