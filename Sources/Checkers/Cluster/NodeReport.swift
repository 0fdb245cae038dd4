/// What a node said of itself in its event log.
public struct NodeReport: Hashable, Sendable {
    public var node: String
    /// The kind of event: `role`, `vote`, `promote`, ...
    public var kind: String
    /// Another node that it is about.
    public var peer: String?
    /// The rest in the node's words.
    public var detail: String

    public init(node: String, kind: String, peer: String? = nil, detail: String = "") {
        self.node = node
        self.kind = kind
        self.peer = peer
        self.detail = detail
    }
}

/// What a report of a bundled node says about leaders and their time.
enum LeadershipClaim: Hashable {
    /// In the epoch of this number, of one `kind` (term, epoch, timeline, view), this is who leads.
    case leads(kind: String, number: Int, leader: String)
    /// The node votes for a candidate of a term, and has said so.
    case votes(term: Int, candidate: String)
    /// The node begins a life, and remembers this term.
    case begins(term: Int)
    /// The node finds that what can never be is.
    case contradicts(String)

    init?(_ report: NodeReport) {
        let detail = report.detail
        switch report.kind {
        case "role":
            guard let term = Self.number(after: "leader of term ", in: detail) else { return nil }
            self = .leads(kind: "term", number: term, leader: report.node)
        case "leader":
            guard let peer = report.peer else { return nil }
            if let term = Self.number(after: "term ", in: detail) {
                self = .leads(kind: "term", number: term, leader: peer)
            } else if let epoch = Self.number(after: "of epoch ", in: detail) {
                self = .leads(kind: "epoch", number: epoch, leader: peer)
            } else {
                return nil
            }
        case "promote":
            guard let timeline = Self.number(after: "timeline ", in: detail) else { return nil }
            self = .leads(kind: "timeline", number: timeline, leader: report.node)
        case "view":
            guard let epoch = Self.number(after: "epoch ", in: detail),
                let order = detail.split(separator: ":", maxSplits: 1).dropFirst().first
            else { return nil }
            self = .leads(kind: "view", number: epoch, leader: String(order.drop { $0 == " " }))
        case "vote":
            guard let peer = report.peer, let term = Self.number(after: "term ", in: detail) else { return nil }
            self = .votes(term: term, candidate: peer)
        case "life":
            guard let start = detail.split(separator: ",").dropFirst().first,
                let term = Self.number(after: " term ", in: String(start))
            else { return nil }
            self = .begins(term: term)
        case "invariant": self = .contradicts(detail)
        default: return nil
        }
    }

    /// The whole number that follows these words at the beginning of a text.
    private static func number(after words: String, in text: String) -> Int? {
        guard text.hasPrefix(words) else { return nil }
        return Int(text.dropFirst(words.count).prefix { $0.isASCII && $0.isNumber })
    }
}
