import HistoryModel

extension Operation {
    /// What was done and what came back, as short as a label: `w 7`, `r → 5`, `cas 5→7`.
    func label(limit: Int = 18) -> String {
        let answer = outcome == .ok ? " → \(Words.value(result, limit: limit))" : ""
        return switch f {
        case "write": "w \(Words.value(argument, limit: limit))"
        case "add": "add \(Words.value(argument, limit: limit))"
        case "read": "r\(answer)"
        case "cas": Words.cut("cas \(swap)", limit + 4)
        case "txn": Words.cut(micros(Self.sign), limit + 8)
        default: f + answer
        }
    }

    private var swap: String {
        guard let pair = argument.list, pair.count == 2 else { return Words.value(argument) }
        return "\(Words.value(pair[0]))→\(Words.value(pair[1]))"
    }

    /// What was done in words: `wrote 7 to key "r0"`.
    var deed: String {
        let place = key.map { " key \"\(Words.cut($0, 60))\"" } ?? ""
        let target = key == nil ? "" : " to\(place)"
        return switch (f, outcome) {
        case ("write", .ok): "wrote \(Words.value(argument))\(target)"
        case ("write", _): "tried to write \(Words.value(argument))\(target)"
        case ("add", .ok): "added \(Words.value(argument))\(target)"
        case ("add", _): "tried to add \(Words.value(argument))\(target)"
        case ("read", .ok): "read\(place) and got \(answer)"
        case ("read", _): "tried to read\(place)"
        case ("cas", .ok): "swapped\(place) from \(swap.replacing("→", with: " to "))"
        case ("cas", _): "tried to swap\(place) from \(swap.replacing("→", with: " to "))"
        case ("txn", .ok): "did in one transaction: \(Words.cut(micros(Self.deed), 400))"
        case ("txn", _): "tried in one transaction: \(Words.cut(micros(Self.deed), 400))"
        case ("dump", .ok): "dumped \(Words.count(result.list?.count ?? 0, "key"))"
        case _ where !ObjectWords(self).deed.isEmpty: ObjectWords(self).deed
        case (_, .ok) where result == argument || result.isNull && !argument.isNull: "did \(f)\(asked)\(place)"
        case (_, .ok): "did \(f)\(asked)\(place) and got \(answer)"
        default: "tried \(f)\(asked)\(place)"
        }
    }

    private var asked: String { argument.isNull ? "" : " \(Words.value(argument))" }

    /// The micro-operations of a transaction, with answers if there are any.
    private func micros(_ text: (_ f: String, _ key: String, _ value: String) -> String) -> String {
        let micros = (outcome == .ok ? result : argument).list ?? []
        return micros.map { micro in
            let parts = micro.list ?? []
            guard parts.count == 3, let f = parts[0].string else { return Words.value(micro, limit: 40) }
            return text(f, parts[1].string ?? Words.value(parts[1], limit: 40), Words.value(parts[2], limit: 60))
        }.joined(separator: ", ")
    }

    private static func sign(_ f: String, _ key: String, _ value: String) -> String {
        "\(key)\(f == "append" ? "+" : f == "w" ? ":=" : "=")\(value)"
    }

    private static func deed(_ f: String, _ key: String, _ value: String) -> String {
        switch f {
        case "r": "read \(key)=\(value)"
        case "append": "appended \(value) to \(key)"
        case "w": "wrote \(value) to \(key)"
        default: "\(f) \(key) \(value)"
        }
    }

    private var answer: String { result.isNull ? "nothing (absent)" : Words.value(result) }

    /// How it ended, in words.
    var ending: String {
        switch (completion?.type, completion?.error) {
        case (.ok, _): "acknowledged"
        case (.fail, let error): "certainly did not happen" + Self.because(error)
        case (.info, let error): "nobody knows whether it happened" + Self.because(error)
        default: "still open at the end of the history"
        }
    }

    private static func because(_ error: String?) -> String {
        error.map { ": " + Words.cut($0, Words.valueLimit) } ?? ""
    }

    /// When it ran: `4.213 s, took 1.2 ms`, and where nobody knows the time: `events 64 to 68`.
    var span: String {
        guard history.hasTimes else {
            return completion.map { "events \(index) to \($0.index)" } ?? "from event \(index)"
        }
        let start = Words.fineTime(invocation.time)
        guard let completion else { return "from \(start)" }
        return "at \(start), took \(Words.duration(completion.time - invocation.time))"
    }

    /// Everything about it in one line.
    var sentence: String {
        let asked = node.map { " at \($0)" } ?? ""
        return "Operation \(index): process \(process.words) \(deed)\(asked), \(span); \(ending)"
    }
}

extension ProcessID {
    /// Its number, or `nemesis`.
    var words: String { client.map(String.init) ?? "nemesis" }
}
