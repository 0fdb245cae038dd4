import Checkers
import Faults

extension Workload {
    /// Reads a workload file's text; `file` is its name for messages.
    ///
    /// Everything that is wrong is told at once, each with its place.
    public static func load(text: String, file: String) throws(WorkloadError) -> Workload {
        let complaints = Complaints(file: file)
        let workload = TextTree.read(text, complaints).flatMap { tree in
            var reader = WorkloadReader(file: file, complaints: complaints)
            return reader.workload(tree)
        }
        try complaints.check()
        guard let workload else { preconditionFailure("a file without complaints is a workload") }
        return workload
    }
}

/// Reads the parts of a workload that both forms have; a load or a scenario is read by extensions.
struct WorkloadReader {
    let file: String
    let complaints: Complaints
    /// The nodes that the file can name.
    var nodes: [String] = []
    /// Whether clients send an operation again.
    var hasRetries = false

    static let hostLimit = 64

    init(file: String, complaints: Complaints) {
        self.file = file
        self.complaints = complaints
    }

    mutating func workload(_ tree: TextTree) -> Workload? {
        guard var fields = Fields(tree, "a workload", complaints) else { return nil }
        let name = name(&fields)
        let description = fields.text("description") ?? ""
        let system = system(&fields)
        let hosts = hosts(&fields)
        nodes = Workload.nodeNames(hosts: hosts)
        let reads = fields.has("reads") ? fields.word("reads", as: ReadPolicy.self) : .leader
        let session = session(&fields)
        let timeout = fields.has("timeout") ? fields.duration("timeout") : .seconds(1)
        let retryAfter = retryAfter(&fields, within: timeout)
        let expectations = expectations(&fields)
        let minimums = minimums(&fields)
        let network = network(&fields)
        _ = exposure(&fields)
        let work = fields.has("steps") ? scenario(&fields) : load(&fields)
        fields.finish()
        guard let name, let system, let reads, let timeout, let work else { return nil }
        return Workload(
            name: name, description: description, file: file, system: system, hosts: hosts, reads: reads,
            session: session, network: network, timeout: timeout, retryAfter: retryAfter, work: work,
            expectations: expectations,
            minimums: minimums)
    }

    private func name(_ fields: inout Fields) -> String? {
        guard fields.required("name") != nil else { return nil }
        return fields.value("name", expected: "up to 80 letters, digits and hyphens, for the report's directory") {
            let isPlain = $0.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
            return isPlain && (1...80).contains($0.utf8.count) && !$0.hasPrefix("-") ? $0 : nil
        }
    }

    private func hosts(_ fields: inout Fields) -> Int {
        guard fields.required("hosts") != nil else { return 1 }
        return fields.number("hosts", in: 1...Self.hostLimit) ?? 1
    }

    private func session(_ fields: inout Fields) -> SessionChoice {
        var session = SessionChoice()
        if fields.has("session-tokens") {
            session.tokens = fields.word("session-tokens", as: SessionChoice.Tokens.self) ?? .none
        }
        if fields.has("leader-after-write") { session.leaderAfterWrite = fields.duration("leader-after-write") }
        return session
    }

    private func system(_ fields: inout Fields) -> SystemChoice? {
        guard let tree = fields.required("system"), var system = Fields(tree, "system", complaints) else {
            return nil
        }
        defer { system.finish() }
        let options = system.tree("options")
        guard let kindTree = system.required("kind"), let kind = system.text("kind") else { return nil }
        var choice = SystemChoice(kind: kind, position: kindTree.position)
        guard let options else { return choice }
        guard case .map(let members) = options.content else {
            complaints.add(options.position, "options is a mapping of names to values; this is \(options.kind)")
            return choice
        }
        for member in members {
            guard case .text(let value) = member.value.content else {
                complaints.add(
                    member.value.position,
                    "the option \(member.name) is a single value; this is \(member.value.kind)")
                continue
            }
            choice.options.append(SystemOption(member.name, value, position: member.position))
        }
        return choice
    }

    private func expectations(_ fields: inout Fields) -> [Guarantee: ExpectedVerdict] {
        let all = Dictionary(uniqueKeysWithValues: Guarantee.standard.map { ($0, ExpectedVerdict.valid) })
        guard let tree = fields.tree("guarantees") else { return all }
        if case .list(let elements) = tree.content {
            let guarantees = elements.compactMap { element -> Guarantee? in
                guard case .text(let name) = element.content else {
                    complaints.add(element.position, "a guarantee is named by a word; this is \(element.kind)")
                    return nil
                }
                return guarantee(name, element.position)
            }
            return Dictionary(guarantees.map { ($0, .valid) }) { first, _ in first }
        }
        guard var named = Fields(tree, "guarantees", complaints) else { return all }
        var expectations: [Guarantee: ExpectedVerdict] = [:]
        for name in named.names {
            let expectation = named.word(name, as: ExpectedVerdict.self)
            if let guarantee = guarantee(name, named.place(of: name)) { expectations[guarantee] = expectation }
        }
        if named.names.isEmpty { complaints.add(tree.position, "guarantees names at least one guarantee to check") }
        return expectations
    }

    func guarantee(_ name: String, _ position: TextPosition) -> Guarantee? {
        let guarantee = Guarantee(rawValue: name)
        if guarantee == nil {
            complaints.add(
                position,
                "unknown guarantee \(name)" + Spelling.hint(for: name, among: Guarantee.allCases.map(\.rawValue)))
        }
        return guarantee
    }

    private func minimums(_ fields: inout Fields) -> Minimums {
        guard let tree = fields.tree("minimums"), var named = Fields(tree, "minimums", complaints) else {
            return Minimums()
        }
        var minimums = Minimums()
        if named.has("others") { minimums.others = named.number("others", in: 0...1_000_000_000) }
        _ = named.tree("others")
        for rule in OpportunityCatalog.rules where named.has(rule.name) {
            minimums.named[rule.name] = named.number(rule.name, in: 0...1_000_000_000)
        }
        named.finish(known: OpportunityCatalog.rules.map(\.name))
        return minimums
    }
}
