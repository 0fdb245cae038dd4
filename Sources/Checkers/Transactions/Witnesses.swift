/// An `info` transaction is part of a proof only if the proof shows that it happened.
extension ReadsFrom {
    /// Of some transactions those that are known to have happened from these alone: they are `ok`, or one of them saw a
    /// write of theirs.
    func certain(of kept: [Bool]) -> [Bool] {
        var certain = kept
        var pending: [Int] = []
        for transaction in kept.indices where kept[transaction] {
            if table.status[transaction] == .ok {
                pending.append(transaction)
            } else {
                certain[transaction] = false
            }
        }
        while let transaction = pending.popLast() {
            forEachSeen(transaction) { writer in
                guard kept[writer], !certain[writer] else { return }
                certain[writer] = true
                pending.append(writer)
            }
        }
        return certain
    }

    /// With every transaction that may not have happened one that saw it, up to one that is `ok`.
    func witnessed(_ some: [Bool]) -> [Bool] {
        var all = some
        while true {
            let certain = certain(of: all)
            var lacking = Set(all.indices.filter { all[$0] && !certain[$0] })
            guard !lacking.isEmpty else { return all }
            let before = lacking.count
            // Those that are `ok` come first: what they saw needs no further witness.
            for isOK in [true, false] {
                for transaction in all.indices
                where !all[transaction] && isIncluded[transaction] && (table.status[transaction] == .ok) == isOK {
                    forEachSeen(transaction) { writer in
                        if lacking.remove(writer) != nil { all[transaction] = true }
                    }
                }
            }
            if lacking.count == before { return all }
        }
    }

    /// The transactions of which this one saw a write.
    private func forEachSeen(_ transaction: Int, _ body: (Int) -> Void) {
        for reading in readings(transaction) {
            if reading.writer >= 0 { body(Int(reading.writer)) }
            guard table.isList[Int(reading.key)] else { continue }
            for element in table.list(Int(reading.micro)) {
                let writer = table.writer(Int(table.elements[element]))
                if writer >= 0 { body(writer) }
            }
        }
    }
}
