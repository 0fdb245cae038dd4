import Faults

extension WorkloadReader {
    /// The planned faults of a load.
    func faults(_ fields: inout Fields, until duration: Duration) -> [PlannedFault] {
        guard let tree = fields.tree("faults") else { return [] }
        guard case .list(let elements) = tree.content else {
            complaints.add(tree.position, "faults is a list of faults; this is \(tree.kind)")
            return []
        }
        var names: Set<String> = []
        return elements.compactMap { element in
            guard let fault = fault(element, until: duration) else { return nil }
            if !names.insert(fault.id).inserted {
                complaints.add(element.position, "there are two faults with the id \(fault.id)")
            }
            return fault
        }
    }

    private enum KindWord: String, CaseIterable {
        case kill, pause, partition, clock, network
        case powerCut = "power-cut"

        /// Whether the node is gone until it is started again.
        var isDeath: Bool { self == .kill || self == .powerCut }
    }

    private func fault(_ tree: TextTree, until duration: Duration) -> PlannedFault? {
        guard var fields = Fields(tree, "a fault", complaints) else { return nil }
        defer { fields.finish() }
        let id = id(&fields)
        let at = fields.required("at") == nil ? nil : fields.duration("at", zero: true)
        let required = fields.has("required") ? fields.flag("required") : true
        let every = fields.duration("every")
        guard fields.required("kind") != nil, let word = fields.word("kind", as: KindWord.self) else {
            for name in ["target", "shape", "traffic", "torn", "for", "restart", "restart-after"]
                + Self.clockChanges + ["period", "clock", "loss", "delay"]
            {
                _ = fields.tree(name)
            }
            return nil
        }
        if word != .clock { refuseClockWords(&fields, but: word == .network ? ["rate"] : []) }
        if word != .network {
            for name in ["loss", "delay"] { fields.refuse(name, "belongs to network faults") }
        }
        guard let (kind, target) = kindAndTarget(word, &fields) else { return nil }
        let end = end(of: word, &fields)
        guard let id, let at, let end, let required else { return nil }
        let fault = PlannedFault(
            id: id, kind: kind, target: target, at: at, end: end, every: every, required: required)
        check(fault, fields, until: duration)
        return fault
    }

    /// The name of a fault: it stands in histories and on command lines.
    func id(_ fields: inout Fields) -> String? {
        guard fields.required("id") != nil else { return nil }
        return fields.value("id", expected: "up to 40 letters, digits and hyphens") { text in
            let isPlain = text.unicodeScalars.allSatisfy {
                $0 == "-" || ($0.isASCII && $0.properties.isAlphabetic) || ("0"..."9").contains($0)
            }
            return isPlain && (1...40).contains(text.utf8.count) ? text : nil
        }
    }

    private func kindAndTarget(_ word: KindWord, _ fields: inout Fields) -> (FaultKind, Target)? {
        guard word == .partition else {
            for name in ["shape", "traffic"] {
                fields.refuse(name, "belongs to partitions; a \(word.rawValue) has a target")
            }
            let kind = faultKind(word, &fields)
            guard let tree = fields.required("target"), let target = target(tree), let kind else { return nil }
            return (kind, target)
        }
        fields.refuse("torn", "belongs to power cuts")
        fields.refuse("target", "does not go with a partition: its shape says who is cut off")
        guard let (shape, traffic) = partition(&fields) else { return nil }
        return (.partition(shape, traffic), .all)
    }

    private func faultKind(_ word: KindWord, _ fields: inout Fields) -> FaultKind? {
        if word == .clock || word == .network {
            fields.refuse("torn", "belongs to power cuts")
            return word == .clock ? clock(&fields).map { .clock($0) } : poorNetwork(&fields).map { .network($0) }
        }
        guard word == .powerCut else {
            fields.refuse("torn", "belongs to power cuts")
            return word == .kill ? .kill : .pause
        }
        return powerCut(&fields)
    }

    private static let clockChanges = ["offset", "jump", "rate", "strobe"]

    private func refuseClockWords(_ fields: inout Fields, but others: [String]) {
        for name in Self.clockChanges + ["period", "clock"] where !others.contains(name) {
            fields.refuse(name, "belongs to clock faults")
        }
    }

    /// One of `offset`, `jump`, `rate` and `strobe` with `period`; and `clock`.
    func clock(_ fields: inout Fields) -> ClockFault? {
        let named = Self.clockChanges.filter(fields.has)
        guard named.count == 1, let name = named.first else {
            (Self.clockChanges + ["period", "clock"]).forEach { _ = fields.tree($0) }
            complaints.add(fields.position, "a clock fault has one of offset, jump, rate and strobe")
            return nil
        }
        let standard = name == "rate" ? ClockFault.Clock.both : .wall
        let clock = fields.has("clock") ? fields.word("clock", as: ClockFault.Clock.self) : standard
        if name != "strobe" { fields.refuse("period", "belongs to strobe") }
        guard let change = clockChange(name, &fields), let clock else { return nil }
        if name == "strobe", clock != .wall {
            complaints.add(
                fields.place(of: "strobe"), "a monotonic clock cannot go back: strobe is for the wall clock")
        }
        return ClockFault(change, clock: clock)
    }

