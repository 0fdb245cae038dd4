import Faults
import Generators
import HistoryModel

extension WorkloadReader {
    /// The scenario of a file with `steps`.
    func scenario(_ fields: inout Fields) -> Workload.Work? {
        for name in ["workload", "clients", "rate", "duration", "faults", "failover", "quiet"] {
            fields.refuse(name, "belongs to random loads; this file has steps")
        }
        guard let tree = fields.tree("steps") else { return nil }
        var reader = StepReader(workload: self)
        reader.read(tree)
        reader.finish(tree.position)
        return .scenario(reader.steps)
    }
}

/// Reads the steps of a scenario, and knows what earlier steps did.
struct StepReader {
    let workload: WorkloadReader
    var steps: [ScenarioStep] = []
    /// How often each key was written or added to so far, for values that the file leaves out.
    private var numbers: [String: Int64] = [:]
    private var written: Set<[String]> = []
    /// What is done to each key.
    private var uses: [String: Set<KeyUse>] = [:]
    /// The keys that are read several at once.
    private var readAtOnce: Set<String> = []
    /// The faults so far, and whether they are on.
    private var faults: [String: (kind: FaultKind, isOn: Bool)] = [:]
    /// Attempts that are held on their way, with the clients that sent them.
    var held: [String: Int] = [:]

    static let stepLimit = 10_000
    private static let operations = [
        "read", "write", "delete", "cas", "add", "remove", "increment", "append", "reserve", "rejected", "txn",
        "open", "transfer", "statement",
    ]
    private static let actions =
        operations + [
            "gate", "kill", "power-cut", "clock", "restart", "pause", "resume", "partition", "network", "heal",
            "promote", "order", "damage", "wipe", "wait", "repeat", "release",
        ]

    private var complaints: Complaints { workload.complaints }

    init(workload: WorkloadReader) {
        self.workload = workload
    }

    mutating func read(_ tree: TextTree) {
        guard case .list(let elements) = tree.content, !elements.isEmpty else {
            return complaints.add(tree.position, "steps is a list of steps; this is \(tree.kind)")
        }
        for element in elements {
            guard steps.count < Self.stepLimit else {
                return complaints.add(element.position, "a scenario has at most \(Self.stepLimit) steps")
            }
            readStep(element)
        }
    }

    /// Completes what is known only after the last step.
    mutating func finish(_ position: TextPosition) {
        var clients: Set<Int> = []
        for index in steps.indices {
            guard case .operate(var step) = steps[index].action else { continue }
            clients.insert(step.client)
            if let use = step.operation.key.flatMap({ uses[$0]?.first }) { step.operation.shape = use.shape }
            steps[index].action = .operate(step)
        }
        for key in readAtOnce where !uses[key, default: []].isDisjoint(with: [.set, .list]) {
            uses[key, default: []].insert(.register)
        }
        for (key, uses) in uses.sorted(by: { $0.key < $1.key }) where uses.count > 1 {
            let words = uses.sorted { $0.rawValue < $1.rawValue }
            complaints.add(
                position,
                "key \(key) is \(words.map(\.rawValue).joined(separator: " and ")): a key is "
                    + words.map(\.thing).joined(separator: " or "))
        }
        guard complaints.problems.isEmpty else { return }
        let missing = (0...(clients.max() ?? 0)).filter { !clients.contains($0) }
        if clients.isEmpty {
            complaints.add(position, "a scenario needs an operation of a client")
        } else if !missing.isEmpty {
            complaints.add(
                position, "processes are numbered from 0 without gaps; there is no process \(missing[0])")
        }
    }

    private mutating func readStep(_ tree: TextTree) {
        guard var fields = Fields(tree, "a step", complaints) else { return }
        var named = fields.names.filter(Self.actions.contains)
        // A death may say when it ends.
        if fields.has("kill") || fields.has("power-cut") { named.removeAll { $0 == "restart" } }
        guard named.count == 1, let name = named.first else {
            let unknown = fields.names.first { !["process", "at", "expect", "id", "gate", "torn"].contains($0) }
            return complaints.add(
                tree.position,
                "a step does one thing: one of \(Self.actions.joined(separator: ", "))"
                    + (unknown.map { Spelling.hint(for: $0, among: Self.actions) } ?? ""))
        }
        defer { fields.finish() }
        guard let value = fields.tree(name) else { return }
        if name == "repeat" { return repeatSteps(value, &fields) }
        guard let action = action(name, value, &fields) else { return }
        steps.append(ScenarioStep(action, position: tree.position))
    }

    private mutating func repeatSteps(_ tree: TextTree, _ fields: inout Fields) {
        guard let times = fields.number("repeat", in: 1...1000), let inner = fields.required("steps") else {
            return
        }
        let before = complaints.problems.count
        for _ in 0..<times where complaints.problems.count == before { read(inner) }
    }

