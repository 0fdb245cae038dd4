import Faults

// Clients that send an operation again, and attempts that arrive late.
extension WorkloadReader {
    /// `retry-after`, shorter than the time after which a client gives an operation up.
    mutating func retryAfter(_ fields: inout Fields, within timeout: Duration?) -> Duration? {
        guard fields.has("retry-after"), let time = fields.duration("retry-after") else { return nil }
        if let timeout, time >= timeout {
            complaints.add(
                fields.place(of: "retry-after"), "retry-after is shorter than the timeout, \(timeout.words)")
        }
        hasRetries = true
        return time
    }
}

extension StepReader {
    /// The name under which the first attempt of an operation stays on its way.
    mutating func hold(by client: Int, _ fields: inout Fields) -> String? {
        guard fields.has("hold"), let name = fields.text("hold") else { return nil }
        let place = fields.place(of: "hold")
        if !workload.hasRetries {
            workload.complaints.add(place, "hold is for clients that send again: this file has no retry-after")
        }
        if held.updateValue(client, forKey: name) != nil {
            workload.complaints.add(place, "an attempt is held as \(name) already")
        }
        return name
    }

    mutating func release(_ tree: TextTree) -> ScenarioAction? {
        if case .text(let name) = tree.content, let client = held.removeValue(forKey: name) {
            return .release(name, client: client)
        }
        workload.complaints.add(tree.position, "release names an attempt that a step before holds")
        return nil
    }
}
