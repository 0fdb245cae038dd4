import HistoryModel

/// Linearizability of one register in O(n log n), exact when every value is written at most once.
///
/// The write of a value with its reads is a cluster; each cas that took effect puts its cluster directly behind that of
/// the value it replaced, so that clusters form chains. A chain must be in order inside, and whole chains must not be
/// entangled: zones of Gibbons and Korach (SIAM J. Comput. 26(4), 1997) in the form of Golab, Li and Shah (PODC 2011),
/// which holds for any partition into contiguous blocks. An `info` update counts if its value was seen, without end.
struct RegisterChains {
    private let accesses: Accesses
    private let calls: KeyCalls
    /// By value: the update that wrote it, if any.
    private var writer: [Update?]
    /// By value: its reads.
    private var reads: [[Interval]]
    /// By value: whether it certainly took effect.
    private var isReal: [Bool]
    private var anomalies: [Anomaly] = []

    /// Contiguous clusters.
    private struct Block {
        /// The operation that ended first; `nil` for the chain that starts with the initial value, which ended before all.
        var low: Interval?
        /// The operation that began last.
        var high: Interval?
        /// The value at the start of the chain.
        var head: Int
    }

    static func check(_ accesses: Accesses, _ calls: KeyCalls) -> KeyVerdict {
        var checker = RegisterChains(accesses, calls)
        checker.run()
        return checker.anomalies.isEmpty ? .linearizable : .violated(checker.anomalies)
    }

    private init(_ accesses: Accesses, _ calls: KeyCalls) {
        self.accesses = accesses
        self.calls = calls
        let count = calls.key.values.count
        writer = [Update?](repeating: nil, count: count)
        reads = [[Interval]](repeating: [], count: count)
        isReal = [Bool](repeating: false, count: count)
    }

    private func interval(_ ordinal: Int) -> Interval { Interval(accesses.operation(ordinal), ordinal) }

    private mutating func run() {
        for update in calls.updates { writer[update.value] = update }
        for reading in calls.readings { reads[reading.value].append(interval(reading.operation)) }
        guard findReal() else { return }
        guard let next = chains() else { return }
        let blocks = blocks(next)
        guard anomalies.isEmpty else { return }
        findEntangled(blocks)
    }

    /// Marks the values that took effect; false if something was seen that nobody wrote.
    private mutating func findReal() -> Bool {
        var pending: [(value: Int, seenBy: Int)] = []
        for reading in calls.readings { pending.append((reading.value, reading.operation)) }
        for update in calls.updates where update.outcome == .ok { pending.append((update.value, update.operation)) }
        var phantoms: Set<Int> = []
        while let (value, seenBy) = pending.popLast() {
            guard !isReal[value] else { continue }
            isReal[value] = true
            guard let update = writer[value] else {
                if value != 0, phantoms.insert(value).inserted {
                    report(
                        [Anomaly.Step(accesses.index(seenBy), .violatingRead)], detail: "nobody wrote what it saw")
                }
                continue
            }
            if let expected = update.expected { pending.append((expected, update.operation)) }
        }
        return phantoms.isEmpty
    }

    /// By value: the value that a cas put directly behind it; `nil` if two did.
    private mutating func chains() -> [Int?]? {
        var next = [Int?](repeating: nil, count: writer.count)
        for update in calls.updates where isReal[update.value] {
            guard let expected = update.expected else { continue }
            if let other = next[expected], let first = writer[other] {
                report(steps([writer[expected], first, update]), detail: "two cas replaced the same value")
                return nil
            }
            next[expected] = update.value
        }
        return next
    }

    /// One block for each chain, in order inside.
    private mutating func blocks(_ next: [Int?]) -> [Block] {
        var blocks: [Block] = []
        var visited = [Bool](repeating: false, count: writer.count)
        for head in writer.indices where (isReal[head] || head == 0) && writer[head]?.expected == nil {
            blocks.append(block(head, next, &visited))
        }
        // What is left hangs on no write: cas that only follow one another in a ring.
        if let rest = writer.indices.first(where: { isReal[$0] && !visited[$0] }) {
            var ring: [Update?] = []
            var value: Int? = rest
            while let current = value, !visited[current] {
                visited[current] = true
                ring.append(writer[current])
                value = next[current]
            }
            report(steps(ring), detail: "each of these cas needs another one before it")
        }
        return blocks
    }

