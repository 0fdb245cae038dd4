/// Operations that cannot all be explained, and why.
struct OrderViolation {
    var kind: Anomaly.Kind
    /// -1: not about one key.
    var key: Int32 = -1
    /// The operations of the proof in the order in which to read them.
    var steps: [Finding.Step]
    /// Each came before the next, and the last before the first; empty if no circle tells it.
    var links: [DependencyCycle.Link] = []
    /// What was seen, -1 where it is not about one version.
    var version: Int32 = -1

    init(_ kind: Anomaly.Kind, key: Int32 = -1, _ steps: [Finding.Step], links: [DependencyCycle.Link] = []) {
        (self.kind, self.key, self.steps, self.links) = (kind, key, steps, links)
    }

    /// What is wrong with reads on their own; read values of failed writes have a name for single operations.
    init(_ finding: Finding, isPlain: Bool) {
        let isFailed = finding.kind == .abortedRead && isPlain
        self.init(isFailed ? .readOfFailedWrite : finding.kind, key: finding.key, finding.steps)
        version = finding.version
    }
}

/// What is known of one guarantee about orders.
struct OrderFindings {
    /// Nothing in the list is wrong; there may be more of the same.
    var violations: [OrderViolation] = []
    /// How many violations there are beside those in the list.
    var further = 0
    /// Why no violation does not mean that there is none.
    var doubts: [String] = []
}
