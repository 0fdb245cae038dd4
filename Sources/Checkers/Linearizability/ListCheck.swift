/// Lists with unique elements: the verdict of `RegisterChains` on their versions, with its proofs.
struct ListCheck {
    private let operations: ObjectOperations
    private let versions: ListVersions
    private let clusters: ValueClusters

    /// True if no two operations append or write the same element, or times tell them apart, and none null.
    static func takes(_ operations: ObjectOperations) -> Bool {
        operations.hasUniqueUpdates
            || !operations.argument.contains(0) && RepeatedElements.toldApart(operations) != nil
    }

    /// Exact for appends, reads of the whole list and writes that replace it by one element, where `takes` is true.
    static func check(_ operations: ObjectOperations, wantsOrder: Bool) -> ObjectVerdict {
        if operations.hasUniqueUpdates { return checkUnique(operations, wantsOrder: wantsOrder) }
        guard let unique = RepeatedElements.toldApart(operations) else {
            return .undecided("times do not tell equal elements apart")
        }
        let verdict = checkUnique(unique, wantsOrder: wantsOrder)
        guard case .violated(let violations) = verdict else { return verdict }
        let proven = violations.filter { RepeatedElements.isIndependent($0, operations) }
        return proven.isEmpty ? .undecided("a violation rests on equal elements") : .violated(proven)
    }

    private static func checkUnique(_ operations: ObjectOperations, wantsOrder: Bool) -> ObjectVerdict {
        let versions = ListVersions(operations)
        guard versions.violations.isEmpty else {
            return .violated(versions.violations.map { $0.named(operations) })
        }
        let chains = RegisterChains(versions.register())
        guard chains.violations.isEmpty else {
            let check = Self(operations: operations, versions: versions, clusters: chains.clusters)
            return .violated(chains.violations.map(check.proof))
        }
        return .linearizable(order: wantsOrder ? chains.order().map { operations.operation[$0] } : nil)
    }

    private func proof(_ violation: ChainViolation) -> ObjectViolation {
        var positions: [Int32] = []
        switch violation {
        case .inversion(let early, let late): positions = evidence(early, late)
        case .entangled(let first, let second):
            positions = evidence(first.early, first.late) + evidence(second.early, second.late)
        case .phantom, .fork, .ring: preconditionFailure("versions come from reads that agree with one another")
        }
        return ObjectViolation(positions.filter { $0 >= 0 }.map { operations.operation[$0] })
    }

    /// Two operations on versions of one base, and a read that proves it: the shortest that shows what they appended, and
    /// that what nobody saw end took effect.
    private func evidence(_ first: Int32, _ second: Int32) -> [Int32] {
        let pair = [first, second].filter { $0 >= 0 }
        let shown = pair.filter(isRead).map(version).max() ?? 0
        let appended =
            pair.filter { !isRead($0) && (isAppend($0) || operations.ret[$0] == .max) }.map(version).max() ?? 0
        guard appended > shown else { return pair }
        var version = appended
        while clusters.earliestRead[version] < 0 { version = clusters.next[version] }
        return pair + [clusters.earliestRead[version]]
    }

    private func isRead(_ position: Int32) -> Bool { operations.function[position] == .read }

    /// True for appends that were seen.
    private func isAppend(_ position: Int32) -> Bool { clusters.operations.expected[position] >= 0 }

    /// Versions of one base ascend.
    private func version(_ position: Int32) -> Int32 {
        let register = clusters.operations
        return isRead(position) ? register.result[position] : register.argument[position]
    }
}

extension ListViolation {
    fileprivate func named(_ operations: ObjectOperations) -> ObjectViolation {
        func violation(_ positions: [Int32], _ detail: String) -> ObjectViolation {
            ObjectViolation(positions.map { operations.operation[$0] }, detail)
        }
        return switch self {
        case .phantom(let read): violation([read], "nobody appended one of its elements")
        case .repeated(let read): violation([read], "it lists an element twice")
        case .unreplaced(let read, let write):
            violation([read, write], "what was written before is still there")
        case .disagreement(let first, let second):
            violation([first, second], "neither of two reads begins with the other")
        }
    }
}
