/// Registers of unique values: the verdict of `RegisterChains` with its proofs.
struct RegisterCheck {
    private let operations: ObjectOperations
    private let clusters: ValueClusters

    /// Exact for reads, writes and cas of which no two write the same value and none writes null.
    static func check(_ operations: ObjectOperations, wantsOrder: Bool) -> ObjectVerdict {
        let chains = RegisterChains(operations)
        guard chains.violations.isEmpty else {
            let check = Self(operations: operations, clusters: chains.clusters)
            return .violated(chains.violations.map(check.proof))
        }
        return .linearizable(order: wantsOrder ? chains.order().map { operations.operation[$0] } : nil)
    }

    private func proof(_ violation: ChainViolation) -> ObjectViolation {
        switch violation {
        case .phantom(let seenBy):
            named(
                proven(seenBy),
                operations.function[Int(seenBy)] == .cas
                    ? "nobody wrote what this cas replaced" : "nobody wrote what it saw")
        case .fork(let first, let second):
            named(
                [clusters.writer[operations.expected[first]]] + proven(first) + proven(second),
                "two cas replaced the same value")
        case .ring(let ring): named(ring + proven(ring[0]), "each of these cas needs another one before it")
        case .inversion(let early, let late):
            named(
                links(value(late), value(early)) + [writer(early), writer(late)] + [early, late].flatMap(proven),
                nil)
        case .entangled(let first, let second): named(evidence(first) + evidence(second), nil)
        }
    }

    private func named(_ positions: [Int32], _ detail: String?) -> ObjectViolation {
        ObjectViolation(positions.filter { $0 >= 0 }.map { operations.operation[$0] }, detail)
    }

    /// Two operations of a chain with what holds them together, and who wrote what they read.
    private func evidence(_ ends: ChainViolation.Ends) -> [Int32] {
        let early = ends.early < 0 ? 0 : value(ends.early)
        let late = value(ends.late)
        return [clusters.writer[early], clusters.writer[late]] + links(early, late)
            + [ends.early, ends.late].flatMap(proven)
    }

    /// An operation with what proves that it took effect: nothing if it was acknowledged, and otherwise the cas that build
    /// on its value up to one that was acknowledged or whose value was read.
    private func proven(_ position: Int32) -> [Int32] {
        var positions = [position]
        var last = position
        while last >= 0, operations.ret[last] == .max {
            let value = operations.argument[last]
            let read = clusters.earliestRead[value]
            last = read >= 0 ? read : clusters.witness[value]
            positions.append(last)
        }
        return positions
    }

    /// The value that an operation saw or wrote.
    private func value(_ position: Int32) -> Int32 {
        operations.function[position] == .read ? operations.result[position] : operations.argument[position]
    }

    private func writer(_ position: Int32) -> Int32 { clusters.writer[value(position)] }

    /// The cas between two values of one chain.
    private func links(_ first: Int32, _ second: Int32) -> [Int32] {
        path(first, second) ?? path(second, first) ?? []
    }

    private func path(_ first: Int32, _ second: Int32) -> [Int32]? {
        var links: [Int32] = []
        var value = first
        while value != second {
            value = clusters.next[value]
            guard value >= 0 else { return nil }
            links.append(clusters.writer[value])
        }
        return links
    }
}
