import Faults

extension WorkloadReader {
    static let clientLimit = 1000
    static let durationLimit = Duration.seconds(86_400)

    /// The load that a file without `steps` describes.
    func load(_ fields: inout Fields) -> Workload.Work? {
        let kinds = kinds(&fields)
        let clients = fields.required("clients") == nil ? nil : fields.number("clients", in: 1...Self.clientLimit)
        let duration = duration(&fields)
        let rate = rate(&fields)
        let failover = failover(&fields)
        let quiet = quiet(&fields, until: duration ?? Self.durationLimit)
        let faults = faults(&fields, until: duration ?? Self.durationLimit)
        guard let clients, let duration, let rate, !kinds.isEmpty else { return nil }
        return .load(
            Load(
                kinds: kinds, clients: clients, rate: rate, duration: duration, quiet: quiet,
                schedule: FaultSchedule(faults), failover: failover))
    }

    private func duration(_ fields: inout Fields) -> Duration? {
        guard fields.required("duration") != nil, let duration = fields.duration("duration") else { return nil }
        guard duration <= Self.durationLimit else {
            complaints.add(fields.place(of: "duration"), "duration is at most 24h")
            return nil
        }
        return duration
    }

    private func rate(_ fields: inout Fields) -> Rate? {
        guard fields.has("rate") else { return .max }
        return fields.value("rate", expected: "operations of all clients a second such as 200/s, or max", Rate.init)
    }

    private func kinds(_ fields: inout Fields) -> [WeightedKind] {
        guard let tree = fields.required("workload") else { return [] }
        guard case .list(let elements) = tree.content, !elements.isEmpty else {
            complaints.add(
                tree.position, "workload is a list of kinds such as [{kind: register}]; this is \(tree.kind)")
            return []
        }
        var seen: Set<WorkloadKind> = []
        let kinds = elements.compactMap { element -> WeightedKind? in
            guard let kind = kind(element) else { return nil }
            if !seen.insert(kind.kind).inserted {
                complaints.add(
                    element.position, "the kind \(kind.kind.rawValue) is given twice: add the weights up")
            }
            return kind
        }
        if kinds.count > 1, let alone = kinds.first(where: \.kind.standsAlone) {
            complaints.add(
                tree.position,
                "the kind \(alone.kind.rawValue) stands alone: its checker would take other kinds' reads for its own"
            )
        }
        return kinds
    }

    private func kind(_ tree: TextTree) -> WeightedKind? {
        guard var fields = Fields(tree, "a kind of workload", complaints) else { return nil }
        defer { fields.finish() }
        let weight = fields.has("weight") ? fields.number("weight", in: 1...1000) : 1
        let keys = fields.has("keys") ? fields.number("keys", in: 1...10_000) : nil
        guard fields.required("kind") != nil, let kind = fields.word("kind", as: WorkloadKind.self) else {
            _ = fields.tree("mix")
            return nil
        }
        if fields.has("keys"), !kind.hasKeys {
            complaints.add(
                fields.place(of: "keys"), "the kind \(kind.rawValue) makes its own keys, one or two for each client"
            )
        }
        if let keys, keys < kind.keyCounts.least {
            complaints.add(
                fields.place(of: "keys"), "the kind \(kind.rawValue) needs \(kind.keyCounts.least) keys at least")
        }
        let weights = fields.tree("mix").flatMap { mix($0, kind) }
        return WeightedKind(kind, weight: weight ?? 1, keys: keys, mix: weights)
    }

    /// The weights of a mix; a function that it does not name has weight 0.
    private func mix(_ tree: TextTree, _ kind: WorkloadKind) -> [String: Int]? {
        guard var fields = Fields(tree, "the mix of \(kind.rawValue)", complaints) else { return nil }
        var mix: [String: Int] = [:]
        for (name, _) in kind.defaultMix {
            mix[name] = fields.has(name) ? fields.number(name, in: 0...1000) ?? 1 : 0
            _ = fields.tree(name)
        }
        fields.finish()
        if mix[kind.necessaryFunction] == 0 {
            complaints.add(
                tree.position, "without \(kind.necessaryFunction) the kind \(kind.rawValue) has nothing to show")
        }
        return mix
    }

    private func failover(_ fields: inout Fields) -> FailoverPolicy? {
        guard let tree = fields.tree("failover") else { return nil }
        if case .text("none") = tree.content { return nil }
        guard var policy = Fields(tree, "failover", complaints) else { return nil }
        defer { policy.finish() }
        if policy.required("when") != nil {
            _ = policy.value("when", expected: "leader-killed") { $0 == "leader-killed" ? $0 : nil }
        }
        let after = policy.required("after") == nil ? nil : policy.duration("after", zero: true)
        let choice = policy.tree("choose").map { promotion($0) } ?? .mostAdvanced
        guard let after, let choice else { return nil }
        return FailoverPolicy(after: after, choice: choice)
    }

    /// `most-advanced` or a node's name.
    func promotion(_ tree: TextTree) -> PromotionChoice? {
        guard case .text(let word) = tree.content else {
            complaints.add(tree.position, "whom to promote is most-advanced or a node; this is \(tree.kind)")
            return nil
        }
        if word == "most-advanced" { return .mostAdvanced }
        guard nodes.contains(word) else {
            complaints.add(
                tree.position,
                "whom to promote is most-advanced or a node, and not \"\(word)\""
                    + Spelling.hint(for: word, among: ["most-advanced"] + nodes))
            return nil
        }
        return .named(word)
    }

    private func quiet(_ fields: inout Fields, until duration: Duration) -> [QuietWindow] {
        guard let tree = fields.tree("quiet") else { return [] }
        let windows: [TextTree] = if case .list(let elements) = tree.content { elements } else { [tree] }
        return windows.compactMap { window in
            guard var fields = Fields(window, "a quiet window", complaints) else { return nil }
            defer { fields.finish() }
            let from = fields.required("from") == nil ? nil : fields.duration("from", zero: true)
            let length = fields.required("for") == nil ? nil : fields.duration("for")
            guard let from, let length else { return nil }
            guard from + length <= duration else {
                complaints.add(window.position, "a quiet window ends within the duration of \(duration.words)")
                return nil
            }
            return QuietWindow(from: from, length: length)
        }
    }
}
