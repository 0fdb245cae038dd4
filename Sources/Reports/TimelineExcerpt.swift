import Checkers
import HistoryModel

/// What a timeline shows of a history: the operations of the proof, and their neighbours in time.
struct TimelineExcerpt {
    /// An operation with its number in the proof, if it belongs to it.
    struct Item {
        var operation: Operation
        var step: AnomalyWords.Step?
        /// Whether it works on a key of the proof.
        var isRelated: Bool
        /// Where it ends in the picture; an open one lasts to the end of what is shown.
        var end: Int64
    }

    static let rowLimit = 10
    static let itemLimit = 140
    /// How many operations before a stretch of time are looked at for some that reach into it.
    static let lookBack = 512

    let scale: TimelineScale
    /// By process; those of the proof are always among them.
    let rows: [(process: ProcessID, items: [Item])]

    init?(_ words: AnomalyWords, in index: OperationIndex, x: Double, width: Double) {
        let proof = words.steps.filter { $0.operation != nil }
        guard !proof.isEmpty else { return nil }
        let intervals = proof.compactMap(\.operation).map { $0.invocation.time...$0.drawnEnd }
        let longest = intervals.map { $0.upperBound - $0.lowerBound }.max() ?? 0
        let padding = max(longest, 500_000)
        scale = TimelineScale(around: intervals, padding: padding, x: x, width: width)
        rows = Self.rows(proof, Self.neighbours(in: index, scale, keys: Set(proof.compactMap(\.operation?.key))))
    }

    /// The operations whose time is shown, those of the proof's keys first.
    private static func neighbours(
        in index: OperationIndex, _ scale: TimelineScale, keys: Set<String>
    ) -> [(operation: Operation, isRelated: Bool)] {
        var found: [Operation] = []
        var next = 0
        for segment in scale.segments {
            let first = index.lowerBound { $0.invocation.time < segment.start }
            var place = max(next, first - lookBack)
            // The limit keeps a long stretch of a busy history from being copied whole.
            while place < index.operations.count, found.count < 20_000 {
                let operation = index.operations[place]
                guard operation.invocation.time <= segment.end else { break }
                if operation.drawnEnd >= segment.start { found.append(operation) }
                place += 1
            }
            next = place
        }
        let marked = found.map { operation in
            (
                operation: operation,
                isRelated: operation.key.map(keys.contains) ?? (keys.isEmpty || operation.f == "txn")
            )
        }
        return marked.filter(\.isRelated) + marked.filter { !$0.isRelated }
    }

    private static func rows(
        _ proof: [AnomalyWords.Step], _ neighbours: [(operation: Operation, isRelated: Bool)]
    ) -> [(process: ProcessID, items: [Item])] {
        var items: [ProcessID: [Item]] = [:]
        var drawn: Set<Int> = []
        for step in proof {
            guard let operation = step.operation, drawn.insert(operation.index).inserted else { continue }
            items[operation.process, default: []].append(
                Item(operation: operation, step: step, isRelated: true, end: operation.drawnEnd))
        }
        for (operation, isRelated) in neighbours where drawn.count < itemLimit {
            guard items[operation.process] != nil || items.count < rowLimit else { continue }
            guard drawn.insert(operation.index).inserted else { continue }
            items[operation.process, default: []].append(
                Item(operation: operation, step: nil, isRelated: isRelated, end: operation.drawnEnd))
        }
        return items.sorted { $0.key < $1.key }.map { process, items in
            (process, items.sorted { $0.operation.index < $1.operation.index })
        }
    }
}

extension Operation {
    /// Where its bar ends: an operation that is open at the end gets a short bar.
    var drawnEnd: Int64 { completion?.time ?? invocation.time + 1_000_000 }
}