    private mutating func block(_ head: Int, _ next: [Int?], _ visited: inout [Bool]) -> Block {
        var block = Block(low: nil, high: nil, head: head)
        var levels = OrderedLevels()
        var value: Int? = head
        while let current = value {
            visited[current] = true
            let own = writer[current].map { [interval($0.operation)] } ?? []
            for level in [own, reads[current]] {
                if let inversion = levels.add(level) { reportInversion(inversion, current) }
                for operation in level {
                    if operation.ret < block.low?.ret ?? .max { block.low = operation }
                    if operation.call > block.high?.call ?? .min { block.high = operation }
                }
            }
            value = next[current]
        }
        return block
    }

    /// Two chains cannot both come first if each has an operation that ended before one of the other began.
    private mutating func findEntangled(_ blocks: [Block]) {
        // The chain of the initial value comes first: nothing of it may begin after anything else has ended.
        let start = blocks.first { $0.head == 0 }
        let others = blocks.filter { $0.head != 0 }
        if let start, let high = start.high {
            for block in others {
                if let low = block.low, low.ret < high.call { reportEntangled(start, block) }
            }
        }
        let forward = others.filter { Self.low($0) < Self.high($0) }.sorted { Self.low($0) < Self.low($1) }
        var widest: Block?
        for block in forward {
            if let other = widest, Self.low(block) < Self.high(other) { reportEntangled(other, block) }
            if widest.map({ Self.high($0) < Self.high(block) }) ?? true { widest = block }
        }
        guard anomalies.isEmpty else { return }
        for block in others where Self.high(block) <= Self.low(block) {
            let count = forward.partitioningIndex { Self.low($0) >= Self.high(block) }
            if count > 0, Self.low(block) < Self.high(forward[count - 1]) {
                reportEntangled(forward[count - 1], block)
            }
        }
    }

    private static func low(_ block: Block) -> Int64 { block.low?.ret ?? .max }
    private static func high(_ block: Block) -> Int64 { block.high?.call ?? .min }
}

extension RegisterChains {
    private mutating func report(_ evidence: [Anomaly.Step], detail: String?) {
        anomalies.append(Anomaly(.notLinearizable, key: calls.key.name, evidence, detail: detail))
    }

    private func steps(_ updates: [Update?]) -> [Anomaly.Step] {
        updates.compactMap { $0.map { Anomaly.Step(accesses.index($0.operation), .conflicting) } }
    }

    /// An operation ended before one began that its chain puts in front of it.
    private mutating func reportInversion(_ inversion: (tooEarly: Interval, tooLate: Interval), _ value: Int) {
        report(proof([inversion.tooEarly.operation, inversion.tooLate.operation]), detail: nil)
    }

    private mutating func reportEntangled(_ first: Block, _ second: Block) {
        let witnesses = [first.low, first.high, second.low, second.high].compactMap { $0?.operation }
        report(proof(witnesses), detail: nil)
    }

    /// The witnesses with the updates whose values they saw, in the order of their invocations.
    private func proof(_ witnesses: [Int]) -> [Anomaly.Step] {
        var operations = Set(witnesses)
        for witness in witnesses {
            for value in seen(witness) {
                if let update = writer[value] { operations.insert(update.operation) }
            }
        }
        return Proof(accesses, calls).steps(operations)
    }

    private func seen(_ operation: Int) -> [Int] {
        if let position = accesses.updateOf[operation] { return [accesses.updates[position].expected ?? 0] }
        return accesses.readingsOf[operation].map { accesses.readings[$0] }.filter {
            accesses.keys[$0.key].name == calls.key.name
        }.map(\.value)
    }
}
