/// Something wrong with what transactions saw that no order of them can mend, found without any graph.
struct Finding {
    struct Step {
        var transaction: Int32
        var role: Anomaly.Role

        init(_ transaction: Int32, _ role: Anomaly.Role) {
            self.transaction = transaction
            self.role = role
        }
    }

    var kind: Anomaly.Kind
    var key: Int32
    /// What was seen; -1 where it is not about one version.
    var version: Int32
    /// The transactions of the proof in the order in which to read them.
    var steps: [Step]

    init(_ kind: Anomaly.Kind, key: Int32, version: Int32, _ steps: [Step]) {
        self.kind = kind
        self.key = key
        self.version = version
        self.steps = steps
    }

    /// Whether even read committed forbids it; a fuzzy read is allowed there, and by no level above.
    var breaksReadCommitted: Bool { kind != .nonRepeatableRead }
}
