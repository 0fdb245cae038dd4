package import HistoryModel

/// What `nodectl` prints, read; pure.
package enum NodeControl {
    package static func status(_ answer: Value) throws(AnswerError) -> NodeStatus {
        let timeline = try number("timeline", answer)
        guard let role = NodeStatus.Role(rawValue: try text("role", answer)) else {
            throw AnswerError(.badOutput, "'role' is no role")
        }
        return NodeStatus(
            node: try text("id", answer), role: role, timeline: timeline, lineage: String(timeline),
            lsn: try number("lsn", answer), applied: try number("applied", answer),
            leader: answer["leader"]?.string, progress: try progress(answer["progress"]),
            peers: try peers(answer["peers"]), unrest: names("unrest", answer) ?? [],
            group: names("voters", answer).map { $0 + (names("learners", answer) ?? []) })
    }

    private static func names(_ field: String, _ answer: Value) -> [String]? {
        answer[field]?.list?.compactMap(\.string)
    }

    private static func progress(_ answer: Value?) throws(AnswerError) -> [String: Int64] {
        guard case .object(let members)? = answer else { return [:] }
        var progress: [String: Int64] = [:]
        for member in members {
            guard let number = member.value.int else {
                throw AnswerError(.badOutput, "'progress' holds what is no whole number")
            }
            progress[member.name] = number
        }
        return progress
    }

    private static func peers(_ answer: Value?) throws(AnswerError) -> [String: NodeStatus.Peer] {
        guard case .object(let members)? = answer else { return [:] }
        var peers: [String: NodeStatus.Peer] = [:]
        for member in members {
            peers[member.name] = NodeStatus.Peer(
                isConnected: member.value["connected"]?.bool ?? false,
                received: try number("received", member.value), flushed: try number("flushed", member.value),
                applied: try number("applied", member.value))
        }
        return peers
    }

    /// One of the clocks that `clock` reports.
    static func clock(_ name: String, _ answer: Value) throws(AnswerError) -> ClockWord {
        ClockWord(setting: try text(name, answer), ahead: try number("\(name)_ahead_ns", answer))
    }

    package static func dump(_ answer: Value) throws(AnswerError) -> NodeDump {
        guard let pairs = answer["keys"]?.list else { throw AnswerError(.badOutput, "there is no list 'keys'") }
        var keys: [Value.Member] = []
        for pair in pairs {
            guard let parts = pair.list, parts.count == 2, let key = parts[0].string else {
                throw AnswerError(.badOutput, "'keys' holds something that is no [key, value]")
            }
            keys.append(Value.Member(key, StoredValue.read(parts[1], sorting: false)))
        }
        return NodeDump(node: try text("id", answer), keys: keys, isPartial: answer["partial"]?.bool ?? false)
    }

    private static func number(_ name: String, _ answer: Value) throws(AnswerError) -> Int64 {
        guard let number = answer[name]?.int else { throw AnswerError(.badOutput, "'\(name)' is no whole number") }
        return number
    }

    private static func text(_ name: String, _ answer: Value) throws(AnswerError) -> String {
        guard let text = answer[name]?.string else { throw AnswerError(.badOutput, "'\(name)' is no text") }
        return text
    }
}

/// Stored values as histories hold them: decimal texts are numbers, sets are lists.
enum StoredValue {
    /// With `sorting` for systems that show sets in no order; others may show lists, whose order counts.
    static func read(_ value: Value, sorting: Bool = true) -> Value {
        switch value {
        case .string(let text): Int64(text).map(Value.int) ?? value
        case .list(let elements) where sorting: .list(elements.map { read($0) }.sorted(by: precedes))
        case .list(let elements): .list(elements.map { read($0, sorting: false) })
        default: value
        }
    }

    private static func precedes(_ left: Value, _ right: Value) -> Bool {
        switch (left, right) {
        case (.int(let left), .int(let right)): left < right
        case (.string(let left), .string(let right)): left < right
        case (.int, _): true
        default: false
        }
    }
}
