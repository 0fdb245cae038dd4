import Checkers

/// Words for how many planted violations a checker found.
enum PowerWords {
    /// How many that were missed are told.
    static let missLimit = 3

    /// For a terminal: one line, and one for each of the first that were missed.
    static func lines(_ power: DetectionPower) -> [String] {
        power.tallies.isEmpty ? [summary(power)] : ["\(summary(power)) (\(kinds(power)))"] + missed(power)
    }

    /// As `finds 12 of 12 planted violations`.
    static func summary(_ power: DetectionPower) -> String {
        guard !power.tallies.isEmpty else { return power.reason ?? "nothing was planted" }
        return "finds \(Words.count(power.caught)) of \(Words.count(power.planted, "planted violation"))"
    }

    /// As `stale-read 3, reordered 2 of 3`.
    static func kinds(_ power: DetectionPower) -> String {
        power.tallies.map { tally in
            let isWhole = tally.caught == tally.planted
            return "\(tally.kind.rawValue) \(isWhole ? "\(tally.planted)" : "\(tally.caught) of \(tally.planted)")"
        }.joined(separator: ", ")
    }

    static func missed(_ power: DetectionPower) -> [String] {
        let all = power.tallies.flatMap { tally in
            tally.missed.map { "MISSED \(tally.kind.rawValue) of seed \($0.seed): \($0.changes)" }
        }
        let rest =
            all.count > missLimit
            ? ["and \(Words.count(all.count - missLimit, "further miss", plural: "further misses"))"] : []
        return all.prefix(missLimit) + rest
    }
}
