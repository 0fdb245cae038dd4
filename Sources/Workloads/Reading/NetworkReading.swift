extension WorkloadReader {
    /// `network: {loss: 2%, duplicates: 1%, late: 5%, delay: 1..5ms}`.
    func network(_ fields: inout Fields) -> NetworkChoice {
        var network = NetworkChoice()
        guard let tree = fields.tree("network"), var inner = Fields(tree, "network", complaints) else {
            return network
        }
        defer { inner.finish() }
        network.loss = share("loss", &inner)
        network.duplicates = share("duplicates", &inner)
        network.late = share("late", &inner)
        if inner.has("delay") {
            network.delay = inner.value("delay", expected: "a time or a range such as 1..5ms, up to 10s") { text in
                DurationText.range(text).flatMap { $0.upperBound <= .seconds(10) ? $0 : nil }
            }
        }
        return network
    }

    private func share(_ name: String, _ fields: inout Fields) -> Int {
        guard fields.has(name) else { return 0 }
        return fields.value(name, expected: "a share from 0% to 50% with at most one decimal", Self.perThousand)
            ?? 0
    }

    private static func perThousand(_ text: String) -> Int? {
        guard text.hasSuffix("%") else { return nil }
        let parts = text.dropLast().split(separator: ".", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), let whole = Int(parts[0]), (0...50).contains(whole) else { return nil }
        guard parts.count == 2 else { return whole * 10 }
        guard parts[1].utf8.count == 1, let tenth = Int(parts[1]), tenth >= 0 else { return nil }
        let share = whole * 10 + tenth
        return share <= NetworkChoice.shareLimit ? share : nil
    }
}
