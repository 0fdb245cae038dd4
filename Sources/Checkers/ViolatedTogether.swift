extension Verdict {
    /// The guarantees that cannot all have been kept, where no violation shows which of them is broken; empty where some
    /// violation is one of this guarantee alone, or may be.
    public var violatedTogether: [Guarantee] {
        guard anomalyCount == anomalies.count, anomalies.allSatisfy({ !$0.together.isEmpty }) else { return [] }
        return anomalies.map(\.together).min { $0.count < $1.count } ?? []
    }
}
