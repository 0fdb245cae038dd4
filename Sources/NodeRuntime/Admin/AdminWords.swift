internal import Replication

/// The words of the admin socket.
enum AdminWords {
    static let help =
        "info | status | log FROM TO | dump | hash | gate open|close|list [TARGET] | delay TARGET RANGE|off | "
        + "promote | demote | follow NODE | join | member add|remove NODE | quiesce | snapshot | "
        + "failpoint NAME crash|pause|off | syncset NODE,... | rehome KEY DC drain|now | repair | offline | online | sync | "
        + "power-cut [--torn] | clock [wall|mono SETTING] | mutants | claims"

    /// Why words are no command, in words.
    struct Refusal: Error {
        var message: String
    }

    /// Carries out what words ask for; `done` gets the answer, for some orders later.
    static func answer(_ words: [String], _ loop: NodeLoop, done: @escaping (String) -> Void) {
        if let report = report(words, loop) { return done(report) }
        do throws(Refusal) {
            loop.obey(try order(words, loop.options.setting)) { outcome in
                switch outcome {
                case .refused(let reason): done(error(reason))
                case .done: done(NodeReports.brief(loop.member))
                }
            }
        } catch {
            done(Self.error(error.message))
        }
    }

    /// An order that this node can take.
    private static func order(_ words: [String], _ setting: NodeSetting) throws(Refusal) -> AdminOrder {
        let order = try order(words)
        if case .member(.add(let name)) = order, !setting.members.contains(name) {
            throw Refusal(message: "'\(name)' is none of --peers: nobody here knows where it is")
        }
        return order
    }

    /// What only asks is read from the member directly.
    private static func report(_ words: [String], _ loop: NodeLoop) -> String? {
        let member = loop.member
        switch (words.first, words.count) {
        case ("status", 1): return NodeReports.status(member)
        case ("dump", 1): return NodeReports.dump(member)
        case ("hash", 1): return NodeReports.hash(member)
        case ("info", 1): return JSONLine.object { line in loop.info.forEach { line.string($0.name, $0.value) } }
        case ("mutants", 1): return mutants(loop)
        case ("claims", 1): return NodeReports.claims(loop.options)
        case ("clock", 1): return JSONLine.text(loop.clockReport)
        case ("clock", 3): return setClock(words, loop)
        case ("log", 3):
            guard let from = LSN(words[1]), let to = LSN(words[2]) else { return error("log FROM TO") }
            return NodeReports.log(member, from: from, to: to)
        case ("gate", 2) where words[1] == "list":
            return gates(loop)
        default: return nil
        }
    }

    /// All that there are, and which run here.
    private static func mutants(_ loop: NodeLoop) -> String {
        let running = loop.options.setting.mutants
        let all = Mutant.allCases.map { mutant in
            JSONLine.object { line in
                line.string("id", mutant.id)
                line.string("name", mutant.name)
                line.string("bug", mutant.bug)
                line.bool("core", mutant.isCore)
                line.bool("running", running.contains(mutant))
            }
        }
        return JSONLine.object { $0.raw("mutants", JSONLine.list(all)) }
    }

    private static func setClock(_ words: [String], _ loop: NodeLoop) -> String {
        guard let name = NodeClock.Name(rawValue: words[1]), let setting = ClockSetting(words[2]) else {
            return error("clock wall|mono system|offset:+10s|jump:-3s|rate:1.05|strobe:+200ms/50ms|frozen")
        }
        guard loop.setClock(name, setting) else { return error("a monotonic clock cannot go back") }
        return JSONLine.text(loop.clockReport)
    }

    private static func gates(_ loop: NodeLoop) -> String {
        var gates: [ReportValue] = []
        if case .list(let own)? = loop.member.status["gates"] { gates = own }
        if loop.isFsyncClosed { gates.append(.string(NodeLoop.fsyncGate)) }
        return JSONLine.object { $0.raw("gates", JSONLine.text(.list(gates))) }
    }

    static func order(_ words: [String]) throws(Refusal) -> AdminOrder {
        switch (words.first, words.count) {
        case ("gate", 3) where words[1] == "open" || words[1] == "close":
            return .gate(words[2], isClosed: words[1] == "close")
        case ("gate", _): throw Refusal(message: "gate open|close TARGET, or gate list")
        case ("delay", 3):
            let range = DelayRange(words[2])
            guard range != nil || words[2] == "off" else {
                throw Refusal(message: "'\(words[2])' is no range like 50..100ms")
            }
            return .delay(words[1], range)
        case ("promote", 1): return .promote
        case ("demote", 1): return .demote
        case ("join", 1): return .join
        case ("follow", 2): return .follow(words[1])
        case ("snapshot", 1): return .snapshot
        case ("failpoint", 3): return .failpoint(words[1], try failpointAction(words[2]))
        case ("member", 3) where words[1] == "add": return .member(.add(words[2]))
        case ("member", 3) where words[1] == "remove": return .member(.remove(words[2]))
        case ("syncset", 2): return .syncSet(words[1].split(separator: ",").map(String.init))
        case ("rehome", 4) where words[3] == "drain" || words[3] == "now":
            return .rehome(key: Array(words[1].utf8), to: words[2], drains: words[3] == "drain")
        case ("repair", 1): return .repair
        case ("offline", 1): return .offline
        case ("online", 1): return .online
        case ("sync", 1): return .sync
        default: throw Refusal(message: "unknown command; known are: " + help)
        }
    }

    private static func failpointAction(_ word: String) throws(Refusal) -> FailpointAction? {
        switch word {
        case "crash": return .crash
        case "pause": return .pause
        case "off": return nil
        default: throw Refusal(message: "'\(word)' is not crash, pause or off")
        }
    }

    private static func error(_ message: String) -> String {
        JSONLine.object { $0.string("error", message) }
    }
}
