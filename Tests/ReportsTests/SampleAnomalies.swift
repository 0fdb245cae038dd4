import Checkers
import HistoryModel

/// Finds the violations of the sample the plain way, so that its report shows true ones.
struct SampleAnomalies {
    private(set) var missedOwnWrites: [Anomaly] = []
    private(set) var readsGoneBack: [Anomaly] = []
    private(set) var staleReads: [Anomaly] = []
    private(set) var readsAfterOwnWrite = 0
    private(set) var repeatedReads = 0
    private var lastWrite: [String: Operation] = [:]
    private var lastRead: [String: Operation] = [:]

    init(_ history: History) {
        // By completion: what a session knows when its next operation begins.
        for operation in history.operations where operation.outcome == .ok {
            let key = operation.key ?? ""
            if operation.f == "write" {
                lastWrite[key] = operation
            } else if operation.f == "read" {
                look(at: operation, key: key)
            }
        }
    }

    private mutating func look(at read: Operation, key: String) {
        if let write = lastWrite[key], let finished = write.completion, finished.time < read.invocation.time {
            let isOwn = write.process == read.process
            readsAfterOwnWrite += isOwn ? 1 : 0
            if (read.result.int ?? 0) < (write.argument.int ?? 0) {
                let steps = [Anomaly.Step(write.index, .expectedWrite), .init(read.index, .violatingRead)]
                if isOwn { missedOwnWrites.append(Anomaly(.missedOwnWrite, key: key, steps)) }
                if !isOwn {
                    staleReads.append(
                        Anomaly(
                            .notLinearizable, key: key,
                            [.init(write.index, .conflicting), .init(read.index, .conflicting)]))
                }
            }
        }
        let name = "\(read.process) \(key)"
        if let earlier = lastRead[name] {
            repeatedReads += 1
            if (read.result.int ?? 0) < (earlier.result.int ?? 0) {
                readsGoneBack.append(
                    Anomaly(
                        .readWentBack, key: key,
                        [.init(earlier.index, .earlierRead), .init(read.index, .violatingRead)]))
            }
        }
        lastRead[name] = read
    }
}
