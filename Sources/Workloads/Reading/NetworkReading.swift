import Faults

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
        network.delay = delay(&inner)
        return network
    }

    /// One or more of `loss`, `delay` and `rate`: what a fault makes of the network.
    func poorNetwork(_ fields: inout Fields) -> PoorNetwork? {
        let before = complaints.problems.count
        var network = PoorNetwork(loss: share("loss", &fields), delay: delay(&fields))
        if fields.has("rate") {
            network.bitsPerSecond = fields.value(
                "rate", expected: "a rate such as 64kbit, 10mbit or 1gbit, from 8kbit to 100gbit", Self.bitRate)
        }
        guard complaints.problems.count == before else { return nil }
        guard network != PoorNetwork() else {
            complaints.add(fields.position, "a network fault has one or more of loss, delay and rate")
            return nil
        }
        if nodes.count < 2 { complaints.add(fields.position, "a network fault needs at least 2 hosts") }
        return network
    }

    private static func bitRate(_ text: String) -> Int? {
        for (unit, size) in [("kbit", 1000), ("mbit", 1_000_000), ("gbit", 1_000_000_000)] {
            guard text.hasSuffix(unit), let number = Int(text.dropLast(unit.count)), number > 0, number < 1_000_000
            else { continue }
            return PoorNetwork.rates.contains(number * size) ? number * size : nil
        }
        return nil
    }

    private func delay(_ fields: inout Fields) -> ClosedRange<Duration>? {
        guard fields.has("delay") else { return nil }
        return fields.value("delay", expected: "a time or a range such as 1..5ms, up to 10s") { text in
            DurationText.range(text).flatMap { $0.upperBound <= .seconds(10) && $0.upperBound > .zero ? $0 : nil }
        }
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
