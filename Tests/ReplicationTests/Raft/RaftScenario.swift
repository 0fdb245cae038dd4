@testable import Replication

// What scenarios are made of.
extension RaftCluster {
    /// A group without luck: whoever is to lead stands alone for election.
    init(_ count: Int, mutants: Set<Mutant>, configure: (inout RaftConfiguration) -> Void = { _ in }) {
        self.init(count) {
            $0.preVote = false
            $0.checkQuorum = false
            $0.retain = 0
            $0.mutants = mutants
            configure(&$0)
        }
        // Messages keep their order unless a scenario says otherwise.
        delay = 100...100
        diskDelay = 20...20
        startAll()
        if elect("n1") == false { preconditionFailure("n1 cannot be elected") }
        // Not at the moment of a heartbeat.
        run(milliseconds: 210)
    }

    /// The clocks of all others nearly stand still until `name` leads; whether it came to that.
    mutating func elect(_ name: NodeName) -> Bool {
        names.filter { $0 != name }.forEach { setRate($0, 1) }
        let isElected = run(atMost: 5000) { $0.core(name)?.role == .leader }
        names.forEach { setRate($0, 100) }
        return isElected
    }

    mutating func set(_ name: NodeName, _ key: String, _ value: String) -> RequestID {
        request(name, .set(key: Array(key.utf8), value: Array(value.utf8)))
    }

    /// Writes at a leader that has a majority, and waits for the answer.
    mutating func write(_ name: NodeName, _ key: String, _ value: String) {
        let id = set(name, key, value)
        let isDone = run(atMost: 3000) { $0.answers[id]?.answer.reply == .ok }
        precondition(isDone, "\(name) takes no write")
    }

    /// What a read came to within a second; `nil` when it was refused or not answered.
    mutating func get(_ name: NodeName, _ key: String, _ policy: String) -> String? {
        let id = request(name, .get(key: Array(key.utf8)), policy: policy)
        _ = run(atMost: 1000) { $0.answers[id] != nil }
        guard case .value(let bytes)? = answers[id]?.answer.reply else { return nil }
        return bytes.map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    /// Everything is mended and comes to rest; what the log of all then makes of a key.
    mutating func settled(_ key: String) -> String? {
        cuts = []
        startAll()
        run(milliseconds: 4000)
        return leader.flatMap { replica($0)?.machine.store.register(Array(key.utf8)) }
            .map { String(decoding: $0, as: UTF8.self) }
    }

    mutating func close(_ gates: [String], at name: NodeName) {
        gates.forEach { order(name, .gate($0, isClosed: true)) }
    }

    mutating func open(_ gates: [String], at name: NodeName) {
        gates.forEach { order(name, .gate($0, isClosed: false)) }
    }

    var broken: [String] { invariants?.broken ?? [] }
}
