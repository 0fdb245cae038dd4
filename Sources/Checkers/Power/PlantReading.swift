import HistoryModel

/// One answered read of one key: alone, or in a transaction that only reads.
struct PlantReading {
    var operation: Int
    /// Its place in the transaction, -1 for a read alone.
    var place: Int
    var key: Int
    var answer: ValueRef
}

extension PlantSubject {
    /// All of them: those of one operation side by side.
    var readings: [PlantReading] {
        var next = 0
        return (0..<history.columns.count).flatMap { ordinal -> [PlantReading] in
            while next < objects.microReads.count, objects.microReads[next].operation < ordinal { next += 1 }
            let isTransaction = next < objects.microReads.count && objects.microReads[next].operation == ordinal
            return isTransaction || objects.function(ordinal) == .read ? readings(ordinal) : []
        }
    }

    /// What one operation shows.
    func readings(_ ordinal: Int) -> [PlantReading] {
        guard history.columns.outcome[ordinal] == .ok else { return [] }
        switch objects.function(ordinal) {
        case .read:
            return [
                PlantReading(operation: ordinal, place: -1, key: objects.object(ordinal), answer: answer(ordinal))
            ]
        case .txn:
            return objects.microReads(ordinal).enumerated().map { place, micro in
                let read = objects.microReads[micro]
                return PlantReading(operation: ordinal, place: place, key: Int(read.object), answer: read.answer)
            }
        default: return []
        }
    }

    /// The operation with another answer for one of its reads; `meta` where the answer brings other metadata along.
    func changed(_ reading: PlantReading, _ value: Value, meta: Value? = nil) -> ChangedAnswer? {
        guard reading.place >= 0 else { return ChangedAnswer(reading.operation, value, meta: meta) }
        guard case .list(var micros) = self.value(answer(reading.operation)),
            micros.indices.contains(reading.place),
            case .list(var parts) = micros[reading.place], parts.count == 3
        else { return nil }
        parts[2] = value
        micros[reading.place] = .list(parts)
        return ChangedAnswer(reading.operation, .list(micros), meta: meta)
    }
}