    private mutating func action(_ name: String, _ value: TextTree, _ fields: inout Fields) -> ScenarioAction? {
        if Self.operations.contains(name) { return operate(name, value, &fields) }
        switch name {
        case "gate": return gate(value)
        case "kill", "power-cut", "clock", "pause", "partition", "network": return start(name, value, &fields)
        case "restart", "resume", "heal": return end(name, value, &fields)
        case "promote": return workload.promotion(value).map { .promote($0) }
        case "order": return order(value, &fields)
        case "release": return release(value)
        case "damage": return workload.target(value).map { .damage($0) }
        case "wipe": return workload.target(value).map { .wipe($0) }
        case "wait": return wait(value)
        default: preconditionFailure("\(name) is not a step")
        }
    }
}

// MARK: Operations

extension StepReader {
    private mutating func operate(_ f: String, _ tree: TextTree, _ fields: inout Fields) -> ScenarioAction? {
        let client = fields.required("process") == nil ? nil : fields.number("process", in: 0...999)
        let at = fields.tree("at").flatMap { workload.target($0) }
        let expect = fields.has("expect") ? fields.word("expect", as: ExpectedOutcome.self) : .ok
        _ = fields.tree("expect")
        let operation: PlannedOperation? =
            switch f {
            case "txn": txn(tree)
            case "statement": workload.statement(tree)
            case "open": open(tree)
            case "transfer": transfer(tree)
            default: keyed(f, tree)
            }
        guard let operation, let client, let expect else { return nil }
        var step = ScenarioOperation(client: client, operation: operation, at: at, expect: expect)
        step.hold = hold(by: client, &fields)
        return .operate(step)
    }

    /// An operation on one key: just the key, or a mapping.
    private mutating func keyed(_ f: String, _ tree: TextTree) -> PlannedOperation? {
        if case .text(let key) = tree.content {
            guard !key.isEmpty, f != "cas" else {
                complaints.add(tree.position, "\(f) needs \(f == "cas" ? "key, old and new" : "a key")")
                return nil
            }
            return operation(f, key, value: nil, tree.position)
        }
        guard var fields = Fields(tree, f, complaints) else { return nil }
        defer { fields.finish() }
        guard fields.required("key") != nil, let key = fields.text("key") else { return nil }
        guard f != "read", f != "delete" else { return operation(f, key, value: nil, tree.position) }
        if f == "write", let value = fields.text("value"), value.contains("()") {
            uses[key, default: []].insert(.register)
            return workload.computedWrite(of: key, value, tree.position)
        }
        guard f == "cas" else {
            let value = fields.has("value") ? number("value", &fields) : nil
            if fields.has("value"), value == nil { return nil }
            return operation(f, key, value: value, tree.position)
        }
        guard fields.required("new") != nil, let new = number("new", &fields) else { return nil }
        let old = fields.has("old") ? number("old", &fields) : nil
        _ = fields.tree("old")
        uses[key, default: []].insert(.register)
        note(key, new, tree.position)
        return PlannedOperation(f: f, key: key, value: .list([old.map { .int($0) } ?? .null, .int(new)]))
    }

    private func number(_ name: String, _ fields: inout Fields) -> Int64? {
        fields.value(name, expected: "a whole number") { Int64($0) }
    }

    private mutating func operation(
        _ f: String, _ key: String, value: Int64?, _ position: TextPosition
    ) -> PlannedOperation {
        guard f != "read" else { return PlannedOperation(f: f, key: key) }
        uses[key, default: []].insert(KeyUse(of: f))
        // A write of nothing: what the key held before may not be seen again.
        guard f != "delete" else { return PlannedOperation(f: "write", key: key) }
        guard f != "increment" else { return PlannedOperation(f: f, key: key, value: .int(value ?? 1)) }
        if f == "remove" { return removal(key, value, position) }
        if f == "rejected" { return question(key, value, position) }
        let number = value ?? (numbers[key] ?? 0) + 1
        note(key, number, position)
        return PlannedOperation(f: f, key: key, value: .int(number))
    }

    /// What is removed may be added again: who adds it at another node may not have seen it go.
    private mutating func removal(_ key: String, _ value: Int64?, _ position: TextPosition) -> PlannedOperation {
        if value == nil { complaints.add(position, "remove needs key and value") }
        if let value { written.remove([key, String(value)]) }
        return PlannedOperation(f: "remove", key: key, value: .int(value ?? 0))
    }

    /// Asks whether a reservation was rejected.
    private func question(_ key: String, _ value: Int64?, _ position: TextPosition) -> PlannedOperation {
        if value == nil { complaints.add(position, "rejected needs key and value") }
        return PlannedOperation(f: "rejected", key: key, value: .int(value ?? 0))
    }

