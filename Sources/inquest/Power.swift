import ArgumentParser
import Checkers
import HistoryModel

/// How much is planted to measure the checkers.
struct MeasuredPower {
    /// Of each kind of violation, for each guarantee.
    var plants: Int
    var seed: UInt64
    /// How many operations may be judged in all, over all copies. Not a time: the same run must give the same report.
    var operations: Int

    /// What every run measures: a second's work or less.
    static let brief = MeasuredPower(plants: 3, seed: 1, operations: 1_000_000)

    /// Adds the power of their checkers to the verdicts that are valid.
    func measure(_ verdicts: inout [Verdict], _ history: History, _ options: CheckOptions) {
        var measurement = PowerMeasurement(history, options, verdicts: verdicts, plants: plants, seed: seed)
        var left = operations / max(1, history.operations.count)
        while left > 0, measurement.step() { left -= 1 }
        let power = measurement.power
        for place in verdicts.indices { verdicts[place].power = power[verdicts[place].guarantee] }
    }
}

/// Options of `inquest check` that ask for more than what runs measure.
struct PowerOptions: ParsableArguments {
    @Flag(
        help: ArgumentHelp(
            "Plant known violations into copies of this very history, and say how many its checkers find.",
            discussion: "Of guarantees that are valid. Runs are always judged so, with 3 of each kind."))
    var power = false

    @Option(help: ArgumentHelp("With --power: how many violations of each kind.", valueName: "n"))
    var plants = 10

    @Option(
        help: ArgumentHelp(
            "With --power: the seed of the first violation of each kind; with --plants 1, that of one that was missed.",
            valueName: "seed"))
    var powerSeed: UInt64 = 1

    func validate() throws {
        guard (1...100_000).contains(plants) else { throw ValidationError("--plants takes 1 to 100,000") }
    }

    func asked(isRun: Bool) -> MeasuredPower? {
        if power { return MeasuredPower(plants: plants, seed: powerSeed, operations: .max) }
        return isRun ? .brief : nil
    }
}
