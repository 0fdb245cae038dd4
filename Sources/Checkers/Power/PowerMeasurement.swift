import Determinism
public import HistoryModel

/// Measures how many known violations the checkers find in copies of one history, one copy at each step.
///
/// ```swift
/// var measurement = PowerMeasurement(history, options, verdicts: check(history, options), plants: 5)
/// while measurement.step() {}
/// let power = measurement.power[.linearizable]
/// ```
///
/// Only answers are changed, and only so that the guarantee is certainly broken, whatever else happened: why that is so
/// stands beside each way of planting. So every miss is a fault of the checker or a limit that it names. A guarantee that
/// is not `valid` is left out: of a history that is broken already nothing can be learned this way.
///
/// Pure: the same arguments give the same copies. There is no clock in here, so whoever has little time stops early: the
/// steps take turns over guarantees and kinds of violations.
public struct PowerMeasurement {
    /// What is being planted for one guarantee.
    private struct Row {
        var guarantee: Guarantee
        var planter: Planter
        var tally: DetectionPower.Tally
    }

    private let history: History
    private let options: CheckOptions
    private let seed: UInt64
    private let plants: Int
    private let guarantees: [Guarantee]
    private let judge: (History, CheckOptions) -> Verdict
    private var rows: [Row] = []
    private var row = 0
    private var round = 0

    /// - Parameters:
    ///   - verdicts: what was said of the history itself.
    ///   - plants: how many violations of each kind are planted for each guarantee; at least 1.
    ///   - seed: the first seed; the n-th violation of each kind has the n-th seed from there.
    public init(
        _ history: History, _ options: CheckOptions, verdicts: [Verdict], plants: Int = 5, seed: UInt64 = 1
    ) {
        self.init(history, options, verdicts: verdicts, plants: plants, seed: seed) { check($0, $1)[0] }
    }

    /// With another checker in the place of ours.
    init(
        _ history: History, _ options: CheckOptions, verdicts: [Verdict], plants: Int, seed: UInt64,
        judge: @escaping (History, CheckOptions) -> Verdict
    ) {
        precondition(plants > 0, "at least one violation of each kind is planted")
        self.history = history
        self.seed = seed
        self.judge = judge
        self.plants = plants
        guarantees = verdicts.filter { $0.judgement == .valid }.map(\.guarantee)
        var options = options
        options.applyMinimums = false
        options.reducesEvidence = false
        options.crossChecks = false
        options.wantsLinearization = false
        options.shownAnomalies = 1
        self.options = options
        guard !guarantees.isEmpty else { return }
        var catalog = PlantCatalog(history, options)
        for guarantee in guarantees {
            for planter in catalog.planters(guarantee) {
                rows.append(Row(guarantee: guarantee, planter: planter, tally: DetectionPower.Tally(planter.kind)))
            }
        }
    }

    /// Plants one violation and lets the checker judge; false when there is nothing left to do.
    public mutating func step() -> Bool {
        while round < plants, !rows.isEmpty {
            if row == rows.count {
                (row, round) = (0, round + 1)
                continue
            }
            let turn = row
            row += 1
            let seed = self.seed &+ UInt64(round)
            guard let changes = rows[turn].planter.changes(rows[turn].guarantee, seed: seed),
                let planted = try? history.changing(changes)
            else {
                // If one seed finds no place none does.
                rows[turn].planter.count = 0
                continue
            }
            judge(planted, changes, turn, seed)
            return true
        }
        return false
    }

    private mutating func judge(_ planted: History, _ changes: [ChangedAnswer], _ turn: Int, _ seed: UInt64) {
        var options = options
        options.guarantees = [rows[turn].guarantee]
        rows[turn].tally.planted += 1
        guard judge(planted, options).judgement != .invalid else { return }
        rows[turn].tally.missed.append(
            DetectionPower.Miss(seed: seed, changes: Self.words(changes, history)))
    }

    /// By guarantee that was `valid`: what was found so far.
    public var power: [Guarantee: DetectionPower] {
        var power: [Guarantee: DetectionPower] = [:]
        for guarantee in guarantees {
            let own = rows.filter { $0.guarantee == guarantee }
            let tallies = own.map(\.tally).filter { $0.planted > 0 }
            power[guarantee] = DetectionPower(tallies, reason: tallies.isEmpty ? Self.reason(own) : nil)
        }
        return power
    }

    private static func reason(_ rows: [Row]) -> String {
        guard !rows.isEmpty else {
            return
                "nothing could be planted: no way is known to break this guarantee for certain by changing answers"
        }
        // Those that no seed finds a place for are emptied when their turn comes.
        if rows.contains(where: { $0.planter.count > 0 }) { return "nothing was planted: there was no time" }
        let kinds = rows.map { "\($0.tally.kind.rawValue): \($0.planter.need)" }
        return "nothing could be planted (where it is known how to: \(kinds.joined(separator: "; ")))"
    }

    /// What was changed: the first operations in full.
    private static func words(_ changes: [ChangedAnswer], _ history: History) -> String {
        let shown = changes.prefix(3).map { change in
            let operation = history.operations[change.ordinal]
            let key = operation.key.map { " \($0)" } ?? ""
            return "operation \(operation.index) (\(operation.f)\(key)) answers \(text(change.answer))"
                + " instead of \(text(history.values.value(history.columns.answer[change.ordinal])))"
        }
        let rest = changes.count > 3 ? "; and \(changes.count - 3) more" : ""
        return shown.joined(separator: "; ") + rest
    }

    private static func text(_ value: Value) -> String {
        let text = String(decoding: JSONText.bytes(value), as: UTF8.self)
        return text.utf8.count > 80 ? "\(text.prefix(80))..." : text
    }
}

extension PowerMeasurement {
    /// The copy of the history with the violation of a seed, as `DetectionPower.Miss` names it; `nil` if there is none.
    public static func planted(
        _ kind: PlantKind, in history: History, _ options: CheckOptions, against guarantee: Guarantee, seed: UInt64
    ) -> History? {
        var catalog = PlantCatalog(history, options)
        let planter = catalog.planters(guarantee).first { $0.kind == kind }
        return planter?.changes(guarantee, seed: seed).flatMap { try? history.changing($0) }
    }
}

/// One way to break a guarantee.
struct Planter {
    var kind: PlantKind
    /// What the history must have, for people.
    var need: String
    /// How many places there are to try; 0 once it is known that none will do.
    var count: Int
    /// The changes at a place; `nil` if nothing can be done there. What can be done at a place must not hang on the
    /// random numbers.
    var attempt: (Int, inout SeededRandom) -> [ChangedAnswer]?

    init(
        _ kind: PlantKind, need: String, count: Int,
        _ attempt: @escaping (Int, inout SeededRandom) -> [ChangedAnswer]?
    ) {
        self.kind = kind
        self.need = need
        self.count = count
        self.attempt = attempt
    }

    /// The changes of a seed: those of the first place, from a random one on, where something can be done.
    func changes(_ guarantee: Guarantee, seed: UInt64) -> [ChangedAnswer]? {
        guard count > 0 else { return nil }
        var random = SeededRandom.named("\(guarantee.rawValue)/\(kind.rawValue)", seed: seed)
        let start = random.below(count)
        for step in 0..<count {
            if let changes = attempt((start + step) % count, &random) { return changes }
        }
        return nil
    }
}