    private func clockChange(_ name: String, _ fields: inout Fields) -> ClockFault.Change? {
        guard name != "rate" else {
            return fields.value("rate", expected: "a number from 0 to 100 with up to six places") { text in
                Self.partsPerMillion(text).map { .rate($0) }
            }
        }
        let time = fields.value(name, expected: "a time with its sign, such as +10s or -200ms", Self.signedDuration)
        guard name == "strobe" else { return time.map { name == "offset" ? .offset($0) : .jump($0) } }
        let every = fields.required("period") == nil ? nil : fields.duration("period")
        guard let time, let every else { return nil }
        return .strobe(by: time, every: every)
    }

    private static func signedDuration(_ text: String) -> Duration? {
        guard let sign = text.first, sign == "+" || sign == "-" else { return nil }
        return DurationText.parse(text.dropFirst()).map { sign == "-" ? .zero - $0 : $0 }
    }

    private static func partsPerMillion(_ text: String) -> Int64? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), let whole = Int64(parts[0]), (0...100).contains(whole) else {
            return nil
        }
        guard parts.count == 2 else { return whole * 1_000_000 }
        guard (1...6).contains(parts[1].count), let places = Int64(parts[1]), places >= 0 else { return nil }
        return whole * 1_000_000 + (parts[1].count..<6).reduce(places) { value, _ in value * 10 }
    }

    /// `torn`, which may be left out.
    func powerCut(_ fields: inout Fields) -> FaultKind? {
        guard fields.has("torn") else {
            _ = fields.tree("torn")
            return .powerCut(torn: false)
        }
        return fields.flag("torn").map { .powerCut(torn: $0) }
    }

    private func end(of word: KindWord, _ fields: inout Fields) -> FaultEnd? {
        guard word.isDeath else {
            for name in ["restart", "restart-after"] {
                fields.refuse(name, "belongs to kills and power cuts; this ends after \"for\"")
            }
            guard fields.has("for") else { return .lastPhase }
            return fields.duration("for").map { .after($0) }
        }
        fields.refuse("for", "does not go with a \(word.rawValue): say restart-after, or restart: never")
        if fields.has("restart"), fields.has("restart-after") {
            fields.refuse("restart", "and restart-after exclude each other")
        }
        if fields.has("restart-after") { return fields.duration("restart-after").map { .after($0) } }
        return restart(&fields)
    }

    /// `restart: never`, or `last-phase`, which is also meant if nothing is said.
    func restart(_ fields: inout Fields) -> FaultEnd? {
        guard fields.has("restart") else {
            _ = fields.tree("restart")
            _ = fields.tree("restart-after")
            return .lastPhase
        }
        _ = fields.tree("restart-after")
        return fields.value("restart", expected: "never or last-phase") { word in
            word == "never" ? .never : word == "last-phase" ? .lastPhase : nil
        }
    }

    /// A list of nodes that exist.
    func nodeNames(_ tree: TextTree) -> [String]? {
        guard case .list(let elements) = tree.content, !elements.isEmpty else { return nil }
        return elements.compactMap { element in
            guard case .text(let name) = element.content else { return nil }
            checkNode(name, element.position)
            return name
        }
    }

    private func checkNode(_ name: String, _ position: TextPosition) {
        guard !nodes.contains(name) else { return }
        complaints.add(
            position,
            "there is no node or target \(name): \(nodes.count) hosts have \(nodes.first ?? "")...\(nodes.last ?? "")"
                + Spelling.hint(for: name, among: Target.words + nodes))
    }

    /// A target: a word such as `leader`, a node, or a list of nodes.
    func target(_ tree: TextTree) -> Target? {
        switch tree.content {
        case .list:
            guard let names = nodeNames(tree) else {
                complaints.add(tree.position, "a list of targets is a list of nodes such as [n1, n2]")
                return nil
            }
            return .named(names)
        case .text(let word):
            let target = Target(word: word)
            check(target, tree.position)
            return target
        case .map:
            complaints.add(tree.position, "a target is a word or a list of nodes; this is a mapping")
            return nil
        }
    }

    private func check(_ target: Target, _ position: TextPosition) {
        let followers = nodes.count - 1
        switch target {
        case .named(let names): for name in names { checkNode(name, position) }
        case .minority where Target.minoritySize(of: nodes.count) == 0:
            complaints.add(position, "\(nodes.count) hosts have no minority: use 3 or more")
        case .followers where followers == 0, .oneFollower where followers == 0:
            complaints.add(position, "one host has no followers")
        case .follower(let place) where place > followers:
            complaints.add(position, "\(nodes.count) hosts have \(followers) followers, so there is no \(target)")
        default: break
        }
    }

    private func check(_ fault: PlannedFault, _ fields: Fields, until duration: Duration) {
        if fault.at >= duration {
            complaints.add(
                fields.place(of: "at"),
                "the fault starts at \(fault.at.words), but clients stop at \(duration.words)")
        }
        guard let every = fault.every else { return }
        guard let length = fault.duration, length < every else {
            complaints.add(
                fields.place(of: "every"),
                "a fault that repeats ends before it starts again: give it a time to last, "
                    + "shorter than \"every\"")
            return
        }
    }
}