    /// Remembers a written value, and complains if it was written to the key before.
    private mutating func note(_ key: String, _ value: Int64, _ position: TextPosition) {
        numbers[key] = max(numbers[key] ?? 0, value)
        if !written.insert([key, String(value)]).inserted {
            complaints.add(position, "\(value) is written to \(key) twice: written values are unique")
        }
    }

    private mutating func txn(_ tree: TextTree) -> PlannedOperation? {
        guard case .list(let elements) = tree.content, !elements.isEmpty else {
            complaints.add(tree.position, "txn is a list of the keys to read at once; this is \(tree.kind)")
            return nil
        }
        let reads = elements.compactMap { element -> Value? in
            guard case .text(let key) = element.content else {
                complaints.add(element.position, "a key is a word; this is \(element.kind)")
                return nil
            }
            readAtOnce.insert(key)
            return ["r", .string(key), nil]
        }
        return PlannedOperation(f: "txn", value: .list(reads))
    }
}

/// What is done to a key of a scenario.
private enum KeyUse: String {
    case set = "added to"
    case list = "appended to"
    case counter = "counted"
    case account = "opened"
    case slot = "reserved"
    case register = "written"

    init(of function: String) {
        self =
            switch function {
            case "add", "remove": .set
            case "append": .list
            case "increment": .counter
            case "reserve", "rejected": .slot
            default: .register
            }
    }

    var thing: String {
        switch self {
        case .set: "a set"
        case .list: "a list"
        case .counter: "a counter"
        case .account: "an account"
        case .slot: "a slot"
        case .register: "a register"
        }
    }

    var shape: KeyShape {
        switch self {
        case .set: .set
        case .list: .list
        case .account: .account
        case .counter, .slot, .register: .register
        }
    }
}

// MARK: Accounts

extension StepReader {
    /// The accounts with what is in them.
    private mutating func open(_ tree: TextTree) -> PlannedOperation? {
        guard var fields = Fields(tree, "open", complaints) else { return nil }
        let names = fields.names
        if names.isEmpty { complaints.add(tree.position, "open has a balance for each account: {a: 10, b: 10}") }
        var balances: [Value.Member] = []
        for name in names {
            guard let balance = fields.number(name, in: 0...1_000_000_000) else { continue }
            uses[name, default: []].insert(.account)
            balances.append(Value.Member(name, .int(Int64(balance))))
        }
        return balances.count == names.count ? PlannedOperation(f: "open", value: .object(balances)) : nil
    }

    private mutating func transfer(_ tree: TextTree) -> PlannedOperation? {
        guard var fields = Fields(tree, "transfer", complaints) else { return nil }
        defer { fields.finish() }
        let from = fields.required("from") == nil ? nil : fields.text("from")
        let to = fields.required("to") == nil ? nil : fields.text("to")
        let amount = fields.required("amount") == nil ? nil : fields.number("amount", in: 1...1_000_000_000)
        guard let from, let to, let amount else { return nil }
        for account in [from, to] { uses[account, default: []].insert(.account) }
        let value: Value = ["from": .string(from), "to": .string(to), "amount": .int(Int64(amount))]
        return PlannedOperation(f: "transfer", value: value)
    }
}

// MARK: Gates, faults, waiting

extension StepReader {
    private func gate(_ tree: TextTree) -> ScenarioAction? {
        guard var fields = Fields(tree, "gate", complaints) else { return nil }
        defer { fields.finish() }
        guard fields.has("close") != fields.has("open") else {
            complaints.add(tree.position, "a gate is closed or opened: {close: apply, nodes: followers}")
            _ = (fields.tree("close"), fields.tree("open"), fields.tree("nodes"), fields.tree("peers"))
            _ = fields.tree("key")
            return nil
        }
        let isClosing = fields.has("close")
        let gate = fields.word(isClosing ? "close" : "open", as: GateChange.Gate.self)
        let nodes = fields.required("nodes").flatMap { workload.target($0) }
        let peers = fields.tree("peers").map { workload.target($0) } ?? .all
        guard let gate, let nodes, let peers else { return nil }
        if fields.has("peers"), !gate.isPerPeer {
            complaints.add(
                fields.place(of: "peers"), "the gate \(gate.rawValue) is one for the node, not for each peer")
        }
        let key = fields.has("key") ? fields.text("key") : nil
        if key != nil, gate != .apply {
            complaints.add(fields.place(of: "key"), "only the gate apply has one for the partition of a key")
        }
        return .gate(GateChange(isClosing: isClosing, gate: gate, nodes: nodes, peers: peers, key: key))
    }

