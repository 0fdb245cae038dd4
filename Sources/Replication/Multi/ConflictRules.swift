/// One value of a key with the write that left it.
struct MultiVersion: Hashable, Sendable {
    /// `nil` where the key was deleted.
    var value: StoredValue?
    var stamp: Stamp
    var dot: Dot
    /// What it replaces.
    var past: VersionVector
}

/// What stays of two versions of a key.
struct ConflictRules: Hashable, Sendable {
    var policy: MultiPolicy
    var mutants: Set<Mutant> = []

    /// How a version that arrives lies to one that is there.
    enum Relation: Hashable, Sendable { case newer, older, concurrent }

    func relation(_ new: MultiVersion, to old: MultiVersion) -> Relation {
        if contains(new.past, old.dot) { return .newer }
        return contains(old.past, new.dot) ? .older : .concurrent
    }

    private func contains(_ past: VersionVector, _ dot: Dot) -> Bool {
        // The planted bug does not count the write itself, so that what it never saw looks old to a version.
        if mutants.contains(.vvMergeDrops) { return past[dot.replica] + 1 >= dot.number }
        return past.contains(dot)
    }

    /// Takes a version in. Gives those that were there and neither knew it nor were known to it.
    func add(_ new: MultiVersion, to versions: inout [MultiVersion]) -> [MultiVersion] {
        let relations = versions.map { relation(new, to: $0) }
        let rivals = zip(versions, relations).filter { $0.1 == .concurrent }.map(\.0)
        if policy.keepsSiblings {
            keepBoth(new, relations, &versions)
        } else if let old = versions.first {
            versions = [stays(new, old, relations[0]) ? new : old]
        } else {
            versions = [new]
        }
        return rivals
    }

    private func keepBoth(_ new: MultiVersion, _ relations: [Relation], _ versions: inout [MultiVersion]) {
        guard !relations.contains(.older) else { return }
        versions = zip(versions, relations).filter { $0.1 == .concurrent }.map(\.0) + [new]
        versions.sort { $0.dot < $1.dot }
    }

    /// Whether the new version takes the place of the old one.
    private func stays(_ new: MultiVersion, _ old: MultiVersion, _ relation: Relation) -> Bool {
        // One write may set a key twice.
        if mutants.contains(.arrivalOrder) || new.dot == old.dot { return true }
        if mutants.contains(.prioNotTransitive) { return isCausallyAhead(new, old, relation) }
        switch policy {
        case .arrival: return true
        case .lwwWall, .lwwHybrid, .lwwLamport, .crdt: return isLater(new, old)
        case .priority: return new.dot > old.dot
        case .causalPriority: return isCausallyAhead(new, old, relation)
        case .siblings, .merge: preconditionFailure("siblings do not take one another's place")
        }
    }

    private func isLater(_ new: MultiVersion, _ old: MultiVersion) -> Bool {
        let isTie = new.stamp.time == old.stamp.time && new.stamp.counter == old.stamp.counter
        if isTie, mutants.contains(.lwwNoTiebreak) { return false }
        return (new.stamp, new.dot) > (old.stamp, old.dot)
    }

    private func isCausallyAhead(_ new: MultiVersion, _ old: MultiVersion, _ relation: Relation) -> Bool {
        relation == .newer || relation == .concurrent && new.dot > old.dot
    }

    // MARK: Reading

    /// The version that a reader is shown; `nil` where nothing was ever written.
    func winner(_ versions: [MultiVersion]) -> MultiVersion? {
        versions.max { ($0.stamp, $0.dot) < ($1.stamp, $1.dot) }
    }

    /// The value that a reader is shown.
    func value(_ versions: [MultiVersion]) -> StoredValue? {
        guard policy.keepsSiblings, versions.count > 1 else { return winner(versions)?.value }
        let values = versions.sorted { $0.dot < $1.dot }.compactMap(\.value)
        // Siblings of registers are the reader's to choose from; who adds to a set adds to all that is there.
        let isRegister = values.contains { $0.kind == .register || $0.kind == .reservation }
        if policy == .siblings, isRegister { return winner(versions)?.value }
        return Self.united(values) ?? winner(versions)?.value
    }

    /// Values put together; `nil` where they are of different types, or of one that cannot be put together.
    private static func united(_ values: [StoredValue]) -> StoredValue? {
        var elements: [[UInt8]] = []
        var numbers: [Int64] = []
        var kinds: Set<StoredValue.Kind> = []
        for value in values {
            switch value {
            case .set(let more), .list(let more): elements += more
            case .register(let text):
                guard let number = IntegerText.parse(text) else { return nil }
                numbers.append(number)
            case .reservation: return nil
            }
            kinds.insert(value.kind)
        }
        guard kinds.count == 1, let kind = kinds.first else { return nil }
        switch kind {
        case .set: return .set(Set(elements).sorted { $0.lexicographicallyPrecedes($1) })
        case .list:
            var seen: Set<[UInt8]> = []
            return .list(elements.filter { seen.insert($0).inserted })
        case .register: return numbers.max().map { .register(IntegerText.text($0)) }
        case .reservation: return nil
        }
    }
}

extension StoredValue {
    var kind: Kind {
        switch self {
        case .register: .register
        case .set: .set
        case .list: .list
        case .reservation: .reservation
        }
    }
}
