import Checkers
import HistoryModel
import SequentialModels

/// A dispenser of numbered tickets: `take` answers the next number, and `skip` leaves some out.
struct TicketModel: SequentialModel {
    let initial: Int64 = 1
    let functions: Set<Call.Function> = ["take", "skip"]

    func step(_ next: Int64, _ call: Call) -> Int64? {
        switch call.function {
        case "take": call.result.map { $0 == .int(next) } ?? true ? next + 1 : nil
        case "skip": call.argument.int.map { next + $0 }
        default: nil
        }
    }
}

/// Judges a file in JSON Lines.
func judge(_ file: [UInt8]) throws -> Verdict {
    let history = try JSONLines.read(file).history
    return linearizable(history, model: TicketModel())
}