    private mutating func start(_ word: String, _ tree: TextTree, _ fields: inout Fields) -> ScenarioAction? {
        let id = workload.id(&fields)
        let required = fields.has("required") ? fields.flag("required") : true
        _ = fields.tree("required")
        let isDeath = word == "kill" || word == "power-cut"
        let end = isDeath ? workload.restart(&fields) : .lastPhase
        var kind = word == "kill" ? FaultKind.kill : .pause
        if word == "power-cut" {
            guard let found = workload.powerCut(&fields) else { return nil }
            kind = found
        }
        var target: Target? = .all
        if word == "partition" {
            guard var inner = Fields(tree, "a partition", complaints) else { return nil }
            let partition = workload.partition(&inner)
            inner.finish()
            guard let (shape, traffic) = partition else { return nil }
            kind = .partition(shape, traffic)
        } else if word == "clock" || word == "network" {
            guard var inner = Fields(tree, "a \(word) fault", complaints) else { return nil }
            target = inner.required("target").flatMap { workload.target($0) }
            let found: FaultKind? =
                word == "clock"
                ? workload.clock(&inner).map { .clock($0) } : workload.poorNetwork(&inner).map { .network($0) }
            inner.finish()
            guard let found else { return nil }
            kind = found
        } else {
            target = workload.target(tree)
        }
        guard let id, let required, let end, let target else { return nil }
        if faults.updateValue((kind, true), forKey: id) != nil {
            complaints.add(fields.place(of: "id"), "there are two faults with the id \(id)")
        }
        return .start(
            PlannedFault(id: id, kind: kind, target: target, at: .zero, end: end, required: required))
    }

    private mutating func end(_ word: String, _ tree: TextTree, _ fields: inout Fields) -> ScenarioAction? {
        let gates = gates(word, &fields)
        guard case .text(let id) = tree.content else {
            complaints.add(tree.position, "\(word) names a fault by its id; this is \(tree.kind)")
            return nil
        }
        guard let fault = faults[id] else {
            complaints.add(
                tree.position,
                "\(word) names a fault by its id, and no step before has the id \(id)"
                    + Spelling.hint(for: id, among: faults.keys.sorted()))
            return nil
        }
        let wanted =
            fault.kind.isDeath
            ? "restart"
            : ["pause": "resume", "partition": "heal", "clock": "heal", "network": "heal"][fault.kind.name]
        guard wanted == word, fault.isOn else {
            let reason = fault.isOn ? "is a \(fault.kind.name), ended by \(wanted ?? "")" : "has ended before"
            complaints.add(tree.position, "\(id) \(reason)")
            return nil
        }
        faults[id]?.isOn = false
        return .end(fault: id, gates: gates)
    }

    private func gates(_ word: String, _ fields: inout Fields) -> [String] {
        guard word == "restart", fields.has("closed") else { return [] }
        let gate = fields.value("closed", expected: "a gate without peers: apply, fsync or reply") { text in
            GateChange.Gate(rawValue: text).flatMap { $0.isPerPeer ? nil : $0.rawValue }
        }
        return gate.map { [$0] } ?? []
    }

    /// Orders that a design of ours may have; what else `nodectl` says has steps of its own.
    private static let orders = [
        "rehome", "offline", "online", "sync", "repair", "snapshot", "member", "syncset", "demote", "join",
        "failpoint", "delay",
    ]

    private func order(_ tree: TextTree, _ fields: inout Fields) -> ScenarioAction? {
        let nodes = fields.required("at").flatMap { workload.target($0) }
        let mayFail = fields.has("expect")
        if mayFail {
            _ = fields.value("expect", expected: "any, for an order that may be refused") { $0 == "any" ? $0 : nil }
        }
        let words: [String] =
            if case .text(let text) = tree.content { text.split(separator: " ").map(String.init) } else { [] }
        guard let first = words.first, Self.orders.contains(first) else {
            complaints.add(
                tree.position,
                "an order is a line for nodectl that begins with \(Self.orders.joined(separator: ", "))")
            return nil
        }
        return nodes.map { .order(words, at: $0, mayFail: mayFail) }
    }

    private func wait(_ tree: TextTree) -> ScenarioAction? {
        guard case .text(let word) = tree.content else {
            complaints.add(tree.position, "wait is leader, caught-up or a duration; this is \(tree.kind)")
            return nil
        }
        switch word {
        case "leader": return .wait(.leader)
        case "caught-up": return .wait(.caughtUp)
        default:
            guard let duration = DurationText.parse(word), duration > .zero, duration <= .seconds(3600) else {
                complaints.add(
                    tree.position,
                    "wait is leader, caught-up or a duration up to 1h, and not \"\(word)\""
                        + Spelling.hint(for: word, among: ["leader", "caught-up"]))
                return nil
            }
            return .wait(.time(duration))
        }
    }
}
