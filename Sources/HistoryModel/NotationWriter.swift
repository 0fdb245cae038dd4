/// Turns a history into one line of the notation.
struct NotationWriter {
    private(set) var text = ""

    init(_ history: History) {
        var steps: [String] = []
        let completions = Dictionary(
            history.operations.compactMap { operation in
                operation.completion.map { (operation.index, $0.event) }
            }, uniquingKeysWith: { first, _ in first })
        var merged: Set<Int> = []
        for (position, event) in history.events.enumerated() where !merged.contains(event.index) {
            guard event.process != .nemesis else {
                steps.append(Self.nemesis(event))
                continue
            }
            guard event.type == .invoke else {
                steps.append(Self.completion(event))
                continue
            }
            let next = position + 1 < history.events.count ? history.events[position + 1] : nil
            if let completion = completions[event.index], completion.index == next?.index,
                Self.canMerge(event, completion)
            {
                merged.insert(completion.index)
                steps.append(Self.operation(event, completion))
            } else {
                steps.append(Self.operation(event, nil))
            }
        }
        text = steps.joined(separator: " | ")
    }

    /// One step has one value.
    private static func canMerge(_ invocation: Event, _ completion: Event) -> Bool {
        completion.type != .ok || invocation.value.isNull || ["txn", "cas"].contains(invocation.f)
            || invocation.value == completion.value
    }

    private static func nemesis(_ event: Event) -> String {
        let words = [event.value["fault"]?.string, event.value["kind"]?.string].compactMap(\.self)
        return (["n", event.f] + words).joined(separator: " ")
    }

    private static func operation(_ invocation: Event, _ completion: Event?) -> String {
        var words = [process(invocation), NotationWords.word(invocation.f) ?? invocation.f]
        if let key = invocation.key { words.append(key) }
        if let value = value(completion?.type == .ok ? completion ?? invocation : invocation) {
            words.append(value)
        }
        if let completion { words.append(outcome(completion)) }
        if invocation.meta["final"] == .bool(true) { words.append("final") }
        return (words + attributes(completion ?? invocation)).joined(separator: " ")
    }

    private static func completion(_ event: Event) -> String {
        var words = [process(event), outcome(event)]
        if event.type == .ok, let value = value(event) { words.append(value) }
        return (words + attributes(event)).joined(separator: " ")
    }

    private static func attributes(_ event: Event) -> [String] {
        var words: [String] = []
        if let node = event.node { words.append("@\(node)") }
        if let timeline = event.meta["tli"]?.int { words.append("tli=\(timeline)") }
        return words
    }

    private static func process(_ event: Event) -> String {
        event.process.client.map { "p\($0)" } ?? "n"
    }

    private static func outcome(_ event: Event) -> String {
        event.error.map { "\(event.type.rawValue):\($0)" } ?? event.type.rawValue
    }

    private static func value(_ event: Event) -> String? {
        switch event.f {
        case "cas":
            guard let list = event.value.list, list.count == 2 else { return json(event.value) }
            return "\(json(list[0]))>\(json(list[1]))"
        case "txn":
            return micros(event.value.list ?? [])
        case "dump":
            guard event.type == .ok else { return nil }
            return pairs((event.value.list ?? []).map { $0.list ?? [] })
        case "read": return event.type == .ok ? json(event.value) : nil
        case let f where NotationWords.answering.contains(f) && event.type != .ok: return nil
        default: return event.value.isNull && NotationWords.word(event.f) == nil ? nil : json(event.value)
        }
    }

    private static func micros(_ micros: [Value]) -> String {
        guard !micros.isEmpty else { return "-" }
        return micros.map { micro in
            let parts = micro.list ?? []
            let sign = parts.first == "w" ? ":=" : parts.first == "append" ? "+" : "="
            let key = parts.count > 1 ? parts[1].string ?? json(parts[1]) : "?"
            return key + sign + json(parts.count > 2 ? parts[2] : .null)
        }.joined(separator: ",")
    }

    private static func pairs(_ pairs: [[Value]]) -> String {
        guard !pairs.isEmpty else { return "-" }
        return pairs.map { "\($0.first?.string ?? "?")=\(json($0.last ?? .null))" }.joined(separator: ",")
    }

    /// Compact JSON, a word without quotes where that reads back as the same text.
    static func json(_ value: Value) -> String {
        if case .string(let text) = value, isWord(text) { return text }
        return String(decoding: JSONText.bytes(value), as: UTF8.self)
    }

    private static func isWord(_ text: String) -> Bool {
        text.first?.isLetter == true && !["true", "false", "null", "ok", "fail", "info", "final"].contains(text)
            && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") }
    }
}
