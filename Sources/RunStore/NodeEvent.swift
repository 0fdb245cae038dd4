public import Checkers
public import HistoryModel

/// One line of a node's own event log, `nodes/<node>/events.jsonl`: read leniently, systems write what they like.
public struct NodeEvent: Hashable, Sendable {
    public var node: String
    /// The node's own clock reading, in nanoseconds where it wrote a number; as text where it wrote a text.
    public var time: Value
    /// What happened.
    public var event: String
    /// All other fields, in the order in which they were written.
    public var fields: [Value.Member]

    public init(node: String, time: Value, event: String, fields: [Value.Member] = []) {
        self.node = node
        self.time = time
        self.event = event
        self.fields = fields
    }

    /// Reads one line; `nil` if it is no object that names an event.
    public init?(node: String, line: some Collection<UInt8>) {
        guard let value = try? JSONText.value(Array(line)), case .object(let members) = value,
            let event = value["event"]?.string
        else { return nil }
        self.node = node
        self.event = event
        time = value["time"] ?? value["mono"] ?? .null
        fields = members.filter { $0.name != "event" && $0.name != "time" && $0.name != "mono" }
    }
}

extension NodeReport {
    /// What a line of a node's event log says to checkers.
    public init(_ event: NodeEvent) {
        let fields = Dictionary(event.fields.map { ($0.name, $0.value) }) { first, _ in first }
        self.init(
            node: event.node, kind: event.event, peer: fields["peer"]?.string,
            detail: fields["detail"]?.string ?? "")
    }
}
