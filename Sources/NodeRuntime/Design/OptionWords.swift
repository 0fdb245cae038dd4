public import Replication

/// The words of a command line, `--name value` and `--name=value`, read.
public struct OptionWords: Sendable {
    private var values: [String: [String]] = [:]

    /// Throws `badArguments` for a name that is not among these, or has no value.
    public init(_ words: [String], names: Set<String>) throws(NodeError) {
        var rest = words[...]
        while let word = rest.popFirst() {
            guard word.hasPrefix("--") else { throw NodeError(.badArguments, "unexpected word '\(word)'") }
            let pair = word.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(pair[0])
            guard names.contains(name) else { throw NodeError(.badArguments, "unknown option --\(name)") }
            guard let value = pair.count == 2 ? String(pair[1]) : rest.popFirst() else {
                throw NodeError(.badArguments, "--\(name) needs a value")
            }
            values[name, default: []].append(value)
        }
    }

    public func wrong(_ name: String, _ message: String) -> NodeError {
        NodeError(.badArguments, "--\(name): \(message)")
    }

    public func last(_ name: String) -> String? { values[name]?.last }

    public func required(_ name: String) throws(NodeError) -> String {
        guard let value = last(name), !value.isEmpty else { throw wrong(name, "is needed") }
        return value
    }

    /// Comma-separated values of all occurrences.
    public func parts(_ name: String) -> [String] {
        (values[name] ?? []).flatMap { $0.split(separator: ",").map(String.init) }
    }

    public func addresses(_ name: String) throws(NodeError) -> [(name: NodeName, endpoint: NodeEndpoint)] {
        var result: [(name: NodeName, endpoint: NodeEndpoint)] = []
        for part in parts(name) {
            let pair = part.split(separator: "=", maxSplits: 1).map(String.init)
            guard pair.count == 2, let endpoint = NodeEndpoint(pair[1]) else {
                throw wrong(name, "'\(part)' is not like n1=10.0.0.1:7001")
            }
            guard !result.contains(where: { $0.name == pair[0] }) else {
                throw wrong(name, "'\(pair[0])' stands there twice")
            }
            result.append((pair[0], endpoint))
        }
        return result
    }

    public func endpoint(_ name: String) throws(NodeError) -> NodeEndpoint {
        guard let endpoint = NodeEndpoint(try required(name)) else { throw wrong(name, "is no HOST:PORT") }
        return endpoint
    }

    public func choice<Choice: RawRepresentable & CaseIterable>(
        _ name: String, default standard: Choice
    ) throws(NodeError) -> Choice where Choice.RawValue == String {
        guard let text = last(name) else { return standard }
        guard let choice = Choice(rawValue: text) else {
            throw wrong(name, Choice.allCases.map(\.rawValue).joined(separator: " or "))
        }
        return choice
    }

    private enum Switch: String, CaseIterable { case on, off }

    /// `on` or `off`.
    public func isOn(_ name: String, default standard: Bool) throws(NodeError) -> Bool {
        try choice(name, default: standard ? Switch.on : .off) == .on
    }

    public func number(
        _ name: String, _ range: ClosedRange<UInt64>, default standard: UInt64
    ) throws(NodeError) -> UInt64 {
        guard let text = last(name) else { return standard }
        guard let number = UInt64(text), range.contains(number) else {
            throw wrong(name, "a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    public func time(_ name: String, default standard: UInt64) throws(NodeError) -> UInt64 {
        guard let text = last(name) else { return standard }
        guard let range = DelayRange(text), range.shortest == range.longest, range.shortest > 0 else {
            throw wrong(name, "a time like 500ms or 2s")
        }
        return range.shortest
    }
}
