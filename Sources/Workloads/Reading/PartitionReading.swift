import Faults

extension WorkloadReader {
    /// `shape`, with `from` and `to` for one-way, and `traffic`.
    func partition(_ fields: inout Fields) -> (PartitionShape, Traffic)? {
        let traffic = fields.has("traffic") ? fields.word("traffic", as: Traffic.self) : .peer
        if nodes.count < 2 { complaints.add(fields.position, "a partition needs at least 2 hosts") }
        guard let tree = fields.required("shape"), let traffic else { return nil }
        guard case .text(let word) = tree.content else {
            guard case .list(let groups) = tree.content, let names = groupNames(groups) else {
                complaints.add(tree.position, "a shape is a word or a list of groups such as [[n1, n2], [n3]]")
                return nil
            }
            return (.groups(names), traffic)
        }
        let ways = oneWay(word, &fields)
        guard word != "one-way" else { return ways.map { (.oneWay(from: $0, to: $1), traffic) } }
        guard let shape = Self.shapes[word] else {
            let words = ["halves", "isolate-one", "isolate-leader", "one-way", "bridge", "majority-ring", "random"]
            complaints.add(
                tree.position,
                "a shape is one of \(words.joined(separator: ", ")) or a list of groups, and not \"\(word)\""
                    + Spelling.hint(for: word, among: words))
            return nil
        }
        check(shape, traffic, tree.position)
        return (shape, traffic)
    }

    private static let shapes: [String: PartitionShape] = [
        "halves": .halves, "isolate-one": .isolateOne, "isolate-leader": .isolateLeader, "bridge": .bridge,
        "majority-ring": .majorityRing, "random": .random,
    ]

    private func check(_ shape: PartitionShape, _ traffic: Traffic, _ position: TextPosition) {
        guard shape == .bridge || shape == .majorityRing else { return }
        if nodes.count < PartitionShape.leastNodesOfOverlap {
            complaints.add(position, "\(shape) needs at least \(PartitionShape.leastNodesOfOverlap) hosts")
        }
        if shape == .majorityRing, traffic != .peer {
            complaints.add(position, "a ring has no sides that clients could be cut off from: leave traffic out")
        }
    }

    private func oneWay(_ word: String, _ fields: inout Fields) -> (Target, Target)? {
        guard word == "one-way" else {
            for name in ["from", "to"] { fields.refuse(name, "belongs to the shape one-way") }
            return nil
        }
        let from = fields.tree("from").map { target($0) } ?? .leader
        let to = fields.tree("to").map { target($0) } ?? .all
        guard let from, let to else { return nil }
        return (from, to)
    }

    private func groupNames(_ groups: [TextTree]) -> [[String]]? {
        var seen: Set<String> = []
        var result: [[String]] = []
        for group in groups {
            guard let names = nodeNames(group) else { return nil }
            for name in names where !seen.insert(name).inserted {
                complaints.add(group.position, "node \(name) is in two groups: name it once")
            }
            result.append(names)
        }
        if seen.count == nodes.count, result.count < 2, let first = groups.first {
            complaints.add(first.position, "a partition needs nodes on two sides; this group has them all")
        }
        return result.isEmpty ? nil : result
    }
}
